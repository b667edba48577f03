"""Documents that a person names at the terminal: read, given to the source that is meant, and checked."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.spi import PostmortemDocument, Unreadable
from service.cli.errors import Stop
from service.ledger.inbox import HANDED_IN
from service.wiring import Components

STDIN = "-"
# What the webhooks' door takes.
LARGEST = 5 * 1024 * 1024
VENDORS = {".json": "standard", ".md": "markdown", ".markdown": "markdown"}
TYPES = {"standard": "application/json", "markdown": "text/markdown"}


class Unfit(Exception):
    """A document cannot be taken; the message is what is wrong and the cure."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A readable document with its source. `key` is the same for the same document, whoever submits it again."""

    source: str
    headers: Mapping[str, str]
    body: bytes
    document: PostmortemDocument

    @property
    def key(self) -> str:
        digest = hashlib.sha256(f"{self.document.id}\0".encode() + self.body).hexdigest()
        return f"{HANDED_IN}{digest}"


def submitted(components: Components, file: str, source: str | None, identity: str | None) -> Submitted:
    """Reads one file as its source would read a delivery. Raises Unfit, or Stop where no source is meant."""
    body = _bytes(file)
    name = _source_of(components, file, body, source)
    vendor = components.config.sources[name].vendor
    headers = {"content-type": TYPES.get(vendor, "application/octet-stream"), "user-agent": "afteraction ingest"}
    if identity is not None:
        if vendor == "standard":
            raise Unfit("a JSON document states its own id: leave --id out.")
        headers["x-afteraction-id"] = identity
    elif file != STDIN:
        headers["x-afteraction-path"] = Path(file).as_posix()
        # Where it really lies: a source that looks there by itself must not take it for another document.
        headers["x-afteraction-file"] = os.fsencode(Path(file).resolve()).decode("utf-8", "replace")
    try:
        document = components.sources[name].parse(headers, body)
    except Unreadable as error:
        cure = "Say --id ID, or write `id: …` between two lines of --- at its top."
        raise Unfit(f"{error.sentence} {cure if error.code == 'markdown.no_id' else error.cure}") from error
    if not isinstance(document, PostmortemDocument):
        raise Unfit(f"the source {name} makes no postmortem of it: name another one with --source.")
    return Submitted(name, headers, body, document)


def _bytes(file: str) -> bytes:
    try:
        if file == STDIN:
            body = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(file).open("rb") as stream:
                body = stream.read(LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise Unfit(f"it cannot be read ({reason}): check the path and that you may read the file.") from error
    if len(body) > LARGEST:
        raise Unfit("it is larger than 5 MiB, the most that is taken: send it without what is embedded in it.")
    return body


def _source_of(components: Components, file: str, body: bytes, named: str | None) -> str:
    sources = components.config.sources
    if named is not None:
        if named not in sources:
            known = ", ".join(sources) or "none"
            raise Stop(f"There is no source {named}: configured are {known}.")
        return named
    vendor = VENDORS.get(Path(file).suffix.lower()) or ("standard" if body.lstrip()[:1] == b"{" else "markdown")
    fitting = [name for name, source in sources.items() if source.vendor == vendor]
    if not fitting:
        raise Unfit(f'no source takes it: add one with type = "{vendor}" to afteraction.toml, or name one by --source.')
    if len(fitting) > 1:
        raise Unfit(f"several sources may be meant ({', '.join(fitting)}): say which with --source.")
    return fitting[0]
