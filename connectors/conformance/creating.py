"""What every tracker must do about a place and a new issue in it, as tests."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from connectors.conformance.asking import (
    DRAFT,
    DRILL,
    HOSTILE,
    OTHER,
    TrackerSuite,
    create,
    eventually,
    find,
    read,
)
from connectors.conformance.counterpart import TrackerBench
from connectors.conformance.recipe import create_once
from connectors.spi import (
    AccessDenied,
    Account,
    Category,
    OutcomeUnknown,
    Unavailable,
    Visibility,
)


class CreatingConformance(TrackerSuite):
    """Each test is one sentence of the contract."""

    # The place

    def test_a_good_place_says_who_sees_it_and_has_no_fault(self, bench: TrackerBench) -> None:
        described = bench.tracker.describe(bench.place)
        assert described.visibility is not Visibility.UNKNOWN
        assert [each.sentence for each in described.findings] == []

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

    def test_somebody_to_whom_nothing_can_be_assigned_is_a_finding_with_a_cure(self, bench: TrackerBench) -> None:
        strangers = [Account("nobody-of-that-name", "Nobody"), Account("99999999")]
        members = [bench.member] if bench.member else []
        found = bench.tracker.unassignable(bench.place, [*members, *strangers])
        assert len(found) == len(strangers)
        assert [stranger.id in each.sentence for each, stranger in zip(found, strangers, strict=True)] == [True, True]
        assert all(each.code and each.sentence.endswith(".") and each.cure for each in found)
        assert bench.count() == 0

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
