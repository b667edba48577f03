"""The migrations lead from nothing to the tables of the code and back, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from service.ledger import Ledger
from service.ledger.columns import metadata
from service.ledger.migrating import downgrade, head_findings, upgrade
from tests.ledger.at import at_once, opened


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Ledger]:
    with closing(Ledger(empty_database_url)) as ledger:
        yield ledger


def names(ledger: Ledger) -> set[str]:
    return set(inspect(ledger.engine).get_table_names()) - {"alembic_version"}


def test_up_makes_every_table_and_down_takes_every_table_away(empty: Ledger) -> None:
    upgrade(empty)
    assert names(empty) == set(metadata.tables)
    downgrade(empty, "base")
    assert names(empty) == set()
    upgrade(empty)
    assert names(empty) == set(metadata.tables)
    assert not head_findings(empty)


def test_the_migrations_make_the_tables_that_the_code_describes(empty: Ledger) -> None:
    upgrade(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_database_without_tables_is_named_with_the_cure(empty: Ledger) -> None:
    (finding,) = head_findings(empty)
    assert finding.code == "ledger.not_at_head"
    assert "afteraction migrate" in finding.cure


def test_a_database_that_does_not_answer_is_named_with_the_cure() -> None:
    with closing(Ledger("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")) as ledger:
        (finding,) = head_findings(ledger)
    assert finding.code == "ledger.unreachable"
    assert "DATABASE_URL" in finding.cure


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    with opened(empty_database_url, 3) as ledgers:
        at_once(3, lambda number: upgrade(ledgers[number]))
        assert names(ledgers[0]) == set(metadata.tables)


def test_processes_that_open_a_new_database_together_all_get_in(tmp_path: Path) -> None:
    for number in range(40):
        with opened(f"sqlite:///{tmp_path}/new-{number}.sqlite", 4) as ledgers:
            at_once(4, lambda number, ledgers=ledgers: ledgers[number].engine.connect().close())
