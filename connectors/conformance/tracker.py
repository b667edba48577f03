"""What every tracker must do, as tests. A connector's own test module subclasses `TrackerConformance`:

    class TestAcme(TrackerConformance):
        @pytest.fixture
        def bench(self, acme_stand_in) -> TrackerBench:
            return AcmeBench(acme_stand_in)

`Capabilities` decides which of the tests apply; a gap of the counterpart is skipped with its reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.conformance.counterpart import TrackerBench
from connectors.conformance.recipe import create_once
from connectors.spi import (
    AccessDenied,
    Category,
    Changes,
    ConnectorError,
    Created,
    Feed,
    IssueDraft,
    Missing,
    NotAuthentic,
    OutcomeUnknown,
    Reading,
    Rejected,
    Touched,
    Tracker,
    Unavailable,
    Visibility,
)

DRAFT = IssueDraft("Add an alert on queue depth", "Nobody was **paged**.\n\n- first\n- second\n", "abcd1234efgh5678")
OTHER = replace(DRAFT, title="Rotate the key", marker="zyxw9876vuts5432")
HOSTILE = (
    "@dana &#64;dana @all #1 !1 acme/payments#1\n\n/close\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n"
)
DRILL = 20


def create(bench: TrackerBench, draft: IssueDraft = DRAFT) -> Created:
    return bench.tracker.create(bench.place, draft)


def find(bench: TrackerBench, marker: str = DRAFT.marker) -> list[Reading]:
    return list(bench.tracker.find(bench.place, marker, datetime.now(UTC) - timedelta(hours=1)))


def read(bench: TrackerBench, ref: str) -> Reading:
    (found,) = bench.tracker.read([ref]).readings
    return found


def pages(tracker: Tracker, feed: Feed, cursor: str | None) -> Iterator[Changes]:
    while True:
        page = tracker.changes(feed, cursor, datetime.now(UTC))
        yield page
        if not page.more:
            return
        cursor = page.cursor


def eventually(holds: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """A vendor's index may lag: asks again until it holds or the time is over."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"Not within {seconds} s: {what}"
        time.sleep(0.05)


