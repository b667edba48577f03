"""The Redmine connector at its test bench, before Redmine itself."""

from __future__ import annotations

import itertools
import os

from connectors.conformance.fault_proxy import FaultProxy
from connectors.conformance.proxied import ProxiedBench
from connectors.redmine.mapping import parse_ref
from connectors.spi import Account, Category, Place
from tests.connectors.trackers.benches import make
from tests.support.redmine import BOT_KEY, Redmine

STATUSES = {
    Category.TODO: "New",
    Category.DOING: "In Progress",
    Category.DONE: "Closed",
    Category.DECLINED: "Rejected",
}
_numbers = itertools.count(1)


class RealRedmineBench(ProxiedBench):
    """Each test has a project of its own, made and thrown away by the API."""

    title = "Redmine itself"
    nowhere = Place("none")
    token = BOT_KEY

    def __init__(self, redmine: Redmine, proxy: FaultProxy) -> None:
        super().__init__(proxy)
        self.redmine = redmine
        os.environ["REDMINE_BENCH_KEY"] = BOT_KEY
        table = {"api_url": proxy.url, "token_env": "REDMINE_BENCH_KEY", "quiet_seconds": 0}
        self.tracker = make("redmine", "redmine", table)
        self.hasty = make("redmine", "redmine", {**table, "call_seconds": 1.5})
        self.place = Place(redmine.make_project(f"bench-{next(_numbers)}"))
        self.member = Account(str(redmine.ids["users"]["bot"]))

    def change(self, ref: str, **fields: object) -> None:
        self.redmine.call("PUT", f"/issues/{number(ref)}.json", {"issue": fields})

    def writes(self, ref: str, title: str | None = None, body: str | None = None) -> None:
        self.change(ref, **({"subject": title} if title else {}), **({"description": body} if body else {}))

    def moves(self, ref: str, to: Category) -> None:
        self.change(ref, status_id=self.redmine.ids["statuses"][STATUSES[to]])

    def comments(self, ref: str, text: str) -> None:
        self.change(ref, notes=text)

    def deletes(self, ref: str) -> None:
        self.redmine.call("DELETE", f"/issues/{number(ref)}.json")

    def count(self) -> int:
        path = f"/issues.json?project_id={self.place.name}&status_id=*&limit=1"
        return int(self.redmine.call("GET", path)["total_count"])

    def duplicates(self, ref: str, of: str) -> None:
        relation = {"issue_to_id": number(of), "relation_type": "duplicates"}
        self.redmine.call("POST", f"/issues/{number(ref)}/relations.json", {"relation": relation})
        self.moves(ref, Category.DONE)


def number(ref: str) -> int:
    parsed = parse_ref(ref)
    assert parsed is not None
    return parsed.id
