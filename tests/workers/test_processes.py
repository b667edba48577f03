"""Worker and clock as the processes that they are: stopped in the middle of a call, without a bell, with two clocks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from service.ledger.tables import beats
from tests.support.surroundings import running_valkey
from tests.support.waiting import until
from tests.usecases.surroundings import Outside, items_of, messages, postmortem, shown
from tests.workers.conftest import Run
from tests.workers.running import AFTERACTION, START_SECONDS, Processes
from workers.bell import QUEUE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

CALL_SECONDS = 10.0
NO_BELL = "The bell does not answer"


def asked_to_create(outside: Outside) -> bool:
    return any(method == "POST" and path.endswith("/issue") for method, path, _ in outside._listener.bodies)


def test_a_worker_that_is_stopped_in_the_middle_of_a_call_settles_it_and_leaves_well(
    processes: Processes, outside: Outside
) -> None:
    outside.fault("latency", path="^/issue$", methods=["POST"], seconds=3, next=1)
    worker, clock = processes.start_worker(), processes.start_clock()
    processes.house.submit(postmortem(items=["Add an alert on queue depth", "Write the runbook"]))
    until(lambda: asked_to_create(outside), 30, "the request arrives")
    assert shown(processes.house) == []
    assert worker.stop(CALL_SECONDS) == 0
    first, second = messages(processes.house)
    assert (first.state, second.state, second.attempts) == ("done", "due", 0)
    assert [issue["title"] for issue in shown(processes.house)] == ["Add an alert on queue depth"]
    assert clock.stop(CALL_SECONDS) == 0
    assert "Traceback" not in worker.said + clock.said
    with processes.house.ledger.read() as uow:
        assert uow.instance.workers_alive(processes.house.components.now()) == 0


def test_processes_that_have_nothing_to_do_leave_at_once(processes: Processes) -> None:
    worker, clock = processes.start_worker(), processes.start_clock()
    assert [worker.stop(5), clock.stop(5)] == [0, 0]


def test_a_bell_that_forgets_everything_at_any_time_loses_nothing(processes: Processes, outside: Outside) -> None:
    processes.start_worker()
    processes.start_clock()
    bell = Redis.from_url(processes.redis_url)
    for number in range(8):
        processes.house.submit(postmortem(f"INC-{number}"))

    def done_although_forgotten() -> bool:
        bell.flushall()
        return processes.all_open(8)

    until(done_although_forgotten, 60, "every item has its issue")
    assert (len(shown(processes.house)), outside.creates()) == (8, 8)


def test_two_clocks_have_one_job_a_kind_waiting(processes: Processes) -> None:
    for _ in range(2):
        processes.start_clock()
    processes.house.submit(postmortem())
    queue = Queue(QUEUE, connection=Redis.from_url(processes.redis_url))
    seen: set[str] = set()
    beaten = set()

    def looked_long_enough() -> bool:
        kinds = [job.split("-", 1)[0] for job in queue.get_job_ids()]
        assert len(kinds) == len(set(kinds))
        seen.update(kinds)
        with processes.house.ledger.read() as uow:
            beaten.add(uow.connection.execute(beats.select()).first())
        # Taken away now and then, as a worker does: both clocks see it missing at once.
        queue.empty()  # type: ignore[no-untyped-call]  # RQ annotates only parts
        return len(beaten) > 4

    until(looked_long_enough, 60, "the clocks beat on")
    assert {"absorb", "escalate", "prune"} <= seen


def test_without_a_bell_processes_say_so_in_one_sentence_and_work_once_it_is_there(
    run_on: Run, valkey_socket: Path, outside: Outside
) -> None:
    processes = run_on(f"unix://{valkey_socket}")
    worker, clock = processes.start("worker"), processes.start("clock")
    until(lambda: NO_BELL in worker.said and NO_BELL in clock.said, START_SECONDS, "a sentence about the bell")
    processes.house.submit(postmortem())
    with running_valkey(valkey_socket):
        until(lambda: processes.all_open(1), 30, "the item has its issue")
    said = len(worker.said)
    until(lambda: NO_BELL in worker.said[said:], 30, "the worker finds the bell gone")
    assert [worker.stop(8), clock.stop(8)] == [0, 0]
    for process in (worker, clock):
        assert "Traceback" not in process.said
        assert all("start Redis or Valkey" in line for line in process.said.splitlines() if NO_BELL in line)
    assert clock.said.count(NO_BELL) == 2
    assert len(items_of(processes.house)) == outside.creates() == 1


@pytest.mark.parametrize("name", ["worker", "clock"])
def test_an_address_that_is_none_ends_in_one_sentence(run_on: Run, name: str) -> None:
    environment = run_on("localhost:6379").environment()
    done = subprocess.run(
        [*AFTERACTION, name], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("REDIS_URL is not the address of a Redis or Valkey: write it like redis://")
    assert len(done.stderr.splitlines()) == 1
