"""The connector against `emulate`, a GitHub that others wrote.

What it lacks, and so is not asked of it here: GraphQL (the sweep, the look ahead of the list, sub-issues, of which
issue another is the duplicate), ETags (an unchanged list is not a 304), issue types, renamed, transferred and deleted
issues, limits, apps, who may be assigned (each login is a 404), and refusing an unknown token.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.conformance.fault_proxy import FaultProxy
from connectors.github.tracker import GithubTracker
from connectors.spi import Account, Category, Missing, Place, Visibility
from tests.connectors_github.calls import START, draft, later, tracker
from tests.connectors_github.emulating import TOKEN, emulated

pytestmark = pytest.mark.system
PLACE = Place("keeper/promises")
__all__ = ["emulated"]


@pytest.fixture
def github(emulated: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> GithubTracker:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    return tracker(emulated.url)


def test_account_and_repository_are_described(github):
    assert github.check() == []
    assert github.credential().account == "keeper"
    described = github.describe(PLACE)
    assert (described.visibility, described.findings) == (Visibility.INTERNAL, ())
    assert github.describe(Place("keeper/open")).visibility is Visibility.PUBLIC
    assert [each.code for each in github.describe(Place("keeper/none")).findings] == ["github.place_missing"]


def test_issue_is_made_found_by_its_marker_and_looked_up(github):
    made = github.create(PLACE, draft("found", labels=("post mortem",))).issue
    (found,) = github.find(PLACE, "found", datetime.now(UTC) - timedelta(minutes=1))
    assert (found.issue, found.ours, found.labels) == (made, True, ("afteraction", "post mortem"))
    looked = github.look_up(made.url)
    assert looked is not None
    assert (looked.markers, looked.text_digest) == (("found",), found.text_digest)
    with pytest.raises(Missing):
        github.look_up(made.url.rpartition("/")[0] + "/9999")


def test_assignee_that_is_not_confirmed_is_left_out_and_named(github):
    assert github.create(PLACE, draft("who", assignee=Account("nobody"))).dropped == ("assignee",)


def test_text_that_is_written_comes_back_as_it_was(github):
    made = github.create(PLACE, draft("text"))
    again = github.rewrite(made.issue.ref, "New title", "| a | b |\n|---|---|\n| 1 | @dana |", "text")
    looked = github.look_up(made.issue.url)
    assert looked is not None
    assert (looked.title, looked.text_digest, looked.markers) == ("New title", again.text_digest, ("text",))


def test_comment_is_found_again_and_edited_in_place(github):
    ref = github.create(PLACE, draft("comment")).issue.ref
    first = github.comment(ref, "c1", "It moved.", None)
    assert github.comment(ref, "c1", "It moved twice.", first) == first
    assert github.comments_with(ref, "c1") == (first,)


def test_issue_goes_through_every_category_that_github_has(github):
    ref = github.create(PLACE, draft("walk")).issue.ref
    walked = [github.transition(ref, to) for to in (Category.DONE, Category.DECLINED, Category.TODO, Category.TODO)]
    assert walked == ["closed (completed)", "closed (not planned)", "open", "open"]


def test_change_is_told_by_the_feed_and_a_cursor_goes_on(github):
    made = [github.create(PLACE, draft(f"feed{number}")).issue for number in range(3)]
    (feed,) = github.feeds([PLACE.name])
    page = github.changes(feed, None, later())
    assert {each.ref for each in made} <= {each.issue.ref for each in page.readings}
    github.transition(made[1].ref, Category.DONE)
    changed = {each.issue.ref: each.category for each in github.changes(feed, page.cursor, later()).readings}
    assert changed[made[1].ref] is Category.DONE


def test_more_than_a_page_is_found_page_by_page(github):
    place = Place("keeper/open")
    wanted = github.create(place, draft("deep")).issue
    for number in range(105):
        github.create(place, draft(f"many{number}"))
    assert [each.issue for each in github.find(place, "deep", START)] == [wanted]
