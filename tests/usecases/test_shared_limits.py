"""A limit that a vendor sets our account is one limit, at however many of its targets we write."""

from __future__ import annotations

from dataclasses import replace

from connectors.spi import Rate
from tests.support.house import ROUTES
from tests.usecases.surroundings import OpenHouse, Outside, postmortem, take


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
