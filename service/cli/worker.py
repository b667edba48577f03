"""`afteraction worker`."""

from __future__ import annotations

import click

from service.cli.errors import house
from service.cli.logs import log_to_stderr


@click.command("worker", epilog="Example: afteraction worker")
def command() -> None:
    """Does what the bell rings for, until SIGTERM; the work at hand is finished first."""
    from workers.worker import run

    log_to_stderr()
    with house() as components:
        run(components)
