"""What every source must do, as tests. A connector's own test module subclasses `SourceConformance`:

    class TestAcme(SourceConformance):
        @pytest.fixture
        def bench(self, acme_stand_in) -> SourceBench:
            return AcmeBench(acme_stand_in)

`SourceCapabilities` decides which of the tests apply: `signs`, `fetches`, `lists`, `tells`.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.conformance.bench import Delivery, SourceBench
from connectors.spi import (
    AccessDenied,
    Category,
    ConnectorError,
    FetchById,
    Hook,
    Ignored,
    ItemStatus,
    Missing,
    NotAuthentic,
    PostmortemDocument,
    Rejected,
    Source,
    Unavailable,
    Unreadable,
)

NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
DEEP = (b"[" * 100_000, b'{"a":' * 20_000 + b"1" + b"}" * 20_000, b'{"event":' + b"[" * 5_000 + b"]" * 5_000 + b"}")
BROKEN_JSON = (b"", b"{", b"null", b"[]", b'"words"', b"{'a': 1}", b'{"a": NaN}', b"\x00", b"{} {}")
WRONGLY_ENCODED = (b"\xff\xfe{\x00}\x00", b'{"title": "\xe9t\xe9"}', b"\xc3\x28")
HOSTILE_VALUES = (
    "",
    " ",
    ",",
    "=",
    "v1",
    "v1=",
    "v1,",
    "t=,v1=",
    "\x00",
    "é",
    "9" * 400,
    "v1=" + "zz" * 32,
    "a" * 20_000,
)
HUGE = 4 * 1024 * 1024


def document_of(bench: SourceBench, delivery: Delivery) -> PostmortemDocument:
    """What a delivery comes to, fetched where it carries only an id."""
    parsed = bench.source.parse(bench.signed(delivery, NOW), delivery.body)
    if isinstance(parsed, FetchById):
        assert len(parsed.source_ids) == 1
        return bench.source.fetch(parsed.source_ids[0])
    assert isinstance(parsed, PostmortemDocument)
    return parsed


class SourceConformance:
    """Each test is one sentence of the contract."""

    @pytest.fixture
    def bench(self) -> SourceBench:
        raise NotImplementedError("Give the suite a SourceBench by overriding the fixture `bench`.")

    @pytest.fixture
    def signs(self, bench: SourceBench) -> SourceBench:
        if not bench.source.capabilities.signs:
            pytest.skip("This source's deliveries are not signed.")
        return bench

    @pytest.fixture
    def fetches(self, bench: SourceBench) -> SourceBench:
        if not bench.source.capabilities.fetches:
            pytest.skip("This source only receives documents.")
        return bench

    @pytest.fixture
    def lists(self, bench: SourceBench) -> SourceBench:
        if not bench.source.capabilities.lists:
            pytest.skip("This source has no list to ask.")
        return bench

    @pytest.fixture
    def tells(self, bench: SourceBench) -> SourceBench:
        if not bench.source.capabilities.tells:
            pytest.skip("This source cannot be told of its items.")
        return bench

    # Who sent it

    @pytest.mark.parametrize("by", ["new", "old"])
    def test_a_good_signature_by_either_secret_of_a_rotation_opens_the_door(self, signs: SourceBench, by: str) -> None:
        assert authenticate(signs, signs.final(), by=by)

    def test_a_signature_by_another_secret_does_not(self, signs: SourceBench) -> None:
        with pytest.raises(NotAuthentic):
            authenticate(signs, signs.final(), by="wrong")

    def test_a_body_that_was_changed_after_signing_does_not(self, signs: SourceBench) -> None:
        delivery = signs.final()
        changed = replace(delivery, body=delivery.body + b" ")
        with pytest.raises(NotAuthentic):
            hook_of(signs).authenticate(signs.signed(delivery, NOW), changed.body, NOW)

    def test_no_header_that_carries_the_proof_may_be_missing(self, signs: SourceBench) -> None:
        delivery = signs.final()
        headers = signs.signed(delivery, NOW)
        with pytest.raises(NotAuthentic):
            hook_of(signs).authenticate({}, delivery.body, NOW)
        refused = [name for name in headers if refuses(signs, without(headers, name), delivery.body)]
        assert any("signature" in name for name in refused)

    @pytest.mark.parametrize("value", HOSTILE_VALUES)
    def test_hostile_header_values_are_refused_and_nothing_else(self, signs: SourceBench, value: str) -> None:
        delivery = signs.final()
        headers = signs.signed(delivery, NOW)
        for name in headers:
            if "signature" in name:
                assert refuses(signs, {**headers, name: value}, delivery.body)

    @pytest.mark.parametrize("side", [-1, 1], ids=["too early", "too late"])
    def test_a_delivery_from_another_time_is_refused_where_the_sender_signs_the_time(
        self, signs: SourceBench, side: int
    ) -> None:
        if signs.tolerance is None:
            pytest.skip("This sender signs no time; a replay is known by its key.")
        delivery = signs.final()
        within = timedelta(seconds=signs.tolerance - 5) * side
        beyond = timedelta(seconds=signs.tolerance + 5) * side
        assert hook_of(signs).authenticate(signs.signed(delivery, NOW + within), delivery.body, NOW)
        with pytest.raises(NotAuthentic):
            hook_of(signs).authenticate(signs.signed(delivery, NOW + beyond), delivery.body, NOW)

    def test_a_repeated_or_replayed_delivery_has_the_same_key(self, signs: SourceBench) -> None:
        delivery = signs.final()
        first = authenticate(signs, delivery)
        again = hook_of(signs).authenticate(
            signs.signed(delivery, NOW + timedelta(seconds=20)), delivery.body, NOW + timedelta(seconds=30)
        )
        assert first == again

    def test_two_deliveries_have_two_keys(self, signs: SourceBench) -> None:
        assert authenticate(signs, signs.final()) != authenticate(signs, signs.another())

    # What it says

    @pytest.mark.parametrize("body", DEEP, ids=["lists", "objects", "inside an event"])
    def test_a_deep_body_is_unreadable(self, bench: SourceBench, body: bytes) -> None:
        if not bench.json_bodies:
            pytest.skip("Its deliveries are not JSON.")
        with pytest.raises(Unreadable):
            bench.source.parse({}, body)

    @pytest.mark.parametrize("body", BROKEN_JSON)
    def test_a_broken_body_is_unreadable_and_says_what_to_do(self, bench: SourceBench, body: bytes) -> None:
        if not bench.json_bodies:
            pytest.skip("Its deliveries are not JSON.")
        with pytest.raises(Unreadable) as caught:
            bench.source.parse({}, body)
        says_all(caught.value)

    @pytest.mark.parametrize("body", WRONGLY_ENCODED)
    def test_a_wrongly_encoded_body_is_unreadable(self, bench: SourceBench, body: bytes) -> None:
        with pytest.raises(Unreadable) as caught:
            bench.source.parse({}, body)
        says_all(caught.value)

    def test_a_huge_body_is_read_or_refused_in_time(self, bench: SourceBench) -> None:
        body = b'{"event": "' + b"x" * HUGE + b'"}' if bench.json_bodies else b"# T\n" + b"- x\n" * (HUGE // 4)
        started = time.monotonic()
        with contextlib.suppress(Unreadable):
            bench.source.parse({}, body)
        assert time.monotonic() - started < 10

    def test_an_event_that_is_not_ours_is_ignored_with_a_reason(self, bench: SourceBench) -> None:
        for delivery in bench.foreign():
            parsed = bench.source.parse(bench.signed(delivery, NOW), delivery.body)
            assert isinstance(parsed, Ignored)
            assert len(parsed.reason.split()) > 2

    def test_a_final_postmortem_is_read_as_final(self, bench: SourceBench) -> None:
        document = document_of(bench, bench.final())
        assert (document.id, document.status) == (bench.final_id, "final")
        assert document.title

    def test_a_duplicate_says_the_same(self, bench: SourceBench) -> None:
        assert document_of(bench, bench.final()) == document_of(bench, bench.final())

    def test_what_arrives_late_does_not_undo_what_is_newer(self, bench: SourceBench) -> None:
        earlier = bench.earlier()
        if earlier is None:
            pytest.skip("Its deliveries have no order that could be lost.")
        newest = document_of(bench, bench.final())
        parsed = bench.source.parse(bench.signed(earlier, NOW), earlier.body)
        if isinstance(parsed, Ignored):
            return
        document = document_of(bench, earlier)
        if document.revision is None or newest.revision is None:
            assert document.status == newest.status
        else:
            assert document.revision < newest.revision

    # Fetching

    def test_a_document_that_is_not_there_is_missing_or_known_to_be_deleted(self, bench: SourceBench) -> None:
        try:
            document = bench.source.fetch("no-such-postmortem")
        except Missing as error:
            says_all(error)
        else:
            assert (document.id, document.status) == ("no-such-postmortem", "deleted")

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_refused_token_is_a_fault_of_the_source_and_not_of_the_document(
        self, fetches: SourceBench, status: int
    ) -> None:
        fetches.fail("status", status)
        with pytest.raises(AccessDenied) as caught:
            fetches.source.fetch(fetches.final_id)
        says_all(caught.value)

    @pytest.mark.parametrize("form", ["seconds", "date"])
    def test_a_rate_limit_says_when_to_ask_again(self, fetches: SourceBench, form: str) -> None:
        fetches.fail("rate_limited", retry_after=7, form=form)
        with pytest.raises(Unavailable) as caught:
            fetches.source.fetch(fetches.final_id)
        assert caught.value.retry_after == pytest.approx(7, abs=2)

    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
    def test_a_failing_vendor_is_asked_again_later(self, fetches: SourceBench, status: int) -> None:
        fetches.fail("status", status)
        with pytest.raises(Unavailable) as caught:
            fetches.source.fetch(fetches.final_id)
        says_all(caught.value)

    @pytest.mark.parametrize("kind", ["timeout", "trickle", "reset"])
    def test_no_answer_ends_within_the_deadline(self, fetches: SourceBench, kind: str) -> None:
        fetches.fail(kind)
        started = time.monotonic()
        with pytest.raises(Unavailable):
            fetches.source.fetch(fetches.final_id)
        assert time.monotonic() - started < fetches.source.capabilities.call_seconds + 1

    def test_many_slow_answers_end_within_the_deadline_too(self, fetches: SourceBench) -> None:
        fetches.fail("slow")
        started = time.monotonic()
        with contextlib.suppress(Unavailable):
            fetches.source.fetch(fetches.final_id)
        assert time.monotonic() - started < fetches.source.capabilities.call_seconds + 0.5

    # Missing nothing

    def test_what_no_delivery_announced_is_found_by_the_sweep(self, lists: SourceBench) -> None:
        wanted = {lists.final_id, *(lists.add_final(number) for number in range(3))}
        draft = lists.add_draft()
        found = swept(lists.source)
        assert wanted <= set(found)
        assert lists.source.capabilities.lists_changes or draft not in found
        assert len(found) == len(set(found))

    def test_a_sweep_names_documents_as_deliveries_do(self, lists: SourceBench) -> None:
        identity = lists.add_final(9)
        assert identity in swept(lists.source)
        if lists.source.capabilities.fetches:
            assert lists.source.fetch(identity).id == identity

    def test_the_next_sweep_finds_what_was_finalized_since(self, lists: SourceBench) -> None:
        page = lists.source.finalized_since(None)
        while page is not None and page.more:
            page = lists.source.finalized_since(page.cursor)
        assert page is not None
        identity = lists.add_final(5)
        assert identity in swept(lists.source, page.cursor)

    def test_a_failing_list_is_told_and_nothing_is_lost(self, lists: SourceBench) -> None:
        lists.fail("status", 503)
        with pytest.raises(Unavailable):
            lists.source.finalized_since(None)

    def test_a_source_without_a_list_says_so(self, bench: SourceBench) -> None:
        if not bench.source.capabilities.lists:
            assert bench.source.finalized_since(None) is None

    # Telling

    @pytest.mark.parametrize("category", list(Category))
    def test_the_tool_is_told_in_its_own_words_and_a_repetition_changes_nothing(
        self, tells: SourceBench, category: Category
    ) -> None:
        assert tells.item_id
        tells.source.tell(status(tells, category))
        assert tells.said_of(tells.item_id) == tells.expected(category)
        before = tells.tellings()
        tells.source.tell(status(tells, category))
        assert tells.said_of(tells.item_id) == tells.expected(category)
        assert tells.tellings() == before

    def test_an_item_that_the_tool_has_no_more_is_missing(self, tells: SourceBench) -> None:
        with pytest.raises(Missing):
            tells.source.tell(replace(status(tells, Category.DONE), source_item_id="no-such-item"))

    def test_an_item_without_an_id_of_the_tool_cannot_be_told(self, tells: SourceBench) -> None:
        with pytest.raises(Rejected) as caught:
            tells.source.tell(replace(status(tells, Category.DONE), source_item_id=None))
        says_all(caught.value)

    def test_a_tool_that_is_down_is_told_later(self, tells: SourceBench) -> None:
        tells.fail("status", 503)
        with pytest.raises(Unavailable):
            tells.source.tell(status(tells, Category.DONE))

    def test_a_source_that_cannot_be_told_says_what_to_do_instead(self, bench: SourceBench) -> None:
        if not bench.source.capabilities.tells:
            with pytest.raises(Rejected) as caught:
                bench.source.tell(status(bench, Category.DONE))
            says_all(caught.value)

    # Being well

    def test_a_healthy_connection_has_no_findings(self, bench: SourceBench) -> None:
        assert list(bench.source.check()) == []

    def test_a_refused_token_is_found_by_the_check(self, fetches: SourceBench) -> None:
        fetches.fail("status", 401)
        findings = fetches.source.check()
        assert [finding for finding in findings if finding.code.endswith("unauthorized")]
        assert all(finding.sentence and finding.cure for finding in findings)


def hook_of(bench: SourceBench) -> Hook:
    assert bench.source.hook is not None
    return bench.source.hook


def authenticate(bench: SourceBench, delivery: Delivery, by: str = "new") -> str:
    return hook_of(bench).authenticate(bench.signed(delivery, NOW, by), delivery.body, NOW)


def refuses(bench: SourceBench, headers: dict[str, str], body: bytes) -> bool:
    try:
        hook_of(bench).authenticate(headers, body, NOW)
    except NotAuthentic:
        return True
    return False


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {each: value for each, value in headers.items() if each != name}


def swept(source: Source, cursor: str | None = None) -> list[str]:
    """All ids of a sweep, page by page."""
    found: list[str] = []
    for _ in range(50):
        page = source.finalized_since(cursor)
        assert page is not None
        found += page.source_ids
        cursor = page.cursor
        if not page.more:
            return found
    raise AssertionError("The sweep did not end after 50 pages.")


def status(bench: SourceBench, category: Category) -> ItemStatus:
    return ItemStatus("telling-1", bench.final_id, bench.item_id, "An item", category.value, category, NOW)


def says_all(error: ConnectorError) -> None:
    """One sentence, a machine word and a cure."""
    assert error.sentence.endswith(".")
    assert "." in error.code
    assert error.cure
