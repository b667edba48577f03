"""A parent is noted once for a tracker, a place and an identity, whoever asks and wherever its issue went."""

from __future__ import annotations

from sqlalchemy import text

from connectors.spi import IssueRef
from service.domain.facts import PostmortemFacts
from service.ledger import Ledger, UnitOfWork
from service.ledger.rows import Parent
from tests.ledger.at import NOW, at_once, opened

NAMED = ("github", "acme/payments", "postmortem:1")
FACTS = PostmortemFacts("incidents", "INC-1", "T", "final")


def with_issue(uow: UnitOfWork, parent: Parent) -> None:
    ref = IssueRef("9", "acme/payments#9", "https://x.example/9", "acme/payments")
    issue = uow.issues.add("github", ref, NOW, target="api", origin="parent", category="todo")
    uow.parents.set_issue(parent.id, issue.id)


def test_a_parent_is_one_row_however_many_note_it_at_once(database_url: str) -> None:
    with opened(database_url, 4) as ledgers:

        def note(number: int) -> int:
            with ledgers[number % 4].begin() as uow:
                found = uow.parents.ensure(NAMED, f"route {number}", NOW, marker="m")
                uow.commit()
            return found.id

        assert len(set(at_once(8, note))) == 1


def test_it_goes_by_the_route_that_asked_last_until_it_has_its_issue(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        assert uow.parents.ensure(NAMED, "first", NOW, marker="m").route == "first"
        parent = uow.parents.ensure(NAMED, "second", NOW, marker="other")
        assert (parent.route, parent.marker) == ("second", "m")
        with_issue(uow, parent)
        assert uow.parents.ensure(NAMED, "third", NOW).route == "second"


def test_it_is_found_where_its_issue_is_by_now(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        parent = uow.parents.ensure(NAMED, "route", NOW)
        with_issue(uow, parent)
        issue = uow.issues.get(uow.parents.lock(parent.id).issue_id or 0)
        uow.issues.update(issue.id, place="acme/billing")
        assert uow.parents.ensure(("github", "acme/billing", NAMED[2]), "route", NOW).id == parent.id
        assert uow.parents.ensure(("jira", "acme/billing", NAMED[2]), "route", NOW).id != parent.id
        assert uow.parents.ensure((*NAMED[:2], "postmortem:2"), "route", NOW).id != parent.id


def test_noting_one_waits_for_nobody_who_absorbs_its_postmortem(database_url: str) -> None:
    """Whoever notes a parent holds an item's lock, for which the other would wait in turn."""
    with opened(database_url, 2) as (one, other):
        with one.begin() as uow:
            postmortem = uow.postmortems.lock(FACTS, NOW)
            uow.commit()
        if one.engine.dialect.name == "sqlite":
            return  # has one writer at a time
        with one.begin() as absorbing, other.begin() as uow:
            absorbing.postmortems.lock(FACTS, NOW)
            uow.connection.execute(text("set local lock_timeout = '2s'"))
            uow.parents.ensure(NAMED, "route", NOW, postmortem_id=postmortem.id)
            uow.commit()
