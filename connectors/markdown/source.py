"""Markdown documents as a source. What they say is read elsewhere; here they get their identity and status."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from posixpath import basename
from typing import Any

from connectors.http import within
from connectors.markdown.hooks import EVENT, MarkdownHook, read_push
from connectors.markdown.mapping import document_of, own_id, text_of
from connectors.markdown.repository import Repository
from connectors.markdown.settings import MarkdownSettings
from connectors.markdown.shelf import Folder, Shelf, as_gone, as_twin, gone, twin
from connectors.payloads import json_object
from connectors.signatures import standard_secret_findings
from connectors.spi import (
    FetchById,
    Finalized,
    Finding,
    Hook,
    Ignored,
    ItemStatus,
    Missing,
    PostmortemDocument,
    Rejected,
    SourceCapabilities,
    Unavailable,
    Unreadable,
)
from connectors.tools import hex_secret_findings

MOST_READ = 20
ID_HEADERS = ("x-afteraction-id", "x-afteraction-path")
FILE_HEADER = "x-afteraction-file"


class MarkdownSource:
    def __init__(self, name: str, settings: MarkdownSettings) -> None:
        self._name = name
        self._settings = settings
        self._shelf = _shelf(name, settings)
        lists = self._shelf is not None
        self.capabilities = SourceCapabilities(
            fetches=lists,
            lists=lists,
            lists_changes=lists,
            call_seconds=settings.call_seconds,
            sweep_seconds=settings.scan_seconds,
        )
        hooked = settings.secrets or settings.push_secrets
        self.hook: Hook | None = MarkdownHook(name, settings) if hooked else None

    def check(self) -> Sequence[Finding]:
        findings = standard_secret_findings("markdown", self._name, self._settings.secrets)
        findings += hex_secret_findings("markdown", self._name, self._settings.push_secrets)
        if self._shelf is not None:
            with within(self._settings.call_seconds):
                findings += self._shelf.check()
        return findings

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        if EVENT in headers:
            return read_push(headers[EVENT], json_object("markdown", body), self._settings)
        name = next((headers[each].strip() for each in ID_HEADERS if headers.get(each)), "")
        if not headers.get(ID_HEADERS[0]):
            name = self._name_below(headers.get(FILE_HEADER, "")) or name
        return document_of(name, text_of(body), self._settings.status)

    def _name_below(self, file: str) -> str | None:
        """The name under which a file of our folder is found there."""
        root = self._settings.directory
        if root is None or not file or not PurePath(file).is_relative_to(root.resolve()):
            return None
        return PurePath(file).relative_to(root.resolve()).as_posix()

    def fetch(self, source_id: str) -> PostmortemDocument:
        if self._shelf is None:
            sentence = f"{self._name}: {source_id} cannot be fetched, because this source only receives documents."
            raise Missing("markdown.no_fetch", sentence, "Send the document again.")
        with within(self._settings.call_seconds):
            if same := as_twin(source_id):
                raise self._repeated(self._shelf, *same)
            left = as_gone(source_id)
            return self._left(self._shelf, *left) if left else self._there(self._shelf, source_id)

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        """Whatever changed since the cursor, which is the list of all documents with a mark of each one's content."""
        if self._shelf is None:
            return None
        before: dict[str, Any] = json.loads(cursor) if cursor else {"version": "", "files": {}, "ids": {}}
        with within(self._settings.call_seconds):
            version, files = self._shelf.files()
            self._refuse_empty(files, before["files"])
            changed = [name for name in files if before["files"].get(name) != files[name]]
            ids = {name: identity for name, identity in before["ids"].items() if name in files}
            twins: dict[str, str] = {}
            if not version:
                ids |= self._own_ids(self._shelf, changed)
                twins = _twins(ids, before["ids"])
                ids = {name: identity for name, identity in ids.items() if name not in twins}
        left = [name for name in before["files"] if name not in files]
        # A folder keeps no old versions: of what has gone only the id is known, and that from before.
        lost = [gone(before["version"], name if version else before["ids"].get(name, name)) for name in left]
        position = json.dumps({"version": version, "files": files, "ids": ids}, separators=(",", ":"))
        named = [twin(twins[name], name) if name in twins else name for name in changed]
        return Finalized((*lost, *named), position)

    def tell(self, status: ItemStatus) -> None:
        sentence = f"{self._name} cannot be told of {status.source_id}, because a document is its authors'."
        raise Rejected("markdown.no_tell", sentence, "Configure an outgoing webhook to be told of item statuses.")

    def _there(self, shelf: Shelf, name: str) -> PostmortemDocument:
        if not self._settings.holds(name):
            sentence = f"{self._name}: {name} is not the name of a document of this source."
            raise Missing("markdown.missing", sentence, "Compare it with `files`, `skip` and `path` of the source.")
        body = shelf.read(name)
        if body is None:
            return PostmortemDocument(id=name, title=name, status="deleted")
        return document_of(name, text_of(body), self._settings.status)

    def _repeated(self, shelf: Shelf, other: str, name: str) -> Unreadable:
        identity = _id_of(shelf.read(name))
        sentence = f"{self._name}: {name} gives itself the id {identity}, which {other} has already."
        return Unreadable("markdown.same_id", sentence, "Give it an id of its own, and it is read.")

    def _left(self, shelf: Shelf, version: str, name: str) -> PostmortemDocument:
        """A document whose file is gone: it may have been moved, if it has an id of its own."""
        identity = name
        if version:
            old = shelf.read(name, version)
            identity = (_id_of(old) if old is not None else None) or name
        elsewhere = self._moved_to(shelf, version, name, identity)
        if elsewhere is not None:
            return self._there(shelf, elsewhere)
        return PostmortemDocument(id=identity, title=identity, status="deleted")

    def _moved_to(self, shelf: Shelf, version: str, name: str, identity: str) -> str | None:
        _, files = shelf.files()
        if name in files and (identity == name or _id_of(shelf.read(name)) == identity):
            return name
        if version and not files:
            self._refuse_empty(files, shelf.files(version)[1])
        if version and identity == name:
            return None
        likely = list(files)
        if version:
            # Over the network every file costs a request: one that was moved is new, or has kept its own name.
            _, before = shelf.files(version)
            likely = [each for each in files if each not in before or basename(each) == basename(name)][:MOST_READ]
        return next((each for each in likely if _id_of(shelf.read(each)) == identity), None)

    def _refuse_empty(self, files: Collection[str], before: Collection[str]) -> None:
        """A place that lost everything at once was not mounted, or moved: then nothing of it is taken for gone."""
        if files or len(before) < 2:
            return
        sentence = f"{self._name}: none of its {len(before)} documents is there any more."
        cure = "Mount or check out the folder, or correct `path`; if all were meant to go, take the source out."
        raise Unavailable("markdown.all_gone", sentence, cure)

    def _own_ids(self, shelf: Shelf, names: Sequence[str]) -> dict[str, str]:
        found = {}
        for name in names:
            # One that cannot be read is told by its own delivery, and keeps no other from being found.
            with contextlib.suppress(Unavailable):
                if identity := _id_of(shelf.read(name)):
                    found[name] = identity
        return found


def _shelf(name: str, settings: MarkdownSettings) -> Shelf | None:
    if settings.directory is not None:
        return Folder(name, settings.directory, settings)
    if settings.repository is not None and settings.token is not None:
        return Repository(name, settings.repository, settings.token, settings)
    return None


def _twins(ids: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Each document whose id is another's, with the other: the one that had it before, else the first by name."""
    owners: dict[str, str] = {}
    for name in sorted(ids, key=lambda each: (before.get(each) != ids[each], each)):
        owners.setdefault(ids[name], name)
    return {name: owners[identity] for name, identity in ids.items() if owners[identity] != name}


def _id_of(body: bytes | None) -> str | None:
    """The id that a document gives itself; what cannot be read gives none."""
    try:
        return own_id(text_of(body)) if body is not None else None
    except Unreadable:
        return None
