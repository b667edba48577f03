from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.usecases.surroundings import OpenHouse, house, listening, opened, outside
from tests.workers.running import Processes

__all__ = ["house", "listening", "opened", "outside"]

Run = Callable[[str], Processes]


@pytest.fixture
def run_on(opened: OpenHouse, tmp_path: Path) -> Iterator[Run]:
    """Processes that are rung by the bell at a URL."""
    made: list[Processes] = []

    def on(redis_url: str) -> Processes:
        made.append(Processes(opened(call=10, lease=20), tmp_path, redis_url))
        return made[-1]

    yield on
    for processes in made:
        processes.end()


@pytest.fixture
def processes(run_on: Run, valkey: str) -> Processes:
    return run_on(valkey)
