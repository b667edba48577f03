"""Redmine where it takes a thing and leaves some of it out, and where its words and ours meet at odd places."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
import responses

from connectors.redmine import CONNECTOR
from connectors.redmine.markdown import redmine_markdown
from connectors.redmine.textile import textile
from connectors.spi import Account, Category, IssueDraft, Missing, Place, Rejected, Tracker, Unavailable

MINE = "https://mine.example"
PAY = Place("pay")
REF = "7@20261123T100000Z"
NOW = "2026-11-23T10:00:00Z"
NEW = {"id": 1, "name": "New", "is_closed": False}
CLOSED = {"id": 5, "name": "Closed", "is_closed": True}
ISSUE: dict[str, Any] = {
    "id": 7,
    "project": {"id": 1},
    "status": NEW,
    "subject": "A",
    "description": "b",
    "created_on": NOW,
    "updated_on": NOW,
}


@pytest.fixture
def mine() -> Tracker:
    assert CONNECTOR.tracker is not None
    return CONNECTOR.tracker.make("mine", CONNECTOR.tracker.settings({"api_url": MINE, "token_env": "REDMINE_TOKEN"}))


def known(**user: Any) -> None:
    responses.get(f"{MINE}/users/current.json", json={"user": {"id": 1, "login": "bot", **user}})
    responses.get(f"{MINE}/projects/1.json", json={"project": {"id": 1, "identifier": "pay"}})
    responses.get(f"{MINE}/projects/pay.json", json={"project": {"id": 1, "identifier": "pay"}})


@responses.activate
def test_what_redmine_left_out_of_an_issue_is_named(mine):
    known(admin=True)
    asked = responses.post(f"{MINE}/issues.json", json={"issue": ISSUE}, status=201)
    draft = IssueDraft("A", "b", "m", due_on=date(2026, 12, 1), assignee=Account("5"), parent=REF, confidential=True)
    assert mine.create(PAY, draft).dropped == ("assignee", "due date", "parent", "confidentiality")
    assert json.loads(asked.calls[0].request.body)["issue"]["parent_issue_id"] == 7


def test_parent_that_is_none_of_ours_is_missing_before_anything_is_made(mine):
    with pytest.raises(Missing):
        mine.create(PAY, IssueDraft("A", "b", "m", parent="PAY-7"))


@responses.activate
def test_status_that_stayed_although_redmine_offered_the_step_is_told(mine):
    known()
    responses.get(f"{MINE}/issues/7.json", json={"issue": {**ISSUE, "allowed_statuses": [NEW, CLOSED]}})
    responses.put(f"{MINE}/issues/7.json", status=204)
    with pytest.raises(Rejected) as refusal:
        mine.transition(REF, Category.DONE)
    assert (refusal.value.code, "still New" in refusal.value.sentence) == ("redmine.ignored", True)


@responses.activate
def test_list_of_redmine_without_its_member_is_not_understood(mine):
    for path in ("users/current.json", "trackers.json"):
        responses.get(f"{MINE}/{path}", json={})
    with pytest.raises(Unavailable) as failure:
        mine.create(Place("pay", "Bug"), IssueDraft("A", "b", "m"))
    assert failure.value.code == "redmine.strange_answer"


@responses.activate
@pytest.mark.parametrize(
    ("errors", "found"),
    [
        (["Le sujet manque", "La date est fausse"], 0),
        (["Le sujet manque", "La date est fausse", "La gravité manque"], 3),
    ],
)
def test_in_another_language_a_fault_is_found_by_there_being_one_more(mine, errors, found):
    known(admin=True)
    responses.replace("GET", f"{MINE}/projects/pay.json", json={"project": {"id": 1, "is_public": False}})
    responses.get(f"{MINE}/issues.json", json={"issues": []})
    responses.post(f"{MINE}/issues.json", json={"errors": errors}, status=422)
    assert len(mine.describe(PAY).findings) == found


@responses.activate
def test_issue_that_redmine_takes_although_it_must_not_tells_no_fault(mine):
    known(admin=True)
    responses.replace("GET", f"{MINE}/projects/pay.json", json={"project": {"id": 1, "is_public": False}})
    responses.get(f"{MINE}/issues.json", json={"issues": []})
    responses.post(f"{MINE}/issues.json", json={"issue": ISSUE}, status=201)
    assert mine.describe(PAY).findings == ()


@responses.activate
def test_person_who_is_named_by_no_number_is_told_how_redmine_names_people(mine):
    assert [each.code for each in mine.unassignable(PAY, [Account("dana")])] == ["redmine.assignee_unknown"]
    assert len(responses.calls) == 0


@responses.activate
def test_workflow_that_lets_us_close_nothing_is_found_at_our_newest_issue(mine):
    known(admin=True)
    responses.replace("GET", f"{MINE}/projects/pay.json", json={"project": {"id": 1, "is_public": False}})
    responses.get(f"{MINE}/issues.json", json={"issues": [ISSUE]})
    responses.get(f"{MINE}/issues/7.json", json={"issue": {**ISSUE, "allowed_statuses": [NEW]}})
    responses.post(f"{MINE}/issues.json", json={"errors": ["Subject cannot be blank", "Due date is odd"]}, status=422)
    (finding,) = mine.describe(PAY).findings
    assert (finding.code, "it offers New" in finding.sentence) == ("redmine.no_transition", True)


@responses.activate
def test_issue_that_is_hidden_from_us_is_gone_and_a_wrong_key_is_a_fault(mine):
    known()
    responses.get(f"{MINE}/issues.json", json={"issues": []})
    responses.get(f"{MINE}/issues/7.json", status=403)
    assert mine.read([REF]).gone == (REF,)
    responses.replace("GET", f"{MINE}/issues/7.json", status=401)
    with pytest.raises(Exception, match="does not accept our token"):
        mine.read([REF])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n\n  ```\n  x = 1\n\n  y = 2\n  ```", "* a <code>x = 1</code> <code>y = 2</code>"),
        ("[run](docs/run.md)", "run (docs/run.md)"),
        ("see https://x.example/@dana?a=b#c now", "see https://x.example/%40dana?a=b#c now"),
    ],
)
def test_code_in_a_list_and_odd_addresses_read_as_text_in_textile(text, expected):
    assert textile(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://x.example/@dana now", "see https://x.example/%40dana now"),
        ("a&#97;b", "aab"),
    ],
)
def test_addresses_lead_where_they_led_and_name_nobody_in_markdown(text, expected):
    assert redmine_markdown(text) == expected


@responses.activate
@pytest.mark.parametrize(
    ("table", "filters"), [({}, ()), ({"marker_field": 7}, ("description",)), ({"marker_field": 7}, ())]
)
def test_issue_is_found_where_redmine_passes_over_a_filter_and_lists_everything(table, filters):
    known()
    wanted = {**ISSUE, "id": 5, "description": "b\n\n<!-- afteraction:abc -->"}
    newest_first = [*({**ISSUE, "id": 300 - number} for number in range(250)), wanted]

    def listed(request):
        asked = request.params
        found = [wanted] if set(filters) & set(asked) else newest_first
        page = found[int(asked.get("offset", 0)) :][:100]
        return 200, {}, json.dumps({"issues": page})

    responses.add_callback("GET", f"{MINE}/issues.json", listed)
    settings = CONNECTOR.tracker.settings({"api_url": MINE, "token_env": "REDMINE_TOKEN", **table})
    found = CONNECTOR.tracker.make("mine", settings).find(PAY, "abc", datetime.fromisoformat(NOW))
    assert [each.issue.key for each in found] == ["#5"]
