"""Brings a database to the newest schema, and says whether it is there."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from connectors.spi import Finding
from service.ledger.engine import WRITES
from service.ledger.unit_of_work import Ledger

log = logging.getLogger("afteraction.ledger")


def _config() -> AlembicConfig:
    spec = importlib.util.find_spec("migrations")
    assert spec is not None
    assert spec.submodule_search_locations
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(next(iter(spec.submodule_search_locations)))))
    return config


def upgrade(ledger: Ledger, revision: str = "head") -> None:
    """Runs what is missing; safe to call on every start and from several processes."""
    _run(ledger, revision, up=True)


def downgrade(ledger: Ledger, revision: str) -> None:
    """Takes migrations back; `base` empties the database."""
    _run(ledger, revision, up=False)


def _run(ledger: Ledger, revision: str, *, up: bool) -> None:
    config = _config()
    with ledger.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            # Two processes that start together would both create the first table.
            connection.exec_driver_sql("select pg_advisory_xact_lock(7203154)")
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, revision)


def head_findings(ledger: Ledger) -> Sequence[Finding]:
    """Empty when the database answers and is at head."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    try:
        with ledger.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        sentence = f"The database does not answer: {reason}."
        return (Finding("ledger.unreachable", sentence, "Check DATABASE_URL and that the database runs."),)
    if current == head:
        return ()
    sentence = f"The database is at migration {current or 'none'}, the program needs {head}."
    return (Finding("ledger.not_at_head", sentence, "Run afteraction migrate."),)
