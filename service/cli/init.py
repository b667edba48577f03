"""`afteraction init`: a first configuration that holds as soon as its secrets are set."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import click

_CONFIG = "afteraction.toml"
_ENVIRONMENT = ".env.example"


def starter(today: date) -> dict[str, str]:
    """The files that `init` writes, by name."""
    here = files("service.cli.starter")
    config = here.joinpath("afteraction.toml").read_text(encoding="utf-8")
    environment = here.joinpath("env.txt").read_text(encoding="utf-8")
    return {_CONFIG: config.replace("@TODAY@", today.isoformat()), _ENVIRONMENT: environment}


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Write a commented afteraction.toml and .env.example into DIR (default: here); nothing is overwritten.

    \b
    Example: afteraction init ./afteraction
    """
    texts = starter(datetime.now(UTC).date())
    for name in texts:
        if (folder / name).exists():
            raise click.ClickException(
                f"{folder / name} exists already, and nothing was written.\n"
                "  Move it away, or give another folder: afteraction init DIR."
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise click.ClickException(
            f"{folder} cannot be written to: {error.strerror}.\n  Give a folder that you may write to."
        ) from error
    click.echo(
        f"Wrote {folder / _CONFIG} and {folder / _ENVIRONMENT}.\n"
        "Next: put your Jira's address and project into the first, set the secrets that the second lists,\n"
        'then run `afteraction check --online`. Every target holds its issues until you write mode = "live".'
    )
