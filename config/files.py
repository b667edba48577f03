"""Reads `afteraction.toml`, what it includes and its people CSVs into entries, each knowing where it stands."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.entries import Entry
from config.faults import Fault, nearest, show
from config.people_csv import read_people

NAMED = ("sources", "trackers", "targets", "channels", "listeners")
NUMBERED = ("routes", "people", "teams", "policies")
_TOP = ("service", "redaction", *NAMED, *NUMBERED, "include", "people_csv")
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_DEEPEST = 30
_TOO_DEEP = "its values are nested too deeply"
_WILD = re.compile(r"[*?\[]")


@dataclass(slots=True)
class Gathered:
    """Everything that was read. `digest` is over the bytes of every file, which never hold a secret.

    `files` are all that were opened, in that order, and `texts` those that are TOML; `partial` names the sections of
    which a part could not be read, so that what seems to be absent may be there.
    """

    sections: dict[str, list[Entry]] = field(default_factory=lambda: {name: [] for name in _TOP})
    faults: list[Fault] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    digest: str = ""


def gather(path: Path) -> Gathered:
    reader = _Reader()
    reader.read(path, str(path), ())
    reader.gathered.digest = reader.hash.hexdigest()
    return reader.gathered


class _Reader:
    def __init__(self) -> None:
        self.gathered = Gathered()
        self.hash = hashlib.sha256()
        self._seen: set[str] = set()

    def read(self, path: Path, shown: str, chain: tuple[str, ...]) -> None:
        self._seen.add(os.path.realpath(path))
        text = self._text(path, shown, main=not chain)
        if text is None:
            self.gathered.partial.update(_TOP)
            return
        try:
            document = tomllib.loads(text)
        except RecursionError:
            self._broken(shown, _TOO_DEEP, None)
        except ValueError as error:
            self._syntax(shown, str(error), text)
        else:
            if _is_deep(document):
                self._broken(shown, _TOO_DEEP, None)
                return
            self.gathered.texts[shown] = text
            self._sections(document, path, shown)
            self._includes(document, path, shown, (*chain, os.path.realpath(path)))
            self._people(document, path, shown)

    def _text(self, path: Path, shown: str, *, main: bool = False) -> str | None:
        self.gathered.files.append(shown)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            cure = (
                "Run `afteraction init` to write one, or set AFTERACTION_CONFIG to the path of yours."
                if main
                else "Write the file, or take it out of what includes it."
            )
            self._fault(shown, "", "nothing", "a file", cure, "file_missing")
            return None
        except OSError as error:
            cure = "Make it a file that the user who runs afteraction may read."
            self._fault(shown, "", error.strerror or "no reason given", "a readable file", cure, "unreadable")
            return None
        self.hash.update(f"{Path(shown).name}\0{len(data)}\0".encode("utf-8", "replace") + data)
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            found = f"byte 0x{data[error.start]:02x} in line {line}"
            self._fault(shown, "", found, "UTF-8 text", "Save the file as UTF-8.", "not_utf8", line)
            return None

    def _syntax(self, shown: str, message: str, text: str) -> None:
        at = _POSITION.search(message)
        said = message[: at.start()] if at else message.split("\n", maxsplit=1)[0]
        said = f"{said[:1].lower()}{said[1:120]}"
        line = int(at[1]) if at and at[1] else text.count("\n") + 1
        where = f"line {line}, column {at[2]}" if at and at[2] else "the end of the file"
        self._broken(shown, f"{said} at {where}", line)

    def _broken(self, shown: str, found: str, line: int | None) -> None:
        cure = "Correct it there; what follows it was not read, so more faults may show then."
        self._fault(shown, "", found, "TOML", cure, "not_toml", line)
        self.gathered.partial.update(_TOP)

    def _sections(self, document: dict[str, Any], path: Path, shown: str) -> None:
        for key, value in document.items():
            if key not in _TOP:
                near = nearest(key, _TOP)
                cure = f"Write {near} if that is what you mean." if near else "Take it out."
                self._fault(shown, key, "an unknown key", ", ".join(_TOP), cure, "unknown_key")
            elif key == "service":
                self._table(key, value, shown, "")
            elif key == "redaction":
                self._table(key, self._with_names(value, path, shown), shown, "")
            elif key in NAMED:
                self._named(key, value, shown)
            elif key in NUMBERED:
                self._numbered(key, value, shown)

    def _table(self, section: str, value: Any, shown: str, name: str) -> None:
        key = f"{section}.{quoted(name)}" if name else section
        if isinstance(value, dict):
            self.gathered.sections[section].append(Entry(shown, key, value, name))
        else:
            self._fault(shown, key, show(value), "a table", f"Write [{key}] and its keys below it.", "not_a_table")
            self.gathered.partial.add(section)

    def _with_names(self, table: Any, path: Path, shown: str) -> Any:
        """The table with the names that its `names_file` lists, one a line, beside its own."""
        if not isinstance(table, dict) or "names_file" not in table:
            return table
        key, listed = "redaction.names_file", table.get("names", [])
        names = list(listed) if isinstance(listed, list) else [listed]
        for _key, found, told in self._matches(key, {key: table["names_file"]}, path, shown):
            text = self._text(found, told) or ""
            names += [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return {**{each: value for each, value in table.items() if each != "names_file"}, "names": names}

    def _named(self, section: str, value: Any, shown: str) -> None:
        if not isinstance(value, dict):
            cure = f"Write [{section}.<name>] for each of the {section}."
            found = show(value) if not isinstance(value, list) else "a list of tables"
            self._fault(shown, section, found, "tables by name", cure, "not_a_table")
            self.gathered.partial.add(section)
            return
        for name, table in value.items():
            self._table(section, table, shown, name)

    def _numbered(self, section: str, value: Any, shown: str) -> None:
        tables = value if isinstance(value, list) else [None]
        for index, table in enumerate(tables):
            if isinstance(table, dict):
                self.gathered.sections[section].append(Entry(shown, f"{section}[{index}]", table))
            else:
                key = f"{section}[{index}]" if isinstance(value, list) else section
                found = show(table if isinstance(value, list) else value)
                cure = f"Write [[{section}]] with two brackets before each of the {section}."
                self._fault(shown, key, found, "a list of tables", cure, "not_a_list")
                self.gathered.partial.add(section)

    def _includes(self, document: dict[str, Any], path: Path, shown: str, chain: tuple[str, ...]) -> None:
        for key, found, told in self._matches("include", document, path, shown):
            real = os.path.realpath(found)
            if real in chain:
                cure = "Take it out of include; a wildcard may match it too, so keep included files in a folder apart."
                wanted = "a file that does not include this one in turn"
                self._fault(shown, key, show(told), wanted, cure, "include_cycle")
            elif real not in self._seen:
                self.read(found, told, chain)

    def _people(self, document: dict[str, Any], path: Path, shown: str) -> None:
        for _key, found, told in self._matches("people_csv", document, path, shown):
            if os.path.realpath(found) in self._seen:
                continue
            self._seen.add(os.path.realpath(found))
            text = self._text(found, told)
            entries, faults = ([], []) if text is None else read_people(text, told)
            self.gathered.sections["people"].extend(entries)
            self.gathered.faults.extend(faults)
            if text is None or faults:
                self.gathered.partial.add("people")

    def _matches(
        self, section: str, document: dict[str, Any], path: Path, shown: str
    ) -> Iterator[tuple[str, Path, str]]:
        """Each file that the patterns name: the key, the path to open, and the path to tell."""
        value = document.get(section, [])
        for index, pattern in enumerate(value if isinstance(value, list) else [value]):
            key = f"{section}[{index}]" if isinstance(value, list) else section
            if not isinstance(pattern, str) or not pattern or not pattern.isprintable():
                example = {"include": "people/*.toml", "people_csv": "people/*.csv"}.get(section, "customers.txt")
                cure = f'Write {section} = ["{example}"], for instance.'
                self._fault(shown, key, show(pattern), "a path or a pattern of paths", cure, "not_a_path")
                continue
            found = glob.glob(str(path.parent / pattern), recursive=True) if _WILD.search(pattern) else [pattern]  # noqa: PTH207 - Path.glob refuses absolute patterns
            if not found:
                cure = "Correct the pattern (it is relative to this file), or take it out."
                self._unmatched(section, shown, key, pattern, "a pattern that matches a file", cure)
            for name in sorted(found):
                target = path.parent / name
                if not target.exists():
                    cure = "Correct the path (it is relative to this file), or write the file."
                    self._unmatched(section, shown, key, pattern, "a file that exists", cure)
                    continue
                yield key, target, os.path.normpath(target)

    def _unmatched(self, section: str, shown: str, key: str, pattern: str, accepted: str, cure: str) -> None:
        self._fault(shown, key, show(pattern), accepted, cure, "include_missing")
        self.gathered.partial.update({"include": _TOP, "people_csv": ("people",)}.get(section, ()))

    def _fault(
        self, shown: str, key: str, found: str, accepted: str, cure: str, code: str, line: int | None = None
    ) -> None:
        self.gathered.faults.append(Fault(shown, key, found, accepted, cure, code, line))


def _is_deep(document: dict[str, Any]) -> bool:
    """Whether values are nested deeper than anybody means, which would exhaust the stack of whoever walks them."""
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        level = [
            inner
            for value in level
            if isinstance(value, (dict, list))
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


def quoted(name: str) -> str:
    """A key as TOML writes it in a path."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else show(name)
