"""Lists are filtered by words in the URL; the page of one item tells its story."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from service.ledger import Ledger
from tests.pages.filled import Parts, add_item, add_postmortem, day, web
from tests.pages.reading import Page, read

FIRST = "/items/1"
HOSTILE = "<script>alert('x')</script> & \"quotes\""


def look(client: FlaskClient, address: str, status: int = 200) -> Page:
    response = client.get(address)
    assert response.status_code == status, response.text
    return read(response.text)


def titles(page: Page) -> list[str]:
    return [row[0] for row in page.rows[1:] if len(row) == 8]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("", 22),
        ("state=doing", 1),
        ("state=DOING", 1),
        ("team=payments", 9),
        ("priority=p1", 3),
        ("severity=sev1", 5),
        ("source=wiki", 12),
        ("target=platform", 2),
        ("owner=ben", 2),
        ("owner=nobody&state=open", 2),
        ("attention=hold", 2),
        ("q=certificate", 3),
        ("q=PAY-1184", 1),
        ("q=INC-2052", 5),
        ("q=gateway+rehearse", 1),
        ("q=100%25", 0),
        ("overdue=yes&team=payments", 1),
        ("state=nonsense", 22),
        ("page=nonsense", 22),
        ("page=-1", 22),
        ("overdue=perhaps", 22),
    ],
)
def test_words_in_the_url_choose_the_actions(client: FlaskClient, words: str, count: int) -> None:
    text = look(client, f"/items?{words}").text
    assert f"{count} action{'s' if count != 1 else ''}" in text


def test_each_filter_can_be_dropped_alone(client: FlaskClient) -> None:
    page = look(client, "/items?state=unfinished&team=payments&q=gateway")
    assert "/items?state=unfinished&team=payments" in page.links
    assert "/items?team=payments&q=gateway" in page.links
    assert "not finished" in page.text
    assert "team Payments" in page.text


def test_the_form_keeps_what_was_chosen(client: FlaskClient) -> None:
    page = look(client, "/items?state=held&promise=due&overdue=yes")
    chosen = [option["value"] for option in page.attributes("option") if "selected" in option and option["value"]]
    fields = {field.get("name"): field for field in page.attributes("input")}
    assert chosen == ["held"]
    assert fields["promise"]["value"] == "due"
    assert "checked" in fields["overdue"]
    assert "checked" not in fields["stalled"]


def test_an_empty_list_says_why(client: FlaskClient, empty: Ledger) -> None:
    assert "No action is all of this." in look(client, "/items?q=zeppelin").text
    assert "None has arrived yet" in look(web(Parts(empty)).test_client(), "/items").text


def test_what_is_due_first_stands_first_and_the_closed_last(client: FlaskClient) -> None:
    found = titles(look(client, "/items"))
    assert found[0].startswith("Check the tenant on every invoice route")
    assert "Older promise number" in found[-1]


def test_a_date_by_policy_and_a_moved_date_are_shown_as_such(client: FlaskClient) -> None:
    page = look(client, "/items?state=unfinished")
    assert page.row("Rehearse")[2] == "in 2 days by policy"
    assert page.row("Alert 30 days")[2] == "in 4 days moved"
    assert page.row("Warm the session")[2] == "no date"


def test_the_exact_day_is_there_on_hover_and_in_print(client: FlaskClient) -> None:
    titles_of_times = {time.get("title") for time in look(client, "/items?q=limit+on").attributes("time")}
    assert "Thu 26 Nov 2026" in titles_of_times


def test_long_lists_are_paged(empty: Ledger) -> None:
    with empty.begin() as uow:
        postmortem = add_postmortem(uow, "INC-9", "A long one")
        for number in range(120):
            add_item(uow, postmortem, f"Promise {number}", due_on=day(number), team="payments", position=number)
        uow.commit()
    client = web(Parts(empty)).test_client()
    first, last = look(client, "/items?team=payments"), look(client, "/items?team=payments&page=3")
    assert "1–50 of 120 actions" in first.text
    assert "/items?team=payments&page=2" in first.links
    assert (titles(last)[0][:11], len(titles(last))) == ("Promise 100", 20)
    assert "This list has no page 9" in look(client, "/items?page=9").text


def test_the_story_begins_with_the_promise_and_ends_now(client: FlaskClient) -> None:
    page = look(client, FIRST)
    story = page.text[page.text.index("Its story") :]
    order = [
        "The postmortem stated this action.",
        "Issue PAY-1184 was made.",
        "Stalled: overdue.",
        "Step owner is due: Ada Okafor is told (overdue).",
        "The tracker says: assignee is now Ben Lindqvist, state is now doing, status is now In Progress. jira",
        "Snoozed: Waits for the vendor's new root noor (person)",
    ]
    places = [story.index(sentence) for sentence in order]
    assert places == sorted(places)


def test_evidence_is_folded_beneath_each_entry(client: FlaskClient) -> None:
    page = look(client, FIRST)
    assert "from “Ada Okafor” to “Ben Lindqvist”" in page.text
    assert all("open" not in details for details in page.attributes("details"))


def test_promised_stands_beside_current(client: FlaskClient) -> None:
    page = look(client, FIRST)
    assert page.row("Owner")[1:] == ["Ada Okafor", "Ben Lindqvist"]
    assert page.row("Due")[1:] == ["23 days ago", "in 4 days moved 1 time"]
    assert page.row("State")[2] == "In Progress"


def test_it_links_to_issue_and_postmortem_and_says_who_was_told(client: FlaskClient) -> None:
    page = look(client, FIRST)
    assert "PAY-1184 in jira" in page.links["https://jira.example.org/PAY-1184"]
    assert "https://incidents.example.org/INC-2041" in page.links
    assert "/postmortems/1" in page.links
    assert "Ada Okafor as owner, step owner: told by mail 20 days ago" in page.text
    assert "A second issue, PAY-1185, was closed as its duplicate." in page.text
    assert "Changed since the issue was made (1)" in page.text


def test_what_left_for_it_is_listed_with_its_outcome(client: FlaskClient) -> None:
    page = look(client, FIRST)
    assert page.row("Tell the issue")[1:] == ["done", "payments", "12 days ago", "1", "The comment was edited."]
    assert page.row("Send a notice")[1] == "waiting"


def test_a_held_item_shows_the_command_that_settles_it(client: FlaskClient) -> None:
    page = look(client, "/items/8")
    assert "Held: Perhaps an action that is known already" in page.text
    assert "afteraction held merge 8 --into 4 --reason TEXT" in page.text
    assert "Put a limit on how many sessions" in page.links["/items/4"]


def test_what_a_document_says_is_text_and_never_markup(client: FlaskClient) -> None:
    response = client.get("/items?q=script")
    assert "<script" not in response.text
    assert HOSTILE in read(response.text).text


def test_a_link_that_is_no_web_page_is_not_a_link(client: FlaskClient) -> None:
    for address in ("/postmortems/3", "/items/9", "/items/10"):
        assert "javascript:" not in client.get(address).text


@pytest.mark.parametrize("address", ["/items/999", "/postmortems/999", "/items/99999999999999999999"])
def test_an_unknown_number_is_a_kind_404(client: FlaskClient, address: str) -> None:
    assert "There is no such page." in look(client, address, 404).text


def test_a_postmortem_lists_its_promises_and_what_arrived(client: FlaskClient) -> None:
    page = look(client, "/postmortems/1")
    assert (2, "3 promises, 2 open") in page.headings
    assert "Revision 1, final: applied" in page.text
    assert "31 % of checkouts failed" in page.text


def test_postmortems_are_listed_newest_first_with_their_standing(client: FlaskClient) -> None:
    page = look(client, "/postmortems")
    assert page.row("Checkout returned")[1:] == ["final", "sev1", "40 days ago", "3", "2", "1"]
    assert page.row("A support tool")[0].endswith("INC-2060 private")
    assert page.row("Search latency")[1] == "draft"


def test_an_empty_list_of_postmortems_says_how_to_begin(empty: Ledger) -> None:
    assert "afteraction ingest" in look(web(Parts(empty)).test_client(), "/postmortems").text


@pytest.mark.parametrize(
    "words",
    [
        "2 dead letters, 4 held actions.",
        "The body is not JSON: it begins with byte 0xFF. Ask the sender to mend it.",
        "afteraction dead-letters retry d3 --reason TEXT",
        "afteraction dead-letters discard m4 --reason TEXT",
        "Jira refuses the issue: the field Risk class is required. Set it under constants.",
        "All 2 at once: afteraction held release --code hold --reason TEXT",
        "afteraction held release 6 --reason TEXT",
        "afteraction held settle 8 --new --reason TEXT",
        'Add a route with visibility = ["private"] to afteraction.toml',
        "Without a known owner 5",
    ],
)
def test_what_needs_a_person_comes_with_the_command_that_settles_it(client: FlaskClient, words: str) -> None:
    assert words in look(client, "/attention").text


def test_with_nothing_to_decide_the_page_says_what_would_be_there(empty: Ledger) -> None:
    assert "Nothing waits for a decision." in look(web(Parts(empty)).test_client(), "/attention").text


def test_an_unknown_reason_is_read_out_with_its_own_sentence(filled: Ledger) -> None:
    with filled.begin() as uow:
        uow.items.hold(5, "jira.too_long", "The title is longer than 255 characters.")
        uow.commit()
    page = look(web(Parts(filled)).test_client(), "/attention")
    assert "Jira: too long" in page.text
    assert "The title is longer than 255 characters." in page.text
    assert "afteraction held release 5 --reason TEXT" in page.text
