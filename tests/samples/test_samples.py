"""Every published sample, sent through the door of a running house with stand-ins behind it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest

from service.ledger import Ledger
from tests.samples import firehydrant, grafana, incidentio, others, pagerduty, rootly, trackers
from tests.samples.frame import FOLDER, NO_DELIVERY, Sample, judge, sent
from tests.support.house import ROUTES, House, open_house
from tests.usecases.surroundings import Outside

OpenHouse = Callable[[], AbstractContextManager[House]]
SOURCES = (firehydrant, grafana, incidentio, pagerduty, rootly)
DOCUMENT = Path(__file__).parents[2] / "docs" / "sources.md"
# Set, it lets the test write the table instead of comparing it.
WRITE = "AFTERACTION_WRITE_DOCS"
NOT_SAMPLES = {"SOURCES.md", "TEST-VECTORS.md"}
HEAD = f"""# What the house makes of what vendors send

Each line is a sample that a vendor publishes of a webhook or of its API. The webhooks are sent, signed, through the
door of a running house, with a stand-in of the vendor's API behind it; what became of each is what the ledger says.
Written by `{WRITE}=1 python -m pytest tests/samples`, and compared by the same test without it.

| vendor | sample | what becomes of it |
|---|---|---|
"""


def every() -> list[Sample]:
    return [*(each for module in SOURCES for each in module.SAMPLES), *trackers.samples(), *others.SAMPLES]


@pytest.fixture
def houses(outside: Outside, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenHouse:
    """Opens a house of its own for a sample, with all sources configured and a sandbox as new."""
    for module in SOURCES:
        for name, value in module.SECRETS.items():
            monkeypatch.setenv(name, value)
    tables = "".join(module.TABLE.replace("{sandbox}", outside.sandbox.url) for module in SOURCES)
    numbers = count()

    @contextmanager
    def opened() -> Iterator[House]:
        outside.reset()
        outside.sandbox.world.reset(["sources"])
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        shutil.copyfile(sqlite_template, folder / "ledger.sqlite")
        ledger = Ledger(f"sqlite:///{folder / 'ledger.sqlite'}")
        try:
            yield open_house(folder, outside.sandbox, ledger, routes=ROUTES + tables)
        finally:
            ledger.close()

    return opened


def test_every_sample_becomes_what_the_table_says(houses: OpenHouse) -> None:
    if not FOLDER.is_dir():
        pytest.skip("the vendors' samples are not at ../shared/payloads beside this checkout")
    rows = []
    for sample in every():
        if sample.becomes == NO_DELIVERY:
            rows.append((sample.vendor, sample.event, sample.why))
            continue
        with houses() as house:
            delivery = sent(house, sample)
            rows.append((sample.vendor, sample.event, judge(house, sample, delivery)))
    table = HEAD + "".join(f"| {' | '.join(row)} |\n" for row in sorted(rows, key=lambda row: row[0].casefold()))
    if os.environ.get(WRITE):
        DOCUMENT.write_text(table, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == table


def test_no_sample_is_left_out() -> None:
    if not FOLDER.is_dir():
        pytest.skip("the vendors' samples are not at ../shared/payloads beside this checkout")
    listed = {sample.file for sample in every()}
    present = {path.name for path in FOLDER.iterdir()} - NOT_SAMPLES
    assert sorted(present - listed) == []
    assert sorted(listed - present) == []
