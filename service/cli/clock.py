"""`afteraction clock`."""

from __future__ import annotations

import click

from service.cli.errors import house
from service.cli.logs import log_to_stderr


@click.command("clock", epilog="Example: afteraction clock")
def command() -> None:
    """Looks ten times a second at what is due and rings the workers' bell, until SIGTERM."""
    from workers.clock import run

    log_to_stderr()
    with house() as components:
        run(components)
