"""Where documents lie: the contract of a place, and a folder of this machine."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from connectors.markdown.mapping import is_utf8
from connectors.markdown.settings import MarkdownSettings
from connectors.spi import Finding, Unavailable

LARGEST = 2 * 1024 * 1024
NO_FOLDER = "markdown.no_folder"
_GONE = "gone:"
_TWIN = "twin:"


class Shelf(Protocol):
    """A place with documents, each by its name below it. Raises ConnectorErrors."""

    def check(self) -> list[Finding]: ...

    def files(self, version: str = "") -> tuple[str, Mapping[str, str]]:
        """The version of the whole ("" where it keeps none), and each document's name with a mark of its content; as it
        is now, or was in a version.
        """
        ...

    def read(self, name: str, version: str = "") -> bytes | None:
        """The document as it is now, or in a version; None: there is none of that name."""
        ...


def gone(version: str, name: str) -> str:
    """The id by which a document is asked for that was there in a version (or had that id) and is there no more."""
    return f"{_GONE}{version}:{name}"


def as_gone(source_id: str) -> tuple[str, str] | None:
    """Version and name of such an id; None: it is another."""
    if not source_id.startswith(_GONE):
        return None
    version, _, name = source_id.removeprefix(_GONE).partition(":")
    return version, name


def twin(other: str, name: str) -> str:
    """The id by which a document is asked for that gives itself the id of another one, which is there too."""
    return f"{_TWIN}{json.dumps([other, name])}"


def as_twin(source_id: str) -> tuple[str, str] | None:
    """The other's name and its own, of such an id; None: it is another."""
    if not source_id.startswith(_TWIN):
        return None
    other, name = json.loads(source_id.removeprefix(_TWIN))
    return other, name


class Folder:
    """A folder, or the working tree of a checkout. What a link leads out of it is not part of it."""

    def __init__(self, name: str, root: Path, settings: MarkdownSettings) -> None:
        self._name = name
        self._root = root
        self._settings = settings

    def check(self) -> list[Finding]:
        if self._root.is_dir() and os.access(self._root, os.R_OK | os.X_OK):
            return [self._strange(name) for name, _ in self._documents() if not is_utf8(name)]
        sentence = f"{self._name}: the folder {self._root} is not there or may not be read."
        return [Finding(NO_FOLDER, sentence, "Correct `directory`, or give our user the right to read it.")]

    def files(self, version: str = "") -> tuple[str, Mapping[str, str]]:
        _ = version
        for finding in self.check():
            if finding.code == NO_FOLDER:
                # A folder that is not mounted looks empty: then nothing of it is gone.
                raise Unavailable(finding.code, finding.sentence, finding.cure)
        return "", {name: mark for name, mark in self._documents() if is_utf8(name)}

    def _documents(self) -> Iterator[tuple[str, str]]:
        """Each document's name and mark. One that goes meanwhile is gone."""
        for path in sorted(self._root.rglob("*")):
            name = path.relative_to(self._root).as_posix()
            if self._settings.holds(name) and self._inside(path):
                with contextlib.suppress(OSError):
                    stat = path.stat()
                    yield name, f"{stat.st_mtime_ns}-{stat.st_size}"

    def _strange(self, name: str) -> Finding:
        shown = os.fsencode(name).decode("utf-8", "backslashreplace")
        sentence = f"{self._name}: {shown} is not read, because its name is not UTF-8."
        return Finding("markdown.strange_name", sentence, "Rename the file.")

    def read(self, name: str, version: str = "") -> bytes | None:
        _ = version
        path = self._root / name
        if not self._settings.holds(name) or not self._inside(path):
            return None
        try:
            return path.read_bytes()
        except OSError as error:
            sentence = f"{self._name}: {name} cannot be read: {error.strerror}."
            raise Unavailable("markdown.unreadable_file", sentence, "Give our user the right to read it.") from None

    def _inside(self, path: Path) -> bool:
        try:
            real = path.resolve()
            return real.is_file() and real.is_relative_to(self._root.resolve()) and real.stat().st_size <= LARGEST
        except (OSError, ValueError, RuntimeError):
            return False