class TrackerConformance:
    """Each test is one sentence of the contract."""

    @pytest.fixture
    def bench(self) -> TrackerBench:
        raise NotImplementedError("Give the suite a TrackerBench by overriding the fixture `bench`.")

    @pytest.fixture(autouse=True)
    def _gap(self, bench: TrackerBench, request: pytest.FixtureRequest) -> None:
        name = request.node.originalname
        if name in bench.gaps:
            pytest.skip(f"A gap of this counterpart: {bench.gaps[name]}")

    # The place

    def test_a_good_place_says_who_sees_it_and_has_no_fault(self, bench: TrackerBench) -> None:
        described = bench.tracker.describe(bench.place)
        assert described.visibility is not Visibility.UNKNOWN
        assert described.findings == ()

    def test_a_place_that_is_not_there_is_a_finding_with_a_cure(self, bench: TrackerBench) -> None:
        described = bench.tracker.describe(bench.nowhere)
        assert described.visibility is Visibility.UNKNOWN
        assert described.findings
        assert all(each.code and each.sentence and each.cure for each in described.findings)

    def test_the_connection_has_no_fault(self, bench: TrackerBench) -> None:
        assert [each.sentence for each in bench.tracker.check()] == []

    def test_the_token_tells_whose_it_is(self, bench: TrackerBench) -> None:
        credential = bench.tracker.credential()
        assert credential.account
        assert credential.expires_at is None or credential.expires_at.tzinfo is not None

    # Creating

    def test_a_creation_is_one_request(self, bench: TrackerBench) -> None:
        create(bench, OTHER)
        bench.forget()
        create(bench)
        assert bench.requests() == 1

    def test_what_was_created_is_read_back_as_written(self, bench: TrackerBench) -> None:
        made = create(bench)
        found = read(bench, made.issue.ref)
        assert (found.issue, found.title, found.category) == (made.issue, DRAFT.title, Category.TODO)
        assert found.text_digest == made.text_digest
        assert found.text_digest == bench.tracker.text_digest(DRAFT.title, DRAFT.body)
        assert DRAFT.marker in found.markers
        assert found.updated_at.tzinfo is not None

    def test_it_says_that_our_account_made_it(self, bench: TrackerBench) -> None:
        assert read(bench, create(bench).issue.ref).ours in (True, None)

    def test_an_oversize_title_and_body_are_cut_not_refused(self, bench: TrackerBench) -> None:
        draft = replace(DRAFT, title="title " * 400, body="A sentence of a body. " * 60_000)
        made = create(bench, draft)
        assert read(bench, made.issue.ref).text_digest == made.text_digest
        assert len(find(bench)) == 1

    def test_text_pings_nobody_refers_to_nothing_and_runs_nothing(self, bench: TrackerBench) -> None:
        made = create(bench, replace(DRAFT, title="Tell @dana about #1", body=HOSTILE))
        bench.tracker.comment(made.issue.ref, "comment-1", HOSTILE, None)
        assert list(bench.side_effects(made.issue.ref)) == []
        assert read(bench, made.issue.ref).category is Category.TODO

    def test_text_of_any_kind_is_read_back_as_written(self, bench: TrackerBench) -> None:
        made = create(
            bench, replace(DRAFT, title="Ünïcödé 日本語 `x`", body=HOSTILE + "| a | b |\n|---|---|\n| 1 | 2 |\n")
        )
        assert read(bench, made.issue.ref).text_digest == made.text_digest

    # What a creation may meet

    @pytest.mark.parametrize("kind", ["reset_before", "error_before"])
    def test_a_request_that_was_lost_made_nothing(self, bench: TrackerBench, kind: str) -> None:
        bench.fail(kind, status=502)
        with pytest.raises((OutcomeUnknown, Unavailable)):
            bench.hasty.create(bench.place, DRAFT)
        bench.heal()
        assert (bench.count(), find(bench)) == (0, [])

    @pytest.mark.parametrize("kind", ["reset_after", "error_after", "timeout_after", "trickle"])
    def test_a_lost_answer_is_unknown_and_the_probe_finds_the_one_issue(self, bench: TrackerBench, kind: str) -> None:
        bench.fail(kind, status=502)
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            bench.hasty.create(bench.place, DRAFT)
        assert time.monotonic() - began < bench.hasty.capabilities.call_seconds + 1.5
        bench.heal()
        eventually(lambda: len(find(bench)) == 1, "the probe finds it")
        assert bench.count() == 1

    @pytest.mark.parametrize("form", ["seconds", "date"])
    def test_a_rate_limit_says_when_to_come_back(self, bench: TrackerBench, form: str) -> None:
        bench.fail("rate_limited", retry_after=30, form=form)
        with pytest.raises(Unavailable) as met:
            create(bench)
        assert met.value.retry_after is not None
        assert 25 <= met.value.retry_after <= 32
        bench.heal()
        assert bench.count() == 0

    def test_a_refused_token_is_a_fault_of_the_target_and_is_not_told(self, bench: TrackerBench) -> None:
        bench.revoke()
        with pytest.raises(AccessDenied) as met:
            create(bench)
        bench.heal()
        assert met.value.fault_of_target
        assert bench.token not in f"{met.value.sentence} {met.value.cure} {met.value!r}"
        assert met.value.code
        assert met.value.cure

    def test_a_drill_of_faults_makes_each_issue_once(self, bench: TrackerBench) -> None:
        bench.disturb(0.3)
        drafts = [replace(DRAFT, title=f"Item {number}", marker=f"drill{number:011d}") for number in range(DRILL)]
        for draft in drafts:
            create_once(bench.hasty, bench.place, draft)
        bench.heal()
        assert bench.count() == DRILL
        for draft in drafts:
            assert len(find(bench, draft.marker)) == 1, draft.title

    # Finding

    def test_a_marker_finds_its_own_issue_alone(self, bench: TrackerBench) -> None:
        made, other = create(bench), create(bench, OTHER)
        eventually(lambda: len(find(bench)) == 1 and len(find(bench, OTHER.marker)) == 1, "both are found")
        assert [each.issue.ref for each in find(bench)] == [made.issue.ref]
        assert [each.issue.ref for each in find(bench, OTHER.marker)] == [other.issue.ref]
        assert find(bench, DRAFT.marker[:-1]) == []
        assert find(bench, "a" * 16) == []

    def test_an_issue_that_was_closed_is_found(self, bench: TrackerBench) -> None:
        made = create(bench)
        bench.moves(made.issue.ref, Category.DONE)
        eventually(lambda: len(find(bench)) == 1, "it is found")

    def test_copies_are_found_oldest_first(self, bench: TrackerBench) -> None:
        first, second = create(bench), create(bench)
        eventually(lambda: len(find(bench)) == 2, "both are found")
        assert [each.issue.ref for each in find(bench)] == [first.issue.ref, second.issue.ref]

    def test_an_address_leads_to_its_issue(self, bench: TrackerBench) -> None:
        made = create(bench)
        found = bench.tracker.look_up(made.issue.url)
        assert found is not None
        assert found.issue == made.issue

    def test_an_address_elsewhere_is_not_ours(self, bench: TrackerBench) -> None:
        assert bench.tracker.look_up("https://elsewhere.example/browse/X-1") is None

    def test_an_address_of_an_issue_that_is_gone_says_so(self, bench: TrackerBench) -> None:
        made = create(bench)
        bench.deletes(made.issue.ref)
        with pytest.raises(Missing):
            bench.tracker.look_up(made.issue.url)

    # Reading

    def test_many_are_read_at_once_and_what_is_absent_is_gone(self, bench: TrackerBench) -> None:
        refs = [create(bench, replace(DRAFT, marker=f"many{number:012d}")).issue.ref for number in range(3)]
        bench.deletes(refs[1])
        found = bench.tracker.read(refs)
        assert {each.issue.ref for each in found.readings} == {refs[0], refs[2]}
        assert list(found.gone) == [refs[1]]

    @pytest.mark.parametrize("to", list(Category))
    def test_what_a_person_does_is_read_in_our_words(self, bench: TrackerBench, to: Category) -> None:
        if to not in bench.categories:
            pytest.skip(f"No status of this vendor means {to.value}.")
        ref = create(bench).issue.ref
        bench.moves(ref, to)
        found = read(bench, ref)
        assert found.category is to
        assert found.status

    def test_a_persons_edit_is_seen_in_the_digest(self, bench: TrackerBench) -> None:
        made = create(bench)
        bench.writes(made.issue.ref, title="Another title")
        assert read(bench, made.issue.ref).text_digest != made.text_digest
        other = create(bench, OTHER)
        bench.writes(other.issue.ref, body="Another body")
        assert read(bench, other.issue.ref).text_digest != other.text_digest

    def test_a_persons_comment_is_counted_where_comments_are(self, bench: TrackerBench) -> None:
        ref = create(bench).issue.ref
        before = read(bench, ref).comments
        bench.comments(ref, "I look into it")
        after = read(bench, ref).comments
        assert (before, after) == (None, None) or after == (before or 0) + 1

    def test_changes_since_a_cursor_are_told_and_nothing_is_passed_over(self, bench: TrackerBench) -> None:
        first, second = create(bench).issue.ref, create(bench, OTHER).issue.ref
        (feed,) = bench.tracker.feeds([bench.place.name])
        cursor = [page.cursor for page in pages(bench.tracker, feed, None)][-1]
        assert cursor is not None
        bench.moves(second, Category.DONE)

        def seen() -> dict[str, Category]:
            found = [each for page in pages(bench.tracker, feed, cursor) for each in page.readings]
            return {each.issue.ref: each.category for each in found}

        eventually(lambda: seen().get(second) is Category.DONE, "the change is told")
        assert first not in seen() or seen()[first] is Category.TODO

    # Writing

    def test_title_and_body_are_written_again_and_the_marker_stays(self, bench: TrackerBench) -> None:
        ref = create(bench).issue.ref
        for _ in range(2):
            written = bench.tracker.rewrite(ref, "Another title", "Another *body*", DRAFT.marker)
        found = read(bench, ref)
        assert (found.title, found.text_digest) == ("Another title", written.text_digest)
        assert DRAFT.marker in found.markers

    def test_our_comment_is_found_by_its_marker_and_edited_in_place(self, bench: TrackerBench) -> None:
        ref = create(bench).issue.ref
        bench.comments(ref, "A person's comment")
        comment = bench.tracker.comment(ref, "comment-1", "The date **moved**.", None)
        assert list(bench.tracker.comments_with(ref, "comment-1")) == [comment]
        assert bench.tracker.comment(ref, "comment-1", "It moved again.", comment) == comment
        assert list(bench.tracker.comments_with(ref, "comment-1")) == [comment]
        assert list(bench.tracker.comments_with(ref, "comment-10")) == []

    def test_a_comment_on_an_issue_that_is_gone_says_so(self, bench: TrackerBench) -> None:
        ref = create(bench).issue.ref
        bench.deletes(ref)
        with pytest.raises(Missing):
            bench.tracker.comment(ref, "comment-1", "Hello", None)

    @pytest.mark.parametrize("to", [Category.DONE, Category.DECLINED, Category.DOING])
    def test_an_issue_is_brought_to_a_status_and_back(self, bench: TrackerBench, to: Category) -> None:
        ref = create(bench).issue.ref
        if to not in bench.categories:
            with pytest.raises(Rejected):
                bench.tracker.transition(ref, to)
            return
        status = bench.tracker.transition(ref, to)
        assert (read(bench, ref).category, bool(status)) == (to, True)
        assert bench.tracker.transition(ref, to) == status
        bench.tracker.transition(ref, Category.TODO)
        assert read(bench, ref).category is Category.TODO

    def test_a_second_issue_is_closed_as_a_duplicate_and_says_so_once(self, bench: TrackerBench) -> None:
        kept, later = create(bench), create(bench)
        for _ in range(2):
            bench.tracker.close_as_duplicate(later.issue.ref, kept.issue, "This repeats the other.")
        found = read(bench, later.issue.ref)
        assert found.category in (Category.DECLINED, Category.DONE)
        assert found.comments in (None, 1)
        if bench.tracker.capabilities.duplicates:
            assert found.duplicate_of in (kept.issue.ref, "")

    def test_a_duplicate_that_a_person_closed_names_the_other(self, bench: TrackerBench) -> None:
        if not bench.tracker.capabilities.duplicates:
            pytest.skip("This vendor does not say of which issue another is the duplicate.")
        kept, later = create(bench), create(bench, OTHER)
        bench.duplicates(later.issue.ref, kept.issue.ref)
        assert read(bench, later.issue.ref).duplicate_of == kept.issue.ref

    # What a vendor may lack

    def test_a_web_link_is_put_once(self, bench: TrackerBench) -> None:
        ref = create(bench).issue.ref
        if not bench.tracker.capabilities.links:
            with pytest.raises(Rejected):
                bench.tracker.link(ref, "postmortem-1", "https://pm.example/1", "Postmortem")
            return
        bench.forget()
        bench.tracker.link(ref, "postmortem-1", "https://pm.example/1", "Postmortem")
        assert bench.requests() == 1
        bench.tracker.link(ref, "postmortem-1", "https://pm.example/1", "Postmortem, renamed")

    def test_an_issue_is_put_under_its_parent(self, bench: TrackerBench) -> None:
        child = create(bench).issue.ref
        if not bench.tracker.capabilities.parents:
            with pytest.raises(Rejected):
                bench.tracker.put_under(child, child)
            with pytest.raises(Rejected):
                create(bench, replace(OTHER, parent=child))
            return
        parent = bench.parent() or create(bench, OTHER).issue.ref
        for _ in range(2):
            bench.tracker.put_under(child, parent)

    def test_a_confidential_issue_is_made_confidential_or_refused(self, bench: TrackerBench) -> None:
        draft = replace(DRAFT, confidential=True)
        if bench.tracker.capabilities.confidential:
            create(bench, draft)
            assert len(find(bench)) == 1
            return
        with pytest.raises(Rejected):
            create(bench, draft)
        assert bench.count() == 0

    def test_a_due_date_is_kept_where_there_are_any(self, bench: TrackerBench) -> None:
        day = (datetime.now(UTC) + timedelta(days=30)).date()
        found = read(bench, create(bench, replace(DRAFT, due_on=day)).issue.ref)
        assert found.due_on == (day if bench.tracker.capabilities.due_dates else None)

    # Webhooks

    def test_a_webhook_names_the_issue_that_changed(self, bench: TrackerBench) -> None:
        ref = create(bench).issue.ref
        sent = bench.webhook(ref)
        hook = bench.tracker.hook
        if sent is None or hook is None:
            pytest.skip("This vendor sends no webhooks.")
        headers, body = sent
        assert hook.authenticate(headers, body, datetime.now(UTC))
        with pytest.raises(NotAuthentic):
            hook.authenticate(
                {name: value for name, value in headers.items() if "sign" not in name and "token" not in name},
                body,
                datetime.now(UTC),
            )
        touched = bench.tracker.touched(headers, body)
        assert isinstance(touched, Touched)
        known = {each.issue.ref for each in bench.tracker.read(list(touched.refs)).readings}
        assert ref in known

    def test_every_error_has_a_word_and_a_sentence(self, bench: TrackerBench) -> None:
        with pytest.raises(ConnectorError) as met:
            bench.tracker.create(bench.nowhere, DRAFT)
        assert met.value.code
        assert " " not in met.value.code
        assert met.value.sentence.endswith(".")
        assert bench.token not in met.value.sentence
