"""A migrated ledger for each test, on SQLite and on PostgreSQL. Safe under xdist: each worker has its own server."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.ledger import Ledger
from service.ledger.migrating import upgrade
from tests.support.system import postgresql_bin
from tests.support.waiting import find_free_port, until

DATABASES = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.system)]
TEMPLATE = "afteraction_template"


@dataclass
class Postgresql:
    """A server of our own in a folder of its own. `stop` and `start` may be called by a test that owns it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    durable: bool = False
    names: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def initialise(self) -> None:
        command = ["initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", "postgres", "--no-sync"]
        options = ["--locale=C.UTF-8", "-E", "UTF8"]
        program = str(postgresql_bin() / command[0])
        subprocess.run([program, *command[1:], *options], check=True, stdout=subprocess.DEVNULL, **_unprivileged())

    def start(self) -> None:
        # Durability costs time and is not what these tests are about: a killed server keeps what it wrote.
        quick = [] if self.durable else ["-F", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]
        settings = [*quick, "-c", "max_connections=200"]
        place = ["-D", f"{self.folder}/data", "-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1"]
        self.process = subprocess.Popen(
            [str(postgresql_bin() / "postgres"), *place, *settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_unprivileged(),
        )
        until(self.answers, 30, "PostgreSQL answers")

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def command(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def new_database(self, template: str | None = None) -> str:
        """Creates one, as a copy where a template is given, and returns its name."""
        name = f"test_{next(self.names)}"
        copied = f" template {template} strategy file_copy" if template else ""
        self.command(f"create database {name}{copied}")
        return name

    def drop(self, name: str) -> None:
        self.command(f"drop database {name} with (force)")


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}


def new_postgresql(*, durable: bool = False) -> Postgresql:
    """A running server; whoever asked for it calls `remove_postgresql`. `durable`: it may be killed by the test."""
    folder = Path(tempfile.mkdtemp(prefix="aa-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    server = Postgresql(folder, find_free_port(), durable=durable)
    server.initialise()
    server.start()
    return server


def remove_postgresql(server: Postgresql) -> None:
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """The session's server. Started when the first test asks for it."""
    server = new_postgresql()
    yield server
    remove_postgresql(server)


@pytest.fixture(scope="session")
def postgresql_template(postgresql: Postgresql) -> str:
    """The name of a migrated database to copy."""
    postgresql.command(f"create database {TEMPLATE}")
    _migrate(postgresql.url(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("template") / "ledger.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    with closing(Ledger(url)) as ledger:
        upgrade(ledger)


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: whatever uses this runs on both."""
    return str(request.param)


@pytest.fixture
def empty_database_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    name = server.new_database()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of the test's own: a copy of a template, which is quicker than migrating each."""
    if database == "sqlite":
        path = tmp_path / "ledger.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    name = server.new_database(request.getfixturevalue("postgresql_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A migrated ledger of the test's own, on each database."""
    with closing(Ledger(database_url)) as opened:
        yield opened
