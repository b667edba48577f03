"""What was taken in is looked at again, for what no webhook told of it, and a slow or late answer is believed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from connectors.spi import DocumentItem, Missing, PostmortemDocument, SourceCapabilities, Unavailable
from service.ledger.tables import deliveries
from service.usecases.deliveries import FETCH_AGAIN
from service.wiring import Components
from tests.support.house import House
from tests.usecases.surroundings import dead_deliveries, items_of
from tests.usecases.test_sweeping import Tool, absorb, announce, document, health, known, sweep


@pytest.fixture
def tool() -> Tool:
    return Tool()


@pytest.fixture
def parts(house: House, tool: Tool) -> Components:
    return replace(house.components, sources={"incidents": tool})


FETCHING = SourceCapabilities(fetches=True, lists=True)


@pytest.mark.complaint("webhooks that were switched off stop everything while pages look green")
def test_what_nobody_tells_of_a_final_postmortem_is_found_within_a_week(
    house: House, parts: Components, tool: Tool
) -> None:
    tool.capabilities = FETCHING
    tool.held.update({each: document(each) for each in "ABC"})
    sweep(parts)
    more = (DocumentItem("Add an alert for A", "A-1"), DocumentItem("Page whoever is on call", "A-2"))
    tool.held |= {"A": document("A", action_items=more), "B": document("B", status="draft")}
    house.pass_time(days=6, hours=12)
    assert sweep(parts) == 0
    house.pass_time(days=1)
    assert sweep(parts) == 3
    assert known(house) == {"A": "final", "B": "reopened", "C": "final"}
    assert "Page whoever is on call" in {each.title for each in items_of(house)}
    assert health(parts).missed == 1
    house.pass_time(days=1)
    assert sweep(parts) == 0


def test_what_has_been_final_for_a_quarter_is_left_alone(house: House, parts: Components, tool: Tool) -> None:
    tool.capabilities = FETCHING
    tool.held["A"] = document("A")
    sweep(parts)
    house.pass_time(days=91)
    assert sweep(parts) == 0


def test_what_cannot_be_looked_at_again_is_one_dead_letter_and_not_one_a_week(
    house: House, parts: Components, tool: Tool
) -> None:
    tool.capabilities = FETCHING
    tool.held["A"] = document("A")
    sweep(parts)
    tool.fetch = lambda _: (_ for _ in ()).throw(Missing("t.missing", "Not there.", ""))  # type: ignore[method-assign, assignment]
    for _ in range(4):
        house.pass_time(days=8)
        sweep(parts)
    assert len(dead_deliveries(house)) == 1


def test_a_late_fetch_brings_what_is_there_by_now_though_its_delivery_is_an_old_one(
    house: House, parts: Components, tool: Tool
) -> None:
    tool.held["A"] = document("A")
    tool.trouble = Unavailable("t.away", "Away.", "")
    announce(house, "A", key="first")
    absorb(parts)
    tool.trouble = None
    announce(house, "A", key="second")
    absorb(parts)
    tool.held["A"] = document("A", title="Outage, corrected")
    house.pass_time(minutes=1)
    absorb(parts)
    with house.ledger.read() as uow:
        found = uow.postmortems.find("incidents", "A")
    assert tool.fetched == ["A", "A", "A"]
    assert found is not None
    assert found.facts.title == "Outage, corrected"


def test_no_other_worker_takes_a_delivery_while_its_source_may_still_answer(
    house: House, parts: Components, tool: Tool
) -> None:
    left: list[float] = []

    def fetch(source_id: str) -> PostmortemDocument:
        with house.ledger.read() as uow:
            until = uow.connection.execute(select(deliveries.c.lease_until)).scalar_one()
            left.append(until - uow.clock())
        return document(source_id)

    tool.fetch = fetch  # type: ignore[method-assign]
    tool.capabilities = SourceCapabilities(lists=True, call_seconds=60)
    announce(house, "A")
    absorb(parts)
    assert left
    assert left[0] > FETCH_AGAIN * 60, "else one that is slow for long is taken for one that kills its reader"
