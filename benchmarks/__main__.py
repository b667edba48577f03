"""`python -m benchmarks`: all benchmarks and one table. `python -m benchmarks accept hanging`: these."""

from __future__ import annotations

import argparse
import json
import platform
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.accept import accept, arrivals
from benchmarks.carrying import hanging, promptness, throughput
from benchmarks.costs import costs, window
from benchmarks.databases import databases
from benchmarks.figures import Figure, table
from benchmarks.plan import Plan
from benchmarks.standing import pages, reconciling, sweeping
from benchmarks.trouble import trouble

Benchmark = Callable[[Plan], Iterator[Figure]]
BENCHMARKS: Mapping[str, Benchmark] = {
    each.__name__: each
    for each in (
        accept,
        trouble,
        promptness,
        throughput,
        hanging,
        arrivals,
        pages,
        sweeping,
        reconciling,
        costs,
        window,
    )
}


def main(arguments: list[str] | None = None) -> int:
    """Runs what is named; 1 if a bar does not hold."""
    summary = "; ".join(f"{name}: {(each.__doc__ or '').splitlines()[0]}" for name, each in BENCHMARKS.items())
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measures the house.", epilog=summary)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--tiny", action="store_true", help="only to see that it works; the figures mean nothing")
    parser.add_argument("--sqlite-only", action="store_true", help="leave PostgreSQL out")
    chosen = parser.parse_args(arguments)
    # A benchmark that is told to stop stops its processes too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures: list[Figure] = []
    with databases(with_postgresql=not chosen.sqlite_only) as found:
        if "postgresql" not in found.kinds:
            print("PostgreSQL is left out: it is not installed, or not wanted.", file=sys.stderr)
        plan = Plan(found, tiny=chosen.tiny)
        for name in chosen.names or BENCHMARKS:
            began = time.monotonic()
            figures += BENCHMARKS[name](plan)
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(f"Python {platform.python_version()}, {platform.machine()}\n\n{table(figures)}")
    if chosen.json is not None:
        chosen.json.write_text(json.dumps([each.document() for each in figures], indent=2) + "\n", encoding="utf-8")
    return 1 if any(each.holds is False for each in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
