"""A limit that a vendor sets our account is one limit, at however many of its targets we write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.spi import IssueBusy, Rate
from tests.support.house import ROUTES, House
from tests.usecases.surroundings import OpenHouse, Outside, ledger_issues, messages, postmortem, shown, take


def test_a_limit_of_our_whole_account_is_heeded_at_every_target_of_it_and_at_no_other(
    opened: OpenHouse, outside: Outside
) -> None:
    web = '[targets.web]\ntracker = "github"\nplace = "acme/checkout-web"\nmode = "live"\n'
    house = opened(routes=web + ROUTES)
    tracker = house.components.trackers["github"]
    tracker.capabilities = replace(tracker.capabilities, rates=(Rate(1000, 1.0),))
    with house.ledger.begin() as uow:
        for name in ("web", "pay"):
            uow.targets.ensure(name, "tracker")
        uow.commit()
    outside.fault("rate_limited", "github", status=403, retry_after=90, methods=["POST"], next=1)
    take(house, postmortem(services=["api"]))
    with house.ledger.read() as uow:
        clock = uow.clock()
        left = {each.name: (each.open_until or clock) - clock for each in uow.targets.all()}
    assert {name for name, seconds in left.items() if 80 < seconds <= 90} == {"api", "web"}
    assert left["pay"] == 0


def test_a_limit_of_one_issue_lets_what_is_about_others_of_its_target_go_on(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = [{"id": "A", "title": "One"}, {"id": "B", "title": "Two"}]
    take(house, postmortem(revision=1, items=stated))
    busy = ledger_issues(house)[0].ref
    vendor = type(house.components.trackers["jira"])
    real = vendor.comment

    def comment(tracker: Any, ref: str, *said: Any) -> str:
        if ref == busy:
            raise IssueBusy("jira.issue_busy", "It is written too often.", "Nothing to do.", retry_after=90)
        return str(real(tracker, ref, *said))

    monkeypatch.setattr(vendor, "comment", comment)
    take(house, postmortem(revision=2, items=[{**each, "success_metric": "Nobody is paged."} for each in stated]))
    house.work()
    with house.ledger.read() as uow:
        target = uow.targets.get("pay")
    assert target is not None
    assert (target.open_until, target.failing_since) == (None, None)
    (waiting,) = [each for each in messages(house) if each.error_code == "jira.issue_busy"]
    assert (waiting.due_at - house.components.now()).total_seconds() > 60
    monkeypatch.setattr(vendor, "comment", real)
    house.pass_time(seconds=91)
    house.work()
    assert [len(each["comments"]) for each in shown(house)] == [1, 1]
