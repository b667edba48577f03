"""Issues and repositories that move, repeat each other, stand under each other, or change too many at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import responses

from connectors.sandbox.running import Sandbox
from connectors.spi import AccessDenied, Account, Category, Missing, Place, Rejected, Unavailable, Visibility
from tests.connectors_github.calls import (
    PAYMENTS,
    START,
    act,
    calls,
    cloud,
    control,
    draft,
    followed,
    issue,
    later,
    refs,
    tracker,
)


def rename(sandbox: Sandbox) -> None:
    act(sandbox, "repos/acme/payments", full_name="acme/billing")


def test_renamed_repository_is_followed_by_its_id_and_the_new_issue_is_made_once(sandbox, github):
    rename(sandbox)
    made = github.create(PAYMENTS, draft())
    assert made.issue.key == "acme/billing#1"
    sandbox.world.stats.clear()
    assert github.create(PAYMENTS, draft("m2")).issue.key == "acme/billing#2"
    assert calls(sandbox) == {"POST /issues": 1}


def test_list_of_a_renamed_repository_keeps_its_query_where_githubs_redirect_drops_it(sandbox, github):
    ref = github.create(PAYMENTS, draft()).issue.ref
    github.transition(ref, Category.DONE)
    rename(sandbox)
    readings, cursor = followed(cloud(sandbox), None)
    assert [each.status for each in readings] == ["closed (completed)"]
    assert cloud(sandbox).find(PAYMENTS, "m1", START)
    sandbox.world.stats.clear()
    assert followed(github, cursor)[0] == readings[:0]


def test_old_refs_lead_to_the_renamed_repository_and_every_write_reaches_it(sandbox, github):
    ref = github.create(PAYMENTS, draft()).issue.ref
    rename(sandbox)
    sweep = github.read([ref])
    assert sweep.moved[ref].key == "acme/billing#1"
    github.rewrite(ref, "New", "text", "m1")
    comment = github.comment(ref, "c1", "told", None)
    assert github.comments_with(ref, "c1") == (comment,)
    assert github.comment(ref, "c1", "told again", comment) == comment
    assert github.transition(ref, Category.DECLINED) == "closed (not planned)"
    assert issue(sandbox, "acme/billing#1")["title"] == "New"


def test_renamed_repository_is_told_with_its_new_name(sandbox, github):
    rename(sandbox)
    described = github.describe(PAYMENTS)
    assert described.visibility is Visibility.INTERNAL
    assert [each.code for each in described.findings] == ["github.renamed"]
    assert "acme/billing" in described.findings[0].cure


def test_redirect_that_leads_nowhere_is_a_fault_of_the_target():
    elsewhere = {"Location": "https://evil.example/repositories/1/issues"}
    with responses.RequestsMock() as mock:
        mock.get("https://api.github.com:443/repos/acme/pay/issues", status=301, headers=elsewhere)
        mock.get("https://api.github.com:443/repos/acme/pay", status=301, headers=elsewhere)
        ours = tracker()
        with pytest.raises(Unavailable):
            ours.changes(ours.feeds(["acme/pay"])[0], None, START)
    with responses.RequestsMock() as mock:
        mock.patch("https://api.github.com:443/repos/acme/pay/issues/1", status=301, headers=elsewhere)
        mock.get("https://api.github.com:443/repos/acme/pay", json={"full_name": "acme/pay"})
        with pytest.raises(Missing) as moved:
            tracker().rewrite("I_1:acme/pay#1", "t", "b", "m")
    assert moved.value.code == "github.moved"


@pytest.mark.complaint("a transferred issue stays behind")
def test_transferred_issue_is_read_where_it_is_and_written_nowhere_until_it_was_read(sandbox, github):
    ref = github.create(PAYMENTS, draft()).issue.ref
    act(sandbox, "issues/acme/payments/1", transfer="acme/status-page")
    with pytest.raises(Missing):
        github.rewrite(ref, "Private words", "for a public place", "m1")
    assert issue(sandbox, "acme/status-page#1")["title"] == "Do m1"
    now = github.read([ref]).moved[ref]
    assert now.place == "acme/status-page"
    github.rewrite(now.ref, "Allowed", "by then", "m1")
    assert issue(sandbox, "acme/status-page#1")["title"] == "Allowed"


def test_issue_that_moved_twice_is_followed_twice(sandbox, github):
    ref = github.create(PAYMENTS, draft()).issue.ref
    act(sandbox, "issues/acme/payments/1", transfer="acme/checkout-web")
    act(sandbox, "issues/acme/checkout-web/1", transfer="acme/status-page")
    assert github.read([f"I_x:{ref.partition(':')[2]}"]).readings[0].issue.key == "acme/status-page#1"


def test_deleted_issue_is_gone_and_told_as_such(sandbox, github):
    ref = github.create(PAYMENTS, draft()).issue.ref
    act(sandbox, "issues/acme/payments/1", delete=True)
    assert github.read([ref]).gone == (ref,)
    with pytest.raises(Missing):
        github.comment(ref, "c", "hello", None)


def test_duplicate_names_its_survivor_in_the_feed_in_the_sweep_and_by_address(sandbox, github):
    kept, copy = (github.create(PAYMENTS, draft(marker)).issue for marker in ("m1", "m2"))
    github.close_as_duplicate(copy.ref, kept, "The same as the first.")
    (swept,) = github.read([copy.ref]).readings
    listed = next(each for each in followed(github, None)[0] if each.issue == copy)
    assert [each.duplicate_of for each in (swept, listed, github.look_up(copy.url))] == 3 * [kept.ref]
    assert [each.status for each in (swept, listed)] == 2 * ["closed (duplicate)"]
    assert issue(sandbox, copy.key)["duplicate_of"] == issue(sandbox, kept.key)["id"]


def test_duplicate_in_another_repository_that_a_person_closed_is_followed(sandbox, github):
    kept = github.create(Place("acme/checkout-web"), draft("m1")).issue
    copy = github.create(PAYMENTS, draft("m2")).issue
    act(sandbox, "issues/acme/payments/1", duplicate_of=kept.key)
    assert github.read([copy.ref]).readings[0].duplicate_of == kept.ref


def test_duplicate_of_nothing_that_is_told_is_declined(sandbox, github):
    ref = github.create(PAYMENTS, draft()).issue.ref
    act(sandbox, "issues/acme/payments/1", state="closed", state_reason="duplicate")
    (reading,) = github.read([ref]).readings
    assert (reading.duplicate_of, reading.category) == (None, Category.DECLINED)


def test_reopened_duplicate_is_one_no_more(sandbox, github):
    kept, copy = (github.create(PAYMENTS, draft(marker)).issue for marker in ("m1", "m2"))
    act(sandbox, "issues/acme/payments/2", duplicate_of=kept.key)
    assert github.transition(copy.ref, Category.TODO) == "open"
    assert github.read([copy.ref]).readings[0].duplicate_of is None


def test_second_issue_is_closed_although_its_survivor_is_gone(sandbox, github):
    kept, copy = (github.create(PAYMENTS, draft(marker)).issue for marker in ("m1", "m2"))
    act(sandbox, "issues/acme/payments/1", delete=True)
    github.close_as_duplicate(copy.ref, kept, "The same.")
    assert github.read([copy.ref]).readings[0].status == "closed (duplicate)"


def test_issue_is_put_under_its_parent_by_one_call_however_often(sandbox, github):
    parent, child, other = (github.create(PAYMENTS, draft(marker)).issue for marker in ("p", "c", "o"))
    sandbox.world.stats.clear()
    github.put_under(child.ref, parent.ref)
    assert calls(sandbox)["POST /github/api/graphql"] == 1
    github.put_under(child.ref, parent.ref)
    assert issue(sandbox, child.key)["parent"] == issue(sandbox, parent.key)["id"]
    github.put_under(child.ref, other.ref)
    assert issue(sandbox, child.key)["parent"] == issue(sandbox, other.key)["id"]


def test_two_issues_that_cannot_stand_under_each_other_are_refused(sandbox, github):
    parent, child = (github.create(PAYMENTS, draft(marker)).issue for marker in ("p", "c"))
    github.put_under(child.ref, parent.ref)
    with pytest.raises(Rejected):
        github.put_under(parent.ref, child.ref)
    for ref, above in ((child.ref, "I_x:acme/payments#9"), ("not ours", parent.ref), (child.ref, "not ours")):
        with pytest.raises(Missing):
            github.put_under(ref, above)


def test_issue_is_made_under_a_parent_by_two_calls_and_is_told_even_if_the_second_fails(sandbox, github):
    parent = github.create(PAYMENTS, draft("p")).issue
    github.create(PAYMENTS, draft("warm", parent=parent.ref))
    sandbox.world.stats.clear()
    made = github.create(PAYMENTS, draft("c", parent=parent.ref))
    assert calls(sandbox) == {"POST /issues": 1, "POST /github/api/graphql": 1}
    assert issue(sandbox, made.issue.key)["parent"] == issue(sandbox, parent.key)["id"]
    control(sandbox, "faults", kind="error_before", tracker="github", path="graphql", status=502, next=1)
    assert github.create(PAYMENTS, draft("d", parent=parent.ref)).dropped == ("parent",)
    sandbox.world.stats.clear()
    with pytest.raises(Missing):
        github.create(PAYMENTS, draft("e", parent="not ours"))
    assert calls(sandbox) == {}


def test_type_is_set_at_creation_and_the_organisations_types_are_told(sandbox, github):
    made = github.create(Place("acme/payments", issue_type="Task"), draft())
    assert made.dropped == ()
    assert issue(sandbox, made.issue.key)["type"] == "Task"
    github.create(Place("acme/payments", issue_type="Task"), draft("m2", issue_type="bug"))
    assert issue(sandbox, "acme/payments#2")["type"] == "Bug"
    assert github.describe(PAYMENTS).issue_types == ("Task", "Bug", "Feature")


def test_type_that_the_organisation_lacks_is_found_before_the_first_creation(github):
    described = github.describe(Place("acme/payments", issue_type="Risk"))
    assert [each.code for each in described.findings] == ["github.issue_type_unknown"]
    assert described.obstacles == described.findings
    assert "Task, Bug, Feature" in described.findings[0].cure
    with pytest.raises(Rejected):
        github.create(Place("acme/payments", issue_type="Risk"), draft())


def test_what_may_be_done_and_how_often_is_told(github):
    described = github.describe(PAYMENTS)
    assert described.permissions == ("push", "triage", "pull")
    assert [(each.count, each.seconds) for each in described.rates] == [(5000, 3600.0)]


def test_what_an_account_without_push_access_loses_is_named(sandbox, github):
    act(sandbox, "repos/acme/payments", pushers=[])
    made = github.create(Place("acme/payments", "Task"), draft(labels=("x",)))
    assert made.dropped == ("issue type", "labels afteraction, x")
    assert [each.code for each in github.describe(PAYMENTS).findings] == ["github.permission_missing"]


def test_more_changes_than_a_page_within_one_second_are_all_seen(sandbox, github):
    made = {github.create(PAYMENTS, draft(f"m{number}")).issue.ref for number in range(230)}
    for number in range(1, 231):
        _touch(sandbox, number, at=1_700_000_000_000)
    readings, cursor = followed(github, None, later())
    assert refs(readings) == made
    sandbox.world.stats.clear()
    assert followed(github, cursor)[0] == []
    assert calls(sandbox) == {"GET /issues": 1}


def test_change_among_more_than_a_page_of_one_second_is_seen_although_the_pages_shift(sandbox, github):
    for number in range(1, 231):
        github.create(PAYMENTS, draft(f"m{number}"))
        _touch(sandbox, number, at=1_700_000_000_000)
    (feed,) = github.feeds([PAYMENTS.name])
    cursor, seen, more = None, [], True
    for step in range(20):
        page = github.changes(feed, cursor, later())
        seen += page.readings
        cursor, more = page.cursor, page.more
        if not more:
            break
        act(sandbox, f"issues/acme/payments/{step + 1}", state="closed")  # leaves its page; the others move up
    assert not more
    assert {each.issue.key for each in seen} == {f"acme/payments#{number}" for number in range(1, 231)}


def test_second_that_may_not_be_over_is_read_once_more(sandbox, github):
    for number in range(1, 121):
        github.create(PAYMENTS, draft(f"m{number}"))
        _touch(sandbox, number, at=1_700_000_000_000)
    at_once = datetime.fromtimestamp(1_700_000_001, UTC)
    _, cursor = followed(github, None, at_once)
    again, cursor = followed(github, cursor, at_once + timedelta(minutes=2))
    assert len(refs(again)) == 120
    assert followed(github, cursor)[0] == []


def _touch(sandbox: Sandbox, number: int, at: int) -> None:
    """Sets when an issue was last changed, which over HTTP only time itself does."""
    hub = sandbox.world.github
    repo = hub.repo("acme/payments")
    assert repo is not None
    found = hub.issue(repo.id, number)
    assert found is not None
    with hub.lock:
        hub._keep(replace(found, updated=at, created=min(found.created, at)))


@pytest.mark.complaint("an index that lags makes issues look deleted")
def test_issue_that_the_list_does_not_show_yet_is_found_by_its_number(sandbox, github):
    github.create(PAYMENTS, draft("old"))
    control(sandbox, "settings", lags={"github/acme/payments": 600})
    made = github.create(PAYMENTS, draft("lost")).issue
    (found,) = github.find(PAYMENTS, "lost", START)
    assert found.issue == made
    assert found.markers == ("lost",)
    assert github.find(PAYMENTS, "never", START) == ()


def test_issue_ahead_of_the_list_is_found_beyond_many_others(sandbox, github):
    control(sandbox, "settings", lags={"github/acme/payments": 600})
    for number in range(60):
        github.create(PAYMENTS, draft(f"other{number}"))
    github.create(PAYMENTS, draft("lost"))
    sandbox.world.stats.clear()
    assert len(github.find(PAYMENTS, "lost", START)) == 1
    assert calls(sandbox)["POST /github/api/graphql"] <= 4


def test_look_up_ahead_of_an_empty_repository_finds_nothing(github):
    assert github.find(Place("acme/checkout-web"), "never", START) == ()


@pytest.mark.complaint("who may be assigned is asked in the wrong place")
def test_assignee_is_asked_about_where_the_repository_is_now(sandbox, github):
    rename(sandbox)
    made = github.create(PAYMENTS, draft(assignee=Account("dana-okafor")))
    assert made.dropped == ()


def test_refusal_to_say_who_may_be_assigned_is_not_taken_for_a_no(sandbox, github):
    control(sandbox, "faults", kind="error_before", tracker="github", path="assignees", status=403, next=1)
    with pytest.raises(AccessDenied):
        github.create(PAYMENTS, draft(assignee=Account("dana-okafor")))
    assert github.create(PAYMENTS, draft("m2", assignee=Account("dana-okafor"))).dropped == ()
