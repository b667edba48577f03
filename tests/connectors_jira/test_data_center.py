from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses

from connectors.sandbox.courier import Hook
from connectors.sandbox.running import Sandbox
from connectors.spi import AccessDenied, Account, Category, IssueDraft, OutcomeUnknown, Place, Rejected, Unavailable
from tests.connectors.servers import until
from tests.connectors_jira.made import DRAFT, PAY, SEED, act, calls, cloud, data_center, sandbox_of, tracker
from tests.sandbox.receiver import Receiver

START = datetime(2020, 1, 1, tzinfo=UTC)
DC = "jira-dc"


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox_of(tmp_path) as running:
        yield running


@pytest.fixture
def dc(sandbox):
    return data_center(sandbox)


def test_creation_is_one_request_with_a_bearer_token_and_names_people(sandbox, dc):
    draft = IssueDraft(
        "Add a limit", "**b**", "abc123", ("post mortem",), "p1", date(2026, 12, 1), Account("dana.okafor")
    )
    made = dc.create(PAY, draft)
    assert calls(sandbox, DC) == {"POST /issue": 1}
    assert (made.dropped, made.issue.key) == ((), "PAY-1")
    (reading,) = dc.read([made.issue.ref]).readings
    assert reading.assignee is not None
    assert (reading.assignee.id, reading.assignee.name) == ("dana.okafor", "Dana Okafor")
    assert (reading.priority, reading.due_on, reading.ours) == ("High", date(2026, 12, 1), True)
    assert (reading.markers, reading.text_digest) == (("abc123",), made.text_digest)


def test_entity_properties_are_left_out_because_its_creation_has_none():
    with responses.RequestsMock() as mock:
        sent = mock.post("https://j.example/rest/api/2/issue", json={"id": "1", "key": "PAY-1"}, status=201)
        tracker("https://j.example", deployment="data_center").create(PAY, DRAFT)
    assert set(json.loads(sent.calls[0].request.body or "")) == {"fields"}
    assert sent.calls[0].request.headers["Authorization"] == "Bearer sandbox-jira-token"


def test_assignee_who_is_unknown_does_not_stop_a_creation(dc):
    assert dc.create(PAY, IssueDraft("A", "b", "m", assignee=Account("712020:dana-okafor"))).dropped == ("assignee",)


def test_issue_is_found_by_its_label_alone_and_no_earlier_one(sandbox, dc):
    made = dc.create(PAY, DRAFT)
    assert [each.issue for each in dc.find(PAY, "abc123", START)] == [made.issue]
    assert dc.find(PAY, "abc123", datetime.now(UTC) + timedelta(hours=1)) == ()
    assert dc.find(PAY, "never", START) == ()
    assert calls(sandbox, DC)["GET /search"] == 3


def test_sweep_reads_a_hundred_a_call_and_one_that_is_gone_does_not_spoil_it(sandbox, dc):
    refs = [dc.create(PAY, IssueDraft(f"Item {number}", "b", f"m{number}")).issue.ref for number in range(101)]
    dc.read(refs[:1])
    act(sandbox, "PAY-7", DC, delete=True)
    sandbox.world.stats.clear()
    sweep = dc.read([*refs, "not a number"])
    assert len(sweep.readings) == 100
    assert sweep.gone == (refs[6], "not a number")
    assert calls(sandbox, DC) == {"GET /search": 2, "GET /issue/{key}": 2}


def test_sweep_without_a_single_number_asks_no_search(sandbox, dc):
    assert dc.read(["x"]).gone == ("x",)
    assert "GET /search" not in calls(sandbox, DC)


def test_unchanged_site_costs_one_call(sandbox, dc):
    for number in range(5):
        dc.create(PAY, IssueDraft(f"Item {number}", "b", f"m{number}"))
    (feed,) = dc.feeds(["PAY", "PLAT"])
    first = dc.changes(feed, None, datetime.now(UTC))
    assert len(first.readings) == 5
    sandbox.world.stats.clear()
    later = dc.changes(feed, first.cursor, datetime.now(UTC) + timedelta(seconds=5))
    assert not later.more
    assert calls(sandbox, DC) == {"GET /search": 1}


def test_page_is_continued_from_the_last_instant_so_that_a_change_between_two_hides_nothing(sandbox, dc):
    refs = {dc.create(PAY, IssueDraft(f"Item {number}", "b", f"m{number}")).issue.ref for number in range(130)}
    spread_over_seconds(sandbox)
    (feed,) = dc.feeds(["PAY"])
    first = dc.changes(feed, None, datetime.now(UTC))
    assert (len(first.readings), first.more) == (100, True)
    act(sandbox, "PAY-1", DC, labels=["afteraction"])  # counted from the start, the next page would begin one too late
    seen = {each.issue.ref for each in first.readings}
    cursor, more = first.cursor, True
    while more:
        page = dc.changes(feed, cursor, datetime.now(UTC))
        seen |= {each.issue.ref for each in page.readings}
        cursor, more = page.cursor, page.more
    assert seen == refs


