"""The first page answers before it shows, and every figure leads to what it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from service.ledger import Ledger
from tests.pages.filled import FAULT, NOW, Parts, add_item, add_postmortem, ago, config, day, web
from tests.pages.reading import Page, read


def look(client: FlaskClient, address: str = "/") -> Page:
    response = client.get(address)
    assert response.status_code == 200, response.text
    return read(response.text)


def test_the_first_heading_says_whether_promises_are_kept(client: FlaskClient) -> None:
    page = look(client)
    assert page.headings[0] == (1, "Promises are mostly kept: 10 of 13 due in the last 90 days were done on time.")
    assert "2 are overdue, the oldest by 23 days; 3 are stalled." in page.text


def test_the_worst_of_the_sync_is_said_with_its_cure(client: FlaskClient) -> None:
    text = look(client).text
    assert "Target platform has failed for 3 h: GitHub refused the token: it expired. Replace GITHUB_TOKEN" in text
    assert "And 1 more." in text


def test_a_connector_that_did_not_load_comes_first(filled: Ledger) -> None:
    text = look(web(Parts(filled, faults=(FAULT,))).test_client()).text
    assert "The connector pagerkit did not load: No module named pagerkit. Install it." in text


def test_a_silent_clock_outweighs_everything_else(filled: Ledger) -> None:
    later = Parts(filled, now=lambda: NOW + timedelta(minutes=3))
    text = look(web(later).test_client()).text
    assert "The clock has not beaten for 3 min: nothing is read, sent or escalated. Start it with" in text


def test_no_worker_at_all_is_said(filled: Ledger) -> None:
    with filled.begin() as uow:
        uow.instance.forget_beat("worker:1")
        uow.instance.forget_beat("worker:2")
        uow.commit()
    assert "No worker has beaten lately: what is due waits." in look(web(Parts(filled)).test_client()).text


@pytest.mark.parametrize(
    ("address", "figure"),
    [
        ("/items?state=unfinished", "9"),
        ("/items?overdue=yes", "2"),
        ("/items?stalled=yes", "3"),
        ("/items?replanned=yes", "1"),
        ("/items?snoozed=yes", "1"),
        ("/items?state=held", "4"),
        ("/items?state=unfinished&owner=nobody", "5"),
        ("/items?promise=due", "13"),
        ("/items?promise=kept", "10"),
        ("/items?promise=broken", "3"),
        ("/items?promise=dropped", "2"),
    ],
)
def test_a_figure_counts_what_its_list_shows(client: FlaskClient, address: str, figure: str) -> None:
    overview, shown = look(client), look(client, address)
    assert f"{figure} action" in shown.text
    assert len([row for row in shown.rows if len(row) == 8]) - 1 == int(figure)
    if address in overview.links:
        assert figure in overview.links[address]


def test_every_figure_has_a_definition(client: FlaskClient) -> None:
    overview, definitions = look(client), look(client, "/definitions")
    anchors = {str(attributes.get("id")) for _, attributes in definitions.tags}
    linked = {address.partition("#")[2] for address in overview.links if address.startswith("/definitions#")}
    assert {"open", "overdue", "stalled", "schedule", "coverage", "owner", "refusals"} <= linked <= anchors


def test_coverage_and_what_is_counted_apart_stand_beside_the_rate(client: FlaskClient) -> None:
    text = look(client).text
    assert "10 of 13 · 77 %" in text
    assert "3 not, of these 2 still open; 2 declined or withdrawn apart. Due date known for 19 of 22" in text


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("source incidents", "in step", "1 dead letter"),
        ("source wiki", "in step", "–"),
        ("target payments", "in step", "1 dead letter"),
        ("target platform", "failing", "GitHub refused the token: it expired. Since 23 Nov 2026 06:30."),
        ("target identity", "held", "2 new issues wait for a person to release them. afteraction held list"),
        ("target archive", "observing", "Only observes: nothing is written there."),
        ("channel mail", "paused", "Paused: The relay is being moved."),
    ],
)
def test_each_connection_has_its_state_in_words(client: FlaskClient, name: str, state: str, words: str) -> None:
    row = look(client).row(name)
    assert row[1] == state
    assert words in row[5]


def test_lag_and_queue_stand_beside_the_state(client: FlaskClient) -> None:
    row = look(client).row("channel mail")
    assert (row[2], row[3], row[4]) == ("1", "20 min", "24 h ago")


def test_what_was_refused_at_the_door_is_counted(client: FlaskClient) -> None:
    assert "in the last day: 3 (incidents: 3 bad signature)" in look(client).text


def test_what_needs_a_person_is_listed_by_reason(client: FlaskClient) -> None:
    text = look(client).text
    for line in (
        "2 Dead letters: could not be read, or not sent",
        "2 New issues, held by their target",
        "1 Perhaps an action that is known already",
        "1 Private, and no route for it",
        "5 Without a known owner",
    ):
        assert line in text


def test_the_newest_stalls_name_condition_and_holder(client: FlaskClient) -> None:
    text = look(client).text
    assert "unassigned since 9 days ago · The on-call of last week" in text
    assert "idle since 2 days ago · nobody" in text
    assert "due soon" not in text


def test_teams_and_months_have_their_counts(client: FlaskClient) -> None:
    page = look(client)
    assert page.row("Payments") == ["Payments", "2", "1", "2", "6 of 7"]
    assert page.row("Oct 2026") == ["Oct 2026", "8", "6", "75 %"]


def test_an_empty_ledger_says_how_to_send_the_first_postmortem(empty: Ledger) -> None:
    page = look(web(Parts(empty)).test_client())
    assert page.headings[0] == (1, "Nothing has arrived yet.")
    assert "afteraction ingest POSTMORTEM.md" in page.text
    assert "http://127.0.0.1:8000/hooks/incidents" in page.text
    assert "Closed on schedule" not in page.text
    assert page.row("target payments")[1] == "nothing yet"


def test_without_any_configuration_the_cure_is_init(empty: Ledger) -> None:
    bare = replace(config(), sources={}, targets={}, channels={}, trackers={})
    assert "afteraction init" in look(web(Parts(empty, bare)).test_client()).text


def test_few_promises_are_not_judged(empty: Ledger) -> None:
    with empty.begin() as uow:
        postmortem = add_postmortem(uow, "INC-1", "One")
        add_item(uow, postmortem, "Do it", due_on=day(-2), state="done", closed_at=ago(3), at=ago(9))
        uow.commit()
    heading = look(web(Parts(empty)).test_client()).headings[0][1]
    assert heading == "Too few promises to judge: 1 of 1 due in the last 90 days were done on time."


def test_it_renews_itself_only_when_asked(client: FlaskClient) -> None:
    def refreshes(page: Page) -> list[str | None]:
        return [meta["content"] for meta in page.attributes("meta") if meta.get("http-equiv") == "refresh"]

    assert refreshes(look(client)) == []
    assert "/?live=1" in look(client).links
    assert refreshes(look(client, "/?live=1")) == ["5"]


def test_the_page_of_the_sync_lists_refusals_and_faults(filled: Ledger) -> None:
    page = look(web(Parts(filled, faults=(FAULT,))).test_client(), "/health-of-sync")
    assert page.row("incidents")[1:] == ["bad signature", "3", "5 h ago"]
    assert "The connector pagerkit did not load" in page.text


def test_a_demo_says_so_on_every_page(filled: Ledger) -> None:
    client = web(Parts(filled, config(demo=True))).test_client()
    for address in ("/", "/items", "/definitions"):
        assert "demo ledger" in look(client, address).text
