"""Sources whose deliveries carry only an id: the document that is fetched may be older than what came meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from connectors.spi import (
    DocumentItem,
    FetchById,
    Finalized,
    Finding,
    Hook,
    ItemStatus,
    PostmortemDocument,
    SourceCapabilities,
)
from service.ledger import Delivery, Ledger
from service.usecases import deliveries
from service.usecases.absorb import absorb
from service.usecases.understand import understand
from service.wiring import Components
from tests.support.house import House
from tests.support.waiting import until
from tests.usecases.surroundings import item, items_of

OLD, NEW = "At 90 %.", "At 80 %."


def document(description: str) -> PostmortemDocument:
    promised = DocumentItem(title="Add an alert on queue depth", description=description)
    return PostmortemDocument(id="INC-1", title="Queue full", status="final", action_items=(promised,))


class Remote:
    """A source that gives its document only to who asks. `meanwhile` happens once each fetch has its answer."""

    capabilities = SourceCapabilities()
    hook: Hook | None = None

    def __init__(self) -> None:
        self.description = OLD
        self.meanwhile: Callable[[], None] = lambda: None
        self.fetches = 0

    def check(self) -> Sequence[Finding]:
        return ()

    def parse(self, headers: Mapping[str, str], body: bytes) -> FetchById:
        return FetchById(("INC-1",))

    def fetch(self, source_id: str) -> PostmortemDocument:
        assert source_id == "INC-1"
        self.fetches += 1
        found = document(self.description)
        self.meanwhile()
        return found

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        return None

    def tell(self, status: ItemStatus) -> None:
        raise AssertionError(status)


@pytest.fixture
def remote() -> Remote:
    return Remote()


@pytest.fixture
def parts(house: House, remote: Remote) -> Components:
    return replace(house.components, sources={"incidents": remote})


def told(house: House, key: str) -> None:
    """The source says that its postmortem changed."""
    house.submit({}, key=key)


def read_once(parts: Components) -> None:
    turns = iter([True])
    deliveries.absorb_due(parts, lambda: next(turns, False))


def delivery(house: House, number: int = 1) -> Delivery:
    with house.ledger.read() as uow:
        found = uow.inbox.get(number)
    assert found is not None
    return found


def another_revision(house: House, description: str) -> None:
    """What another worker makes of a delivery of its own, whole."""
    with house.ledger.begin() as uow:
        now = house.components.now()
        absorb(house.components, uow, understand("incidents", document(description), "internal"), 1, now)
        uow.commit()


def test_a_document_is_fetched_by_its_id(house: House, parts: Components, remote: Remote) -> None:
    told(house, "first")
    read_once(parts)
    assert (delivery(house).state, remote.fetches) == ("done", 1)
    assert item(house, "Add an alert on queue depth").facts.description == OLD


def test_what_changed_while_it_was_fetched_is_fetched_again(house: House, parts: Components, remote: Remote) -> None:
    def change() -> None:
        if remote.fetches == 1:
            remote.description = NEW
            another_revision(house, NEW)

    remote.meanwhile = change
    told(house, "other")
    told(house, "first")
    read_once(parts)
    read_once(parts)
    assert [each.facts.description for each in items_of(house)] == [NEW]
    assert remote.fetches == 3


def test_another_machines_clock_that_is_ahead_makes_no_document_look_changed(
    house: House, parts: Components, remote: Remote
) -> None:
    house.pass_time(hours=3)
    told(house, "first")
    read_once(parts)
    house.pass_time(hours=-3)
    remote.description = NEW
    told(house, "second")
    read_once(parts)
    assert delivery(house, 2).state == "done"
    assert [each.facts.description for each in items_of(house)] == [NEW]


def test_a_document_that_changes_at_every_fetch_is_read_later_and_killed_nobody(
    house: House, parts: Components, remote: Remote
) -> None:
    remote.meanwhile = lambda: another_revision(house, f"At {remote.fetches} %.")
    told(house, "first")
    for _ in range(4):
        read_once(parts)
        house.pass_time(minutes=11)
    found = delivery(house)
    assert (found.state, found.error_code, found.deaths) == ("new", "inbox.changing", 0)
    assert "fetched" in (found.error or "")
    remote.meanwhile = lambda: None
    read_once(parts)
    assert delivery(house).state == "done"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.system
def test_an_older_fetch_that_waits_for_a_newer_one_is_not_applied_after_it(
    house: House, parts: Components, remote: Remote, ledger: Ledger
) -> None:
    """Only PostgreSQL lets two transactions stand between a look at a row and its lock."""
    for key in ("first", "newer", "older"):
        told(house, key)
    read_once(parts)
    newer = understand("incidents", document(NEW), "internal")
    with ledger.begin() as uow:
        mine = uow.inbox.claim(parts.now(), uow.clock(), 60)
        assert mine is not None
        uow.commit()
    with ledger.begin() as uow:
        uow.postmortems.lock(newer.facts, parts.now())
        reader = threading.Thread(target=read_once, args=(parts,))
        reader.start()
        until(lambda: _someone_waits(ledger), 20, "the reader waits for the row")
        remote.description = NEW
        absorb(parts, uow, newer, mine.id, parts.now())
        uow.commit()
    reader.join(30)
    assert [each.facts.description for each in items_of(house)] == [NEW]
    assert remote.fetches == 3


def _someone_waits(ledger: Ledger) -> bool:
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with ledger.read() as uow:
        return bool(uow.connection.execute(text(waiting)).scalar_one())
