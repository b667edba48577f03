"""Every command explains itself with an example."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from service.cli.main import COMMANDS, cli

PUBLISHED = {
    *("up", "init", "check", "parse", "preview", "ingest", "status", "dead-letters", "held", "snooze", "webhooks"),
    *("pause", "relink", "reroute", "resume", "restored", "web", "worker", "clock", "migrate", "sandbox"),
}


def commands(group: click.Group, name: str, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of a command, and those of each command in it."""
    words = (*before, name)
    yield words
    command = group.get_command(click.Context(group), name)
    if isinstance(command, click.Group):
        for each in command.list_commands(click.Context(command)):
            yield from commands(command, each, words)


def test_the_published_commands_are_there() -> None:
    assert set(COMMANDS) == PUBLISHED


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_ends_with_an_example_of_the_command(name: str) -> None:
    for words in commands(cli, name):
        told = CliRunner().invoke(cli, [*words, "--help"])
        assert told.exit_code == 0, told.output
        _, found, example = told.output.partition("Example")
        assert found, words
        assert f"afteraction {name}" in " ".join(example.split()), words


def test_help_needs_no_configuration_and_lists_every_command(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(cli, ["--help"])
    assert told.exit_code == 0
    assert not [name for name in COMMANDS if f"  {name} " not in told.output]
