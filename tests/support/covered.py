"""What the tests of the connectors run of them, by folder; too little of lines or of branches is a failure.

Run by `make coverage` on the report that `coverage json` writes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

FLOOR = 95.0


@dataclass(frozen=True)
class Share:
    """Of so many, so many were run. Nothing at all is run whole."""

    run: int = 0
    all: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.run + other.run, self.all + other.all)

    @property
    def percent(self) -> float:
        return 100.0 * self.run / self.all if self.all else 100.0


@dataclass(frozen=True)
class Row:
    lines: Share = Share()
    branches: Share = Share()

    def __add__(self, other: Row) -> Row:
        return Row(self.lines + other.lines, self.branches + other.branches)

    @property
    def low(self) -> bool:
        return min(self.lines.percent, self.branches.percent) < FLOOR


def rows(report: Mapping[str, Any]) -> dict[str, Row]:
    """By folder of `connectors/`; the modules that stand beside the folders count as one."""
    found: dict[str, Row] = {}
    for path, file in report["files"].items():
        parts = PurePath(path.replace("\\", "/")).parts
        name = "/".join(parts[:2]) if len(parts) > 2 else f"{parts[0]}/*.py"
        told = file["summary"]
        lines = Share(told["covered_lines"], told["num_statements"])
        branches = Share(told["covered_branches"], told["num_branches"])
        found[name] = found.get(name, Row()) + Row(lines, branches)
    return found


def total(each: Iterable[Row]) -> Row:
    return sum(each, Row())


def table(found: Mapping[str, Row]) -> str:
    shown = [("folder", "lines", "branches")]
    ordered = sorted(found.items(), key=lambda pair: min(pair[1].lines.percent, pair[1].branches.percent))
    for name, row in [*ordered, ("all", total(found.values()))]:
        shown.append((name, f"{row.lines.percent:.1f} %", f"{row.branches.percent:.1f} %"))
    return "".join(f"{name:28} {lines:>8} {branches:>9}\n" for name, lines, branches in shown)


def main() -> int:
    found = rows(json.load(sys.stdin))
    sys.stdout.write(table(found))
    if total(found.values()).low:
        sys.stdout.write(f"Less than {FLOOR:.0f} % of the lines or of the branches of connectors/ are run.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
