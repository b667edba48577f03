"""`afteraction parse`: what is read out of documents, for people and for programs."""

import json
from pathlib import Path

import click

from service.reading import Document, ReadItem, read_markdown

EPILOG = "Example: afteraction parse postmortems/*.md --out read/"


@click.command("parse", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; a list where several files are given.")
@click.option(
    "--out", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Write one JSON file per document into DIR."
)
def command(files: tuple[Path, ...], as_json: bool, folder: Path | None) -> None:
    """Show what is read out of postmortem documents. Needs no configuration."""
    read = [(path, read_markdown(_text(path))) for path in files]
    if folder is not None:
        _write(folder, read)
    if as_json:
        facts = [as_facts(document) for _, document in read]
        click.echo(_json(facts[0] if len(facts) == 1 else facts))
    elif folder is None:
        click.echo("\n\n".join(_shown(path, document) for path, document in read))
    else:
        click.echo(f"Wrote {len(read)} {_counted(len(read), 'file')} to {folder}.")


def as_facts(document: Document) -> dict[str, object]:
    """The published JSON form of a document; dates as YYYY-MM-DD."""
    return {
        "title": document.title,
        "incident_date": document.incident_date.isoformat() if document.incident_date else None,
        "time_to_detect_minutes": document.time_to_detect_minutes,
        "time_to_recover_minutes": document.time_to_recover_minutes,
        "action_items": [_item_facts(item) for item in document.action_items],
    }


def _item_facts(item: ReadItem) -> dict[str, object]:
    return {
        "text": item.text,
        "done": item.done,
        "owner": item.owner,
        "due": item.due.isoformat() if item.due else None,
        "priority": item.priority,
        "kind": item.kind,
        "links": list(item.links),
        "section": item.section,
    }


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise click.ClickException(
            f"{path} cannot be read ({reason}); check the path and that you may read the file."
        ) from error


def _write(folder: Path, read: list[tuple[Path, Document]]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, document in read:
            name = path.resolve().parent.name if path.name.lower() == "postmortem.md" else path.stem
            (folder / f"{name}.json").write_text(_json(as_facts(document)) + "\n", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise click.ClickException(
            f"{folder} cannot be written to ({reason}); name a folder that you may write to."
        ) from error


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _shown(path: Path, document: Document) -> str:
    lines = [document.title or path.name]
    stated = (
        ("Incident", document.incident_date),
        ("Severity", document.severity),
        ("Detected after", _minutes(document.time_to_detect_minutes)),
        ("Recovered after", _minutes(document.time_to_recover_minutes)),
    )
    lines += [f"  {label}: {value}" for label, value in stated if value is not None]
    count = len(document.action_items)
    lines += ["", f"  {count} action {_counted(count, 'item')}" if count else "  No action items."]
    lines += [_shown_item(number, item) for number, item in enumerate(document.action_items, 1)]
    lines += [f"  Note: {warning}" for warning in document.warnings]
    return "\n".join(lines)


def _shown_item(number: int, item: ReadItem) -> str:
    state = {True: "done", False: "not done", None: None}[item.done]
    known = [
        state,
        item.priority,
        item.kind,
        f"owner {item.owner}" if item.owner else None,
        f"due {item.due}" if item.due else None,
        *item.links,
        "worth a second look" if item.doubtful else None,
    ]
    facts = ", ".join(word for word in known if word)
    return f"  {number:>3}. {item.text}" + (f"\n       {facts}" if facts else "")


def _minutes(value: float | None) -> str | None:
    return None if value is None else f"{value:g} {_counted(value, 'minute')}"


def _counted(count: float, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
