"""`afteraction ingest`."""

from __future__ import annotations

import hashlib

import click

from service.cli.documents import STDIN, Submitted, Unfit, submitted
from service.cli.errors import Stop, house, operator
from service.ledger import UnitOfWork
from service.wiring import Components


@click.command("ingest", epilog="Example: afteraction ingest postmortems/*.md")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--source", help="Name of the source that they come from; needed only where several could be meant.")
@click.option("--id", "identity", help="Id of a Markdown document that states none; else its path is its id.")
@click.pass_context
def command(context: click.Context, files: tuple[str, ...], source: str | None, identity: str | None) -> None:
    """Submits documents as if they had come by webhook; - is standard input. Exit 1 if one could not be taken.

    The same document twice changes nothing; one that changed is a newer revision.
    """
    if identity is not None and len(files) > 1:
        raise Stop("An id is one document's: name one file with --id.")
    refused = 0
    with house() as components:
        for file in files:
            shown = "standard input" if file == STDIN else click.format_filename(file)
            try:
                click.echo(f"{shown}: {_store(components, submitted(components, file, source, identity))}")
            except Unfit as error:
                refused += 1
                click.echo(f"{shown}: {error}", err=True)
    context.exit(1 if refused else 0)


def _key(uow: UnitOfWork, document: Submitted) -> str:
    """The document's own key; behind a change, one that says so: then it is news, though it was handed in before."""
    known = uow.postmortems.find(document.source, document.document.id)
    last = uow.inbox.get(known.delivery_id) if known else None
    if last is None or last.body_digest == hashlib.sha256(document.body).hexdigest():
        return document.key
    return f"{document.key} after {last.id}"


def _store(components: Components, document: Submitted) -> str:
    now = components.now()
    headers = {**document.headers, "x-afteraction-by": operator().name}
    with components.ledger.begin() as uow:
        key = _key(uow, document)
        new = uow.inbox.store(document.source, key, headers, document.body, now)
        if new:
            data = {"key": key, "title": document.document.title}
            subject = ("source", document.source)
            uow.journal.append("delivery.ingested", subject, now, data, operator())
        uow.commit()
    what = f"{document.document.id} ({document.document.status}) for {document.source}"
    return f"stored {what}; a worker reads it next." if new else f"{what} was stored before; nothing changes."
