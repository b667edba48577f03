"""The fixtures that every test may ask for. Each starts what it needs when it is first asked for."""

from hypothesis import HealthCheck, settings

from tests.support.databases import (
    database,
    database_url,
    empty_database_url,
    ledger,
    postgresql,
    postgresql_template,
    sqlite_template,
)
from tests.support.gaps import pytest_runtest_makereport
from tests.support.redmine import redmine
from tests.support.surroundings import smtp_server, valkey, valkey_socket
from tests.support.system import chromium_path
from tests.support.waiting import free_port

# How quickly examples are made says how busy the machine is, not whether a promise holds.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

__all__ = [
    "chromium_path",
    "database",
    "database_url",
    "empty_database_url",
    "free_port",
    "ledger",
    "postgresql",
    "postgresql_template",
    "pytest_runtest_makereport",
    "redmine",
    "smtp_server",
    "sqlite_template",
    "valkey",
    "valkey_socket",
]
