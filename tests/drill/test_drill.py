"""Processes are killed, answers are lost, and at the end every promise has its one issue."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.ledger import Ledger
from tests.drill.checker import Verdict, judge
from tests.drill.crew import Crew
from tests.drill.run import POINTS, Reaper, disturb, kills_left, name_candidates, settle, submit
from tests.drill.scenario import FULL, QUARTER, Scenario, make
from tests.support.databases import DATABASES, Postgresql, new_postgresql, remove_postgresql

pytestmark = pytest.mark.drill

SIZE = FULL if os.environ.get("AFTERACTION_DRILL_SCALE") == "1" else QUARTER
SEED = int(os.environ.get("AFTERACTION_DRILL_SEED", "7"))
# A fifth of all calls fails: a probe of five calls succeeds one time in three, and waits longer after each failure.
REST_SECONDS = 540.0


@pytest.fixture
def server(database: str) -> Iterator[Postgresql | None]:
    """A PostgreSQL that the drill may kill: its own, and durable."""
    if database == "sqlite":
        yield None
        return
    found = new_postgresql(durable=True)
    yield found
    remove_postgresql(found)


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def running(folder: Path, server: Postgresql | None, **values: object) -> Iterator[Crew]:
    url = f"sqlite:///{folder / 'ledger.sqlite'}" if server is None else server.url(server.new_database())
    crew = Crew(folder, url, **values)  # type: ignore[arg-type]
    try:
        crew.start()
        yield crew
    finally:
        crew.stop()


@pytest.mark.complaint("duplicates are left for people to clean up")
def test_kills_at_every_point_lose_nothing_and_double_nothing(tmp_path: Path, server: Postgresql | None) -> None:
    scenario = make(SIZE, SEED)
    with running(tmp_path, server) as crew:
        disturb(crew, SIZE, SEED)
        reaper = Reaper(crew, SIZE, len(scenario.deliveries), SEED)
        if server is not None:
            reaper.at(len(scenario.deliveries) // 2, "postgresql", lambda: _kill_postgresql(server))

        def on_each() -> None:
            reaper.note_delivery()
            name_candidates(crew)

        submit(crew, scenario, on_each)
        settle(crew, REST_SECONDS, kills=True)
        kills = crew.sandbox("GET", "/_sandbox/kills.json")
        verdict = judge(crew, scenario)
        sys.stderr.write(_report(crew, verdict, kills, reaper))
        assert not verdict.faults
        assert kills_left(crew) == 0, "the drill did not strike as often as it should"
        assert verdict.healed <= sum(kill["signal"] == "SIGSTOP" for kill in kills)


def _kill_postgresql(server: Postgresql) -> None:
    server.stop(signal.SIGKILL)
    server.start()


def _report(crew: Crew, verdict: Verdict, kills: list[dict[str, str]], reaper: Reaper) -> str:
    points = {point: sum(kill["point"] == point and kill["signal"] == "SIGKILL" for kill in kills) for point in POINTS}
    stops = sum(kill["signal"] == "SIGSTOP" for kill in kills)
    starts = {member.name: member.starts for member in crew.members.values()}
    return (
        f"killed {points}, stopped {stops}, others {sorted(reaper.done)}, starts {starts}; "
        f"healed {verdict.healed}, faults {verdict.faults}\n"
    )


def test_without_the_probe_the_same_drill_finds_duplicates(tmp_path: Path) -> None:
    """The drill must be able to fail: what it proves is the probe."""
    scenario = make(QUARTER, SEED)
    worker = [sys.executable, "-m", "tests.drill.worker_without_probe"]
    with running(tmp_path, None, worker=worker) as crew:
        disturb(crew, QUARTER, SEED)
        submit(crew, scenario, lambda: name_candidates(crew))
        settle(crew, REST_SECONDS, kills=True)
        verdict = judge(crew, scenario, mails=False)
    assert verdict.doubled or verdict.healed


def test_a_restored_backup_finds_what_was_made_after_it(tmp_path: Path, server: Postgresql | None) -> None:
    scenario = make(QUARTER, SEED)
    half = len(scenario.deliveries) // 2
    first = Scenario(scenario.deliveries[:half])
    rest = Scenario(scenario.deliveries[half:])
    with running(tmp_path, server) as crew:
        submit(crew, first, lambda: None)
        settle(crew, REST_SECONDS, kills=False)
        backup = _back_up(crew, server)
        submit(crew, rest, lambda: None)
        settle(crew, REST_SECONDS, kills=False)
        crew.stop_house()
        _restore(crew, server, backup)
        crew.run("restored", "--reason", "the drill restored a backup")
        crew.start_house()
        submit(crew, scenario, lambda: None)
        crew.run("resume")
        settle_with_notices(crew)
        verdict = judge(crew, scenario, mails=False)
    assert not verdict.faults
    assert verdict.healed == 0


def settle_with_notices(crew: Crew) -> None:
    """Notices that were due at the restore wait for a person; this one gives them up."""
    ledger = Ledger(crew.database_url)
    with ledger.read() as uow:
        letters = [f"m{message.id}" for message in uow.outbox.dead() if message.error_code == "restored"]
    ledger.close()
    if letters:
        crew.run("dead-letters", "discard", *letters, "--reason", "sent before the restore")
    settle(crew, REST_SECONDS, kills=False)


def _back_up(crew: Crew, server: Postgresql | None) -> str:
    if server is None:
        target = crew.folder / "backup.sqlite"
        with sqlite3.connect(crew.folder / "ledger.sqlite") as source, sqlite3.connect(target) as copy:
            source.backup(copy)
        return str(target)
    # A template may have no sessions: the house stands still for the copy, as it may for a backup.
    crew.stop_house()
    name = crew.database_url.rpartition("/")[2]
    copy_name = server.new_database(name)
    crew.start_house()
    return copy_name


def _restore(crew: Crew, server: Postgresql | None, backup: str) -> None:
    if server is None:
        for suffix in ("", "-wal", "-shm"):
            (crew.folder / f"ledger.sqlite{suffix}").unlink(missing_ok=True)
        (crew.folder / "backup.sqlite").rename(crew.folder / "ledger.sqlite")
        return
    crew.database_url = server.url(backup)
    crew.environment["DATABASE_URL"] = crew.database_url
