"""Nothing is missed: a source's own list is asked daily and after an outage, and silence is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.spi import (
    DocumentItem,
    FetchById,
    Finalized,
    Finding,
    Hook,
    ItemStatus,
    Missing,
    PostmortemDocument,
    SourceCapabilities,
    Unavailable,
    Visibility,
)
from service.app import create_app
from service.cli.status import as_document, as_text
from service.intake.presence import beat
from service.ledger.inbox import Rhythm
from service.usecases.deliveries import absorb_due
from service.usecases.survey import survey
from service.usecases.sweep_sources import came_back, is_silent, sweep_sources, watch_silence
from service.usecases.sync_health import Health, SyncState
from service.wiring import Components
from tests.support.house import House
from tests.usecases.surroundings import dead_deliveries, events, items_of

SOURCE = ("source", "incidents")


def document(identity: str, **values: object) -> PostmortemDocument:
    promised = DocumentItem(title=f"Add an alert for {identity}", id=f"{identity}-1")
    given = {"title": f"Outage {identity}", "status": "final", "action_items": (promised,), **values}
    return PostmortemDocument(id=identity, **given)  # type: ignore[arg-type]


class Sender:
    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        return "key"


class Tool:
    """A tool with a list of pages of two. `trouble` is raised instead of an answer."""

    capabilities = SourceCapabilities(lists=True)
    hook: Hook | None = Sender()

    def __init__(self) -> None:
        self.held: dict[str, PostmortemDocument] = {}
        self.trouble: Exception | None = None
        self.asked: list[str | None] = []
        self.fetched: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def check(self) -> Sequence[Finding]:
        return ()

    def parse(self, headers: Mapping[str, str], body: bytes) -> FetchById:
        return FetchById(tuple(body.decode().strip('"').split(",")))

    def fetch(self, source_id: str) -> PostmortemDocument:
        self.fetched.append(source_id)
        if self.trouble:
            raise self.trouble
        found = self.held.get(source_id)
        return found or document(source_id, title="", status="deleted", action_items=())

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        self.asked.append(cursor)
        if self.trouble:
            raise self.trouble
        begin = int(cursor or 0)
        ids = [identity for identity, each in self.held.items() if each.status == "final"]
        more = begin + 2 < len(ids)
        self.meanwhile()
        return Finalized(tuple(ids[begin : begin + 2]), str(begin + 2) if more else "", more)

    def tell(self, status: ItemStatus) -> None:
        raise AssertionError(status)


@pytest.fixture
def tool() -> Tool:
    return Tool()


@pytest.fixture
def parts(house: House, tool: Tool) -> Components:
    return replace(house.components, sources={"incidents": tool})


def absorb(parts: Components) -> None:
    absorb_due(parts, lambda: True)


def sweep(parts: Components) -> int:
    found = sweep_sources(parts)
    absorb(parts)
    return found


def announce(house: House, *source_ids: str, key: str = "") -> None:
    with house.ledger.begin() as uow:
        body = ",".join(source_ids).encode()
        uow.inbox.store("incidents", key or body.decode(), {}, body, house.components.now())
        uow.commit()


def health(parts: Components) -> Health:
    return next(line for line in survey(parts).health if line.name == "incidents")


def known(house: House) -> dict[str, str]:
    with house.ledger.read() as uow:
        found = {each: uow.postmortems.find("incidents", each) for each in ("A", "B", "C", "D", "E")}
    return {name: each.status for name, each in found.items() if each is not None}


def first_sweep(house: House, parts: Components) -> None:
    sweep(parts)
    house.pass_time(days=1, minutes=1)


@pytest.mark.complaint("lost issues must be sent again by hand")
def test_a_postmortem_that_no_delivery_announced_is_absorbed_and_counted_as_missed(
    house: House, parts: Components, tool: Tool
) -> None:
    first_sweep(house, parts)
    tool.held["A"] = document("A")
    assert sweep(parts) == 1
    assert known(house) == {"A": "final"}
    assert [each.title for each in items_of(house)] == ["Add an alert for A"]
    assert health(parts).missed == 1
    assert events(house, SOURCE).count("postmortem.missed") == 1


@pytest.mark.complaint("webhooks that were switched off stop everything while pages look green")
def test_what_was_missed_stands_on_the_page_and_in_the_status(house: House, parts: Components, tool: Tool) -> None:
    first_sweep(house, parts)
    tool.held["A"] = document("A")
    sweep(parts)
    seen = survey(parts)
    assert "1 postmortem was found by our own look in the last 30 days: no delivery had announced it." in as_text(seen)
    assert [line["missed"] for line in as_document(seen)["connections"] if line["name"] == "incidents"] == [1]
    with create_app(parts).test_client() as client:
        assert "1 missed postmortem" in client.get("/health-of-sync").text
    house.pass_time(days=31)
    assert health(parts).missed == 0


def test_what_a_delivery_announced_is_neither_fetched_again_nor_missed(
    house: House, parts: Components, tool: Tool
) -> None:
    first_sweep(house, parts)
    tool.held["A"] = document("A")
    announce(house, "A")
    absorb(parts)
    assert sweep(parts) == 0
    assert (tool.fetched, health(parts).missed) == (["A"], 0)


def test_what_was_announced_and_not_yet_read_is_not_missed(house: House, parts: Components, tool: Tool) -> None:
    first_sweep(house, parts)
    tool.held["A"] = document("A")
    announce(house, "A")
    sweep(parts)
    assert (known(house), health(parts).missed) == ({"A": "final"}, 0)


def test_the_first_look_takes_in_what_was_there_before_us_and_calls_nothing_missed(
    house: House, parts: Components, tool: Tool
) -> None:
    tool.held.update({each: document(each) for each in "ABC"})
    sweep(parts)
    assert (known(house), health(parts).missed) == ({"A": "final", "B": "final", "C": "final"}, 0)


def test_a_list_is_asked_page_by_page_once_a_day(house: House, parts: Components, tool: Tool) -> None:
    tool.held.update({each: document(each) for each in "ABCDE"})
    sweep(parts)
    sweep(parts)
    assert tool.asked == [None, "2", "4"]
    house.pass_time(hours=23)
    sweep(parts)
    assert len(tool.asked) == 3
    house.pass_time(hours=2)
    sweep(parts)
    assert tool.asked[3:] == ["", "2", "4"]


@pytest.mark.parametrize("process", ["clock", "door"])
@pytest.mark.complaint("lost issues must be sent again by hand")
def test_after_an_outage_of_ours_every_list_is_asked_at_once(
    house: House, parts: Components, tool: Tool, process: str
) -> None:
    def stand() -> None:
        if process == "door":
            return beat(parts)
        with house.ledger.begin() as uow:
            came_back(uow, "clock", parts.now())
            uow.instance.beat("clock", parts.now())
            uow.commit()
        return None

    stand()
    sweep(parts)
    house.pass_time(minutes=5)
    stand()
    sweep(parts)
    assert len(tool.asked) == 1
    house.pass_time(minutes=11)
    tool.held["A"] = document("A")
    stand()
    sweep(parts)
    assert (len(tool.asked), known(house)) == (2, {"A": "final"})
    assert events(house, ("instance", process)) == ["instance.was_away"]


def test_a_list_that_cannot_be_asked_is_told_and_asked_again_from_where_it_stood(
    house: House, parts: Components, tool: Tool
) -> None:
    tool.held.update({each: document(each) for each in "ABC"})
    tool.trouble = Unavailable("tool.away", "The tool is away.", "Wait.")
    sweep(parts)
    line = health(parts)
    assert line.state is SyncState.FAILING
    assert line.trouble is not None
    assert line.trouble.sentence == "The tool is away."
    tool.trouble = None
    house.pass_time(minutes=30)
    sweep(parts)
    assert (known(house), health(parts).trouble) == ({"A": "final", "B": "final", "C": "final"}, None)


def test_two_workers_do_not_ask_one_list_at_once(house: House, parts: Components, tool: Tool) -> None:
    tool.held["A"] = document("A")

    def another() -> None:
        if len(tool.asked) == 1:
            sweep_sources(parts)

    tool.meanwhile = another
    sweep(parts)
    assert (tool.asked, len(items_of(house))) == ([None], 1)


def test_a_swept_postmortem_is_as_safe_as_a_delivered_one(house: House, parts: Components, tool: Tool) -> None:
    """What was found stands in the inbox before it is fetched: who dies in between loses nothing."""
    first_sweep(house, parts)
    tool.held["A"] = document("A")
    sweep_sources(parts)
    tool.trouble = Unavailable("tool.away", "The tool is away.", "Wait.")
    absorb(parts)
    assert known(house) == {}
    tool.trouble = None
    house.pass_time(days=1)
    assert sweep_sources(parts) == 0  # it is asked for already
    absorb(parts)
    assert (known(house), health(parts).missed) == ({"A": "final"}, 1)


def test_a_list_of_changes_is_fetched_whole(house: House, parts: Components, tool: Tool) -> None:
    tool.capabilities = SourceCapabilities(lists=True, lists_changes=True, sweep_seconds=60)
    tool.held["A"] = document("A")
    sweep(parts)
    house.pass_time(seconds=61)
    tool.held["A"] = document("A", title="Outage, corrected")
    sweep(parts)
    with house.ledger.read() as uow:
        found = uow.postmortems.find("incidents", "A")
    assert found is not None
    assert found.facts.title == "Outage, corrected"


def test_a_delivery_that_names_several_is_split_and_each_is_tried_by_itself(
    house: House, parts: Components, tool: Tool
) -> None:
    tool.held.update({each: document(each) for each in "AB"})
    announce(house, "A", "B", "A")
    absorb(parts)
    assert known(house) == {"A": "final", "B": "final"}
    assert sorted(tool.fetched) == ["A", "B"]


@pytest.mark.parametrize(
    "error", [Unavailable("t.away", "Away.", ""), Missing("t.missing", "Not there.", "")], ids=["away", "missing"]
)
def test_a_fetch_that_fails_is_tried_for_seven_days_before_it_is_a_dead_letter(
    house: House, parts: Components, tool: Tool, error: Exception
) -> None:
    tool.trouble = error
    announce(house, "A")
    absorb(parts)
    house.pass_time(days=6, hours=23)
    absorb(parts)
    assert dead_deliveries(house) == []
    assert health(parts).state is SyncState.FAILING
    house.pass_time(hours=2)
    absorb(parts)
    assert [each.error for each in dead_deliveries(house)] == [str(error)]


def test_what_is_gone_at_its_source_withdraws_its_items_and_keeps_what_was_known(
    house: House, parts: Components, tool: Tool
) -> None:
    tool.held["A"] = document("A", visibility=Visibility.PRIVATE)
    announce(house, "A", key="first")
    absorb(parts)
    del tool.held["A"]
    announce(house, "A", key="second")
    absorb(parts)
    with house.ledger.read() as uow:
        found = uow.postmortems.find("incidents", "A")
    assert found is not None
    assert (found.status, found.facts.title, found.facts.visibility) == ("deleted", "Outage A", Visibility.PRIVATE)
    assert [each.state.value for each in items_of(house)] == ["withdrawn"]


def test_what_the_source_has_not_and_we_never_had_leaves_no_trace(house: House, parts: Components, tool: Tool) -> None:
    announce(house, "A")
    absorb(parts)
    assert known(house) == {}
    with house.ledger.read() as uow:
        found = uow.inbox.get(1)
    assert found is not None
    assert found.state == "ignored"


def test_what_was_final_and_is_a_draft_again_is_reopened_and_keeps_its_issues(
    house: House, parts: Components, tool: Tool
) -> None:
    tool.held["A"] = document("A")
    announce(house, "A", key="first")
    absorb(parts)
    tool.held["A"] = document("A", status="draft")
    announce(house, "A", key="second")
    absorb(parts)
    assert known(house) == {"A": "reopened"}
    assert [each.state.value for each in items_of(house)] == ["pending"]


@pytest.mark.complaint("webhooks that were switched off stop everything while pages look green")
def test_a_source_that_is_silent_for_longer_than_ever_is_told_once_a_spell_until_it_is_heard(
    house: House, parts: Components, tool: Tool
) -> None:
    for number in range(5):
        announce(house, "A", key=str(number))
        house.pass_time(days=3)
    absorb(parts)
    assert watch_silence(parts) == 0
    house.pass_time(days=12)
    assert (watch_silence(parts), watch_silence(parts)) == (1, 1)
    assert events(house, SOURCE) == ["source.silent"]
    trouble = health(parts).trouble
    assert trouble is not None
    assert trouble.code == "source.silent"
    announce(house, "A", key="again")
    absorb(parts)
    watch_silence(parts)
    assert (events(house, SOURCE), health(parts).trouble) == (["source.silent", "source.heard"], None)


def test_what_a_person_handed_in_or_we_found_ourselves_breaks_no_silence(
    house: House, parts: Components, tool: Tool
) -> None:
    for number in range(5):
        announce(house, "A", key=str(number))
    house.pass_time(days=15)
    announce(house, "A", key="ingest:1")
    announce(house, "A", key="sweep:A at 2026")
    assert watch_silence(parts) == 1


@given(count=st.integers(0, 20), longest=st.integers(0, 60), quiet=st.integers(0, 90))
def test_silence_needs_a_rhythm_a_fortnight_and_a_gap_longer_than_any(count: int, longest: int, quiet: int) -> None:
    now = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
    rhythm = Rhythm(count, now - timedelta(days=quiet), timedelta(days=longest))
    assert is_silent(rhythm, now) == (count >= 5 and quiet > 14 and quiet > longest)
