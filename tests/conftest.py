"""The fixtures that every test may ask for. Each starts what it needs when it is first asked for."""

from tests.support.databases import (
    database,
    database_url,
    empty_database_url,
    ledger,
    postgresql,
    postgresql_template,
    sqlite_template,
)
from tests.support.surroundings import smtp_server, valkey
from tests.support.system import chromium_path
from tests.support.waiting import free_port

__all__ = [
    "chromium_path",
    "database",
    "database_url",
    "empty_database_url",
    "free_port",
    "ledger",
    "postgresql",
    "postgresql_template",
    "smtp_server",
    "sqlite_template",
    "valkey",
]
