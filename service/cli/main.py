"""`afteraction`: the commands. Each is a module of this package; nothing of the house is imported before it runs."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "up": "up",
    "init": "init",
    "check": "check",
    "parse": "parse",
    "preview": "preview",
    "ingest": "ingest",
    "status": "status",
    "dead-letters": "dead_letters",
    "held": "held",
    "webhooks": "webhooks",
    "snooze": "snooze",
    "pause": "pause",
    "reroute": "reroute",
    "resume": "resume",
    "relink": "relink",
    "restored": "restored",
    "web": "web",
    "worker": "worker",
    "clock": "clock",
    "migrate": "migrate",
    "sandbox": "sandbox",
}


class _Commands(click.Group):
    """Loads a command when it is asked for: `parse` should not wait for the trackers' libraries."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        module = COMMANDS.get(name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(f"service.cli.{module}").command
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="afteraction")
def cli() -> None:
    """Makes the action items of finalized postmortems happen: issues exactly once, status back, stalls escalated."""


def main() -> None:
    """The console script. A fault that a person can mend ends in one sentence and exit code 1."""
    cli()
