"""A worker that sends again after an unknown answer without looking first: the proof that the drill can fail."""

from __future__ import annotations

from typing import Any

from service.cli.main import cli
from service.usecases.effects import open_issue
from service.usecases.effects.work import Work


def _believe_it_is_lost(*_arguments: Any) -> Work:
    return Work(list, lambda _uow, _found, _at: None, probe=True)


open_issue._probe = _believe_it_is_lost

if __name__ == "__main__":
    cli(["worker"])
