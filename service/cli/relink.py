"""`afteraction relink`."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path

import click

from service.cli.errors import Stop, house, operator


@click.command("relink", epilog='Example: afteraction relink --from jira --to cloud --reason "moved to the cloud"')
@click.option("--from", "old", required=True, help="The tracker as it was named until now.")
@click.option("--to", "new", required=True, help="The configured tracker where its issues are now; may be the same.")
@click.option(
    "--map",
    "names",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file: old key, new key or address. For those that neither marker nor key finds.",
)
@click.option("--reason", required=True, help="Kept in the journal.")
@click.option("--json", "as_json", is_flag=True)
def command(old: str, new: str, names: Path | None, reason: str, as_json: bool) -> None:
    """Points the ledger at the issues of a tracker that moved to another site: by marker, then key, then map.

    Creates and writes nothing there, and lists what it did not find. A target that its move froze is resumed by you.
    """
    from connectors.spi import ConnectorError
    from service.usecases.relink import Move, relink
    from service.usecases.steer import UnknownSubject

    with house() as components:
        try:
            report = relink(components, Move(old, new, _read(names)), operator(), reason)
        except UnknownSubject as error:
            raise Stop(str(error)) from error
        except ConnectorError as error:
            raise Stop(f"{error.sentence} {error.cure}".strip()) from error
    if as_json:
        click.echo(json.dumps(asdict(report), indent=2))
        return
    for missed in report.missed:
        click.echo(f"{missed.key}  {missed.url}\n        {missed.why}")
    click.echo(f"{len(report.relinked)} found, {len(report.missed)} missed.")


def _read(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Stop(f"{path} is not a CSV file in UTF-8: {error}.") from error
    for number, row in enumerate(rows, 1):
        if row and len(row) != 2:
            raise Stop(f"{path}, line {number}: {len(row)} columns instead of two; write: old key,new key.")
    return {row[0].strip(): row[1].strip() for row in rows if row}
