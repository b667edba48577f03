"""What every tracker must do, as tests. A connector's own test module subclasses `TrackerConformance`:

    class TestAcme(TrackerConformance):
        counterpart = AcmeBench

        @pytest.fixture
        def bench(self, acme_stand_in) -> TrackerBench:
            return AcmeBench(acme_stand_in)

`Capabilities` decides what each test asks for; a gap of the counterpart is skipped with its reason, and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.conformance.asking import (
    DRAFT,
    OTHER,
    create,
    eventually,
    find,
    pages,
    read,
)
from connectors.conformance.counterpart import TrackerBench
from connectors.conformance.creating import CreatingConformance
from connectors.spi import (
    Category,
    ConnectorError,
    Ignored,
    Missing,
    NotAuthentic,
    Overtaken,
    Rejected,
    Touched,
)


class TrackerConformance(CreatingConformance):
    """Each test is one sentence of the contract."""

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

    def test_what_a_person_does_is_read_in_our_words(self, bench: TrackerBench) -> None:
        assert {Category.TODO, Category.DONE} <= bench.categories
        for to in sorted(bench.categories):
            ref = create(bench, replace(DRAFT, marker=f"{to.value}{0:012d}")).issue.ref
            bench.moves(ref, to)
            found = read(bench, ref)
            assert (found.category, bool(found.status)) == (to, True)

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

    @pytest.mark.parametrize("theirs", [{"title": "Their title"}, {"body": "Their body"}], ids=["title", "body"])
    def test_words_that_a_person_wrote_are_not_written_over(self, bench: TrackerBench, theirs: dict[str, str]) -> None:
        made = create(bench)
        bench.writes(made.issue.ref, **theirs)
        before = bench.tracker.look_up(made.issue.url)
        with pytest.raises(Overtaken):
            bench.tracker.rewrite(made.issue.ref, "Another title", "Another body", DRAFT.marker, [made.text_digest])
        after = bench.tracker.look_up(made.issue.url)
        assert before is not None
        assert after is not None
        assert (after.title, after.text_digest) == (before.title, before.text_digest)

    def test_our_own_words_are_written_over_and_may_be_so_again(self, bench: TrackerBench) -> None:
        made = create(bench)
        ref, known = made.issue.ref, [made.text_digest]
        for _ in range(2):
            written = bench.tracker.rewrite(ref, DRAFT.title, "Another *body*", DRAFT.marker, known)
            known.append(written.text_digest)
        found = bench.tracker.look_up(made.issue.url)
        assert found is not None
        assert (found.title, found.text_digest) == (DRAFT.title, written.text_digest)
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
        kept, later = create(bench), create(bench, OTHER)
        if not bench.tracker.capabilities.duplicates:
            bench.moves(later.issue.ref, Category.DONE)
            assert read(bench, later.issue.ref).duplicate_of is None
            return
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
        hook = bench.tracker.hook
        if not bench.tracker.capabilities.webhooks:
            assert hook is None
            assert isinstance(bench.tracker.touched({}, b"{}"), Ignored)
            return
        assert hook is not None
        ref = create(bench).issue.ref
        headers, body = bench.webhook(ref)
        assert hook.authenticate(headers, body, datetime.now(UTC))
        with pytest.raises(NotAuthentic):
            hook.authenticate(
                {name: value for name, value in headers.items() if "sign" not in name and "token" not in name},
                body,
                datetime.now(UTC),
            )
        touched = bench.tracker.touched(headers, body)
        assert isinstance(touched, Touched)
        if ref not in touched.refs:
            assert ref in {each.issue.ref for each in bench.tracker.read(list(touched.refs)).readings}

    def test_every_error_has_a_word_and_a_sentence(self, bench: TrackerBench) -> None:
        with pytest.raises(ConnectorError) as met:
            bench.tracker.create(bench.nowhere, DRAFT)
        assert met.value.code
        assert " " not in met.value.code
        assert met.value.sentence.endswith(".")
        assert bench.token not in met.value.sentence
