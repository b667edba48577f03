"""One table of the configuration on its way from the file to the model, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.faults import Fault, show


@dataclass(frozen=True, slots=True)
class Entry:
    """A table as it stands in a file. `key` is its path there; `name` is its own where the path ends with one."""

    file: str
    key: str
    table: Mapping[str, Any]
    name: str = ""
    line: int | None = None

    def fault(self, code: str, leaf: str, found: Any, accepted: str, cure: str) -> Fault:
        """A fault at a key of this table (`leaf` empty: at the table itself). `found` is quoted as `show` does."""
        return Fault(self.file, self.path(leaf), show(found), accepted, cure, code, self.line)

    def path(self, leaf: str) -> str:
        return f"{self.key}.{leaf}" if self.key and leaf else self.key or leaf

    @property
    def place(self) -> str:
        """Where this table stands, for a fault in another one."""
        return f"line {self.line} of {self.file}" if self.line else f"{self.key} in {self.file}"


@dataclass(slots=True)
class Loaded:
    """An entry with those of its values that hold. `written` maps a field to the key that the file used for it."""

    entry: Entry
    data: dict[str, Any]
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.entry.name

    def text(self, key: str) -> str | None:
        value = self.data.get(key)
        return value if isinstance(value, str) else None

    def leaf(self, key: str, index: int | None = None) -> str:
        """The key as the file has it; the index counts only where the file has a list."""
        written = self.written.get(key, key)
        listed = isinstance(self.entry.table.get(written), list)
        return f"{written}[{index}]" if listed and index is not None else written