def test_more_than_a_page_in_one_second_is_counted_through(sandbox, dc):
    refs = {dc.create(PAY, IssueDraft(f"Item {number}", "b", f"m{number}")).issue.ref for number in range(210)}
    spread_over_seconds(sandbox, every=1000)
    (feed,) = dc.feeds(["PAY"])
    cursor, more, seen, pages = None, True, set(), 0
    while more:
        page = dc.changes(feed, cursor, datetime.now(UTC))
        seen |= {each.issue.ref for each in page.readings}
        cursor, more, pages = page.cursor, page.more, pages + 1
    assert seen == refs
    assert pages <= 4


def spread_over_seconds(sandbox: Sandbox, every: int = 10) -> None:
    """As if the issues had come in over time: `every` of them in one second."""
    site = sandbox.world.jira_dc
    base = int(datetime.now(UTC).timestamp() - 3600) * 1000
    for number, issue in enumerate(site.everything()):
        site._keep(replace(issue, updated=base + number // every * 1000))


def test_project_that_is_gone_does_not_stop_the_site(dc):
    dc.create(PAY, DRAFT)
    (feed,) = dc.feeds(["PAY", "GONE"])
    until(lambda: len(dc.changes(feed, None, datetime.now(UTC)).readings) == 1)


def test_site_that_is_not_what_the_settings_say_is_told_with_the_word_to_write(sandbox):
    (finding,) = tracker(f"{sandbox.url}/jira-dc", user="afteraction").check()
    assert finding.code == "jira.wrong_deployment"
    assert 'deployment = "data_center"' in finding.cure
    wrong = tracker(f"{sandbox.url}/jira", user="afteraction@acme.example", deployment="data_center")
    assert 'deployment = "cloud"' in wrong.check()[0].cure
    assert data_center(sandbox).check() == []
    assert cloud(sandbox).check() == []


def test_end_of_the_token_is_told(sandbox, dc):
    told = dc.credential()
    assert told.account == "afteraction@acme.example"
    assert told.expires_at is not None
    assert timedelta(days=364) < told.expires_at - datetime.now(UTC) <= timedelta(days=365)
    assert dc.capabilities.expiry
    assert not cloud(sandbox).capabilities.expiry
    assert cloud(sandbox).credential().expires_at is None


def test_token_without_an_end_and_a_password_have_none(tmp_path):
    users = [{**SEED["users"][0], "token_days": None}]
    with sandbox_of(tmp_path, {**SEED, "users": users}) as sandbox:
        assert data_center(sandbox).credential().expires_at is None
        assert data_center(sandbox, user="afteraction").credential().expires_at is None
        assert not data_center(sandbox, user="afteraction").capabilities.expiry


@pytest.mark.parametrize(
    ("listed", "name", "year"),
    [
        ([("ours", "2090"), ("other", "2050")], "ours", 2090),
        ([("ours", "2090"), ("other", "2050")], None, 2050),
        ([("ours", "2020"), ("other", "2050")], None, 2050),
        ([("ours", None)], None, None),
        ([], "ours", None),
    ],
)
def test_of_several_tokens_the_named_one_counts_or_the_first_to_end(listed, name, year):
    tokens = [{"name": each, **({"expiringAt": f"{at}-01-01T00:00:00.000+0000"} if at else {})} for each, at in listed]
    assert _ends(200, tokens, **({"token_name": name} if name else {})) == year


def test_jira_before_personal_access_tokens_tells_no_end():
    assert _ends(404, {}) is None
    with pytest.raises(Unavailable):
        _ends(200, {"not": "a list"})


def _ends(status: int, body: Any, **more: Any) -> int | None:
    with responses.RequestsMock() as mock:
        mock.get("https://j.example/rest/api/2/myself", json={"name": "bot"})
        mock.get("https://j.example/rest/pat/latest/tokens", json=body, status=status)
        at = tracker("https://j.example", deployment="data_center", **more).credential().expires_at
    return at.year if at else None


def test_issue_stands_under_an_epic_by_its_link_field_at_no_further_call(strict):
    dc = data_center(strict)
    epic = dc.create(Place("PAY", "Epic"), DRAFT).issue
    first = dc.create(PAY, IssueDraft("A", "b", "m1", parent=epic.ref)).issue
    strict.world.stats.clear()
    second = dc.create(PAY, IssueDraft("B", "b", "m2", parent=epic.ref)).issue
    assert calls(strict, DC) == {"POST /issue": 1}
    site = strict.world.jira_dc
    assert {site.by_id(int(each.ref)).parent for each in (first, second)} == {int(epic.ref)}
    late = dc.create(PAY, DRAFT).issue
    for _ in range(2):
        dc.put_under(late.ref, epic.ref)
    assert site.by_id(int(late.ref)).parent == int(epic.ref)
    with pytest.raises(Rejected):
        dc.put_under(late.ref, first.ref)


def test_parent_field_of_the_settings_is_taken_over_the_one_found(strict):
    dc = data_center(strict, parent_field="parent")
    above = dc.create(PAY, DRAFT).issue
    under = dc.create(Place("PAY", "Sub-task"), IssueDraft("A", "b", "m", parent=above.ref)).issue
    assert strict.world.jira_dc.by_id(int(under.ref)).parent == int(above.ref)
    assert "GET /field" not in calls(strict, DC)


def test_site_without_epics_names_the_parent():
    base = "https://j.example/rest/api/2"
    with responses.RequestsMock() as mock:
        mock.get(f"{base}/field", json=[{"id": "summary"}, {"id": "customfield_9", "schema": {"custom": "x"}}])
        sent = mock.put(f"{base}/issue/2", status=204)
        tracker("https://j.example", deployment="data_center").put_under("2", "1")
    assert sent.calls[0].request.body == '{"fields": {"parent": {"id": "1"}}}'


def test_whole_life_of_an_issue_is_as_in_cloud(sandbox, dc):
    kept, copy = (dc.create(PAY, DRAFT).issue for _ in range(2))
    assert dc.transition(kept.ref, Category.DOING) == "In Progress"
    dc.rewrite(kept.ref, "New", "text", "abc123")
    comment = dc.comment(kept.ref, "c1", "Changed.", None)
    assert dc.comments_with(kept.ref, "c1") == (comment,)
    assert dc.comment(kept.ref, "c1", "Changed again.", comment) == comment
    dc.link(kept.ref, "postmortem:1", "https://pm.example/1", "The postmortem")
    dc.close_as_duplicate(copy.ref, kept, "The same.")
    (reading,) = dc.read([copy.ref]).readings
    assert (reading.category, reading.duplicate_of, reading.comments) == (Category.DECLINED, kept.ref, 1)


def test_wrong_token_and_a_captcha_are_faults_of_the_target(sandbox, monkeypatch):
    monkeypatch.setenv("JIRA_TOKEN", "wrong")
    with pytest.raises(AccessDenied) as refusal:
        data_center(sandbox).create(PAY, DRAFT)
    assert refusal.value.code == "jira.unauthorized"
    assert "api.atlassian.com" not in refusal.value.cure
    with responses.RequestsMock() as mock:
        denied = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://j.example/login.jsp"}
        mock.post("https://j.example/rest/api/2/issue", status=403, headers=denied)
        with pytest.raises(AccessDenied, match="CAPTCHA") as captcha:
            tracker("https://j.example", deployment="data_center", user="bot").create(PAY, DRAFT)
    assert captcha.value.code == "jira.captcha"


def test_search_whose_issues_have_no_instant_is_not_understood():
    found = [{"id": str(number), "key": f"PAY-{number}", "fields": {}} for number in range(100)]
    with responses.RequestsMock() as mock:
        mock.get("https://j.example/rest/api/2/search", json={"issues": found, "total": 200})
        dc = tracker("https://j.example", deployment="data_center")
        with pytest.raises((Unavailable, OutcomeUnknown)) as failure:
            dc.changes(dc.feeds(["PAY"])[0], None, datetime.now(UTC))
    assert failure.value.code == "jira.strange_answer"


def test_webhook_of_data_center_is_authentic_by_its_signature_and_names_the_issue(sandbox):
    with Receiver() as receiver:
        sandbox.world.courier.hooks[DC] = Hook(receiver.url, "It's a Secret to Everybody")
        jira = data_center(sandbox, webhook_secret_env="HOOK_SECRET")
        made = jira.create(PAY, DRAFT)
        until(lambda: bool(receiver.deliveries))
        delivery = receiver.deliveries[0]
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    assert jira.hook is not None
    assert jira.hook.authenticate(headers, delivery.raw, datetime.now(UTC))
    touched = jira.touched(headers, delivery.raw)
    assert (touched.refs, touched.event) == ((made.issue.ref,), "jira:issue_created")
