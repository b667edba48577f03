"""A house before each of the targets that issues can go to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.spi import Reading
from tests.connectors.trackers.benches import TARGETS, SandboxBench
from tests.support.house import House
from tests.usecases.surroundings import OpenHouse, Outside, items_of, ledger_issues

PLACE = """
[trackers.there]
type = "{vendor}"
api_url = "{url}"
token_env = "BENCH_TOKEN"
quiet_seconds = 0.1
{settings}

[targets.there]
tracker = "there"
place = "{place}"
mode = "live"
"""
ROUTE = '[[routes]]\nname = "there"\ntarget = "there"\ndefault = true\nallow_public = true\n'


@dataclass
class Standing:
    """A house whose items all go to one target. `reopened`: the same after an upgrade, with more in its route."""

    bench: SandboxBench
    house: House
    open_house: OpenHouse
    values: Mapping[str, Any]

    def reopened(self, route: str = "") -> House:
        return self.open_house(**{**self.values, "routes": self.values["routes"] + route})

    def ref(self) -> str:
        (issue,) = ledger_issues(self.house)
        return issue.ref

    def reading(self) -> Reading:
        (found,) = self.bench.tracker.read([self.ref()]).readings
        return found

    def comments(self) -> int:
        (item,) = items_of(self.house)
        return len(self.bench.tracker.comments_with(self.ref(), f"{item.marker}-c"))


@pytest.fixture(params=TARGETS, ids=lambda each: each.__name__.removesuffix("Bench"))
def standing(
    request: pytest.FixtureRequest, outside: Outside, opened: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> Standing:
    target: type[SandboxBench] = request.param
    monkeypatch.setenv("BENCH_TOKEN", target.token)
    monkeypatch.setenv("BENCH_HOOK", "hook secret of the bench")
    settings = "\n".join(f"{name} = {json.dumps(value)}" for name, value in target.settings.items())
    url = f"{outside.sandbox.url}/{target.path}"
    extra = PLACE.format(vendor=target.vendor, url=url, settings=settings, place=target.place.name)
    values = {"extra": extra, "routes": ROUTE}
    return Standing(target(outside.sandbox), opened(**values), opened, values)
