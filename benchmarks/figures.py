"""What a benchmark says: figures with how they were measured, and whether a bar holds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`value` is the median of `n` samples unless `how` says otherwise. `bar`: what must hold; None only reports."""

    name: str
    value: float
    unit: str
    how: str
    n: int = 1
    least: float | None = None
    most: float | None = None
    p99: float | None = None
    bar: str | None = None
    holds: bool | None = None

    def document(self) -> dict[str, Any]:
        return asdict(self)


def percentile(samples: Sequence[float], share: float) -> float:
    """The sample below or at which that share of all lie; no value is made up between two."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def figure(name: str, samples: Sequence[float], unit: str, how: str) -> Figure:
    """A reported figure: median, least, most, and the 99th percentile where there are samples enough to speak of it."""
    p99 = percentile(samples, 0.99) if len(samples) >= 50 else None
    return Figure(name, statistics.median(samples), unit, how, len(samples), min(samples), max(samples), p99)


def at_least(found: Figure, bound: float) -> Figure:
    return _barred(found, f">= {bound:g}", found.value >= bound)


def at_most(found: Figure, bound: float, p99: float | None = None) -> Figure:
    """The median is at most `bound`, and the 99th percentile at most `p99` where that is given."""
    if p99 is None:
        return _barred(found, f"<= {bound:g}", found.value <= bound)
    # Below 100 samples the 99th percentile is the slowest of them.
    slowest = found.p99 if found.p99 is not None else found.most
    assert slowest is not None
    return _barred(found, f"<= {bound:g}, p99 <= {p99:g}", found.value <= bound and slowest <= p99)


def _barred(found: Figure, bar: str, holds: bool) -> Figure:
    return Figure(**{**asdict(found), "bar": bar, "holds": holds})


HEADS = ("figure", "median", "unit", "n", "min–max", "p99", "bar", "holds")


def table(figures: Iterable[Figure]) -> str:
    """All figures in columns, and below them how each was measured."""
    found = list(figures)
    rows = [HEADS, *(_cells(each) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = dict.fromkeys(f"{each.name.split(':')[0]}: {each.how}" for each in found)
    return "\n".join([*lines, "", *notes])


def _cells(each: Figure) -> tuple[str, ...]:
    spread = f"{_short(each.least)}–{_short(each.most)}" if each.least is not None else ""
    holds = {True: "yes", False: "NO", None: ""}[each.holds]
    median, p99 = _short(each.value), _short(each.p99)
    return each.name, median, each.unit, str(each.n), spread, p99, each.bar or "", holds


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
