"""A place that refuses to be read keeps no other place of its tracker from it, and loses nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.spi import AccessDenied, Category, Changes, Sweep
from service.domain.facts import State
from service.usecases.survey import survey
from service.usecases.sync_health import SyncState
from tests.support.house import House
from tests.usecases.surroundings import OpenHouse, Outside, item, items_of, ledger_issues, postmortem, shown, take
from workers.clock import due_kinds

REFUSING, OTHER = "acme/checkout-web", "acme/payments"
ROUTES = """
[targets.web]
tracker = "github"
place = "acme/checkout-web"
mode = "live"

[[routes]]
name = "api"
services = ["api"]
target = "api"

[[routes]]
name = "web"
services = ["web"]
target = "web"

[[routes]]
name = "default"
target = "pay"
default = true
"""


@pytest.fixture
def house(opened: OpenHouse, outside: Outside) -> Iterator[House]:
    """Two repositories with an issue each, both read."""
    found = opened(routes=ROUTES)
    take(found, postmortem("INC-1", services=["web"], items=["In the refusing one"]))
    take(found, postmortem("INC-2", services=["api"], items=["In the other"]))
    look(found)
    yield found
    let_in(outside)


def look(house: House, **delta: float) -> None:
    house.pass_time(**(delta or {"seconds": 61}))
    house.reconcile()


def refuse(outside: Outside, status: int = 403) -> None:
    """As GitHub does where a session by single sign-on has lapsed: GraphQL leaves such issues out, REST answers 403."""
    outside.repo(REFUSING, hidden_from=(outside.sandbox.world.github.bot().login,))
    outside.fault("error_before", tracker="github", path=REFUSING, status=status)


def let_in(outside: Outside) -> None:
    outside.mend()
    outside.repo(REFUSING, hidden_from=())


def close(house: House, outside: Outside, title: str) -> None:
    (found,) = (each for each in shown(house) if each["title"] == title)
    outside.next_second(found)
    outside.person(found, state="closed", state_reason="completed")


def make_due(house: House) -> None:
    """As webhooks do, for all that we know."""
    with house.ledger.begin() as uow:
        uow.issues.make_due([issue.id for issue in ledger_issues(house)], house.components.now())
        uow.commit()


def troubles(house: House) -> dict[str, tuple[SyncState, str]]:
    found = survey(house.components).health
    return {each.name: (each.trouble.state, each.trouble.code) for each in found if each.trouble is not None}


@pytest.mark.parametrize("status", [403, 500])
def test_the_other_places_are_read_by_webhook_although_one_refuses(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    refuse(outside, status)
    no_feeds(house, monkeypatch)
    close(house, outside, "In the other")
    make_due(house)
    look(house, seconds=1)
    assert item(house, "In the other").state is State.DONE
    assert item(house, "In the refusing one").state is State.OPEN


def no_feeds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is listed as changed, so that what is read is read by ref alone."""

    def nothing(_tracker: object, _feed: object, cursor: str | None, _now: object) -> Changes:
        return Changes((), cursor or "{}")

    monkeypatch.setattr(type(house.components.trackers["github"]), "changes", nothing)


def test_a_sweep_reads_the_other_places_to_its_end_and_takes_nothing_of_the_refusing_one_for_gone(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(outside)
    no_feeds(house, monkeypatch)
    close(house, outside, "In the other")
    look(house, hours=2)
    assert item(house, "In the other").state is State.DONE
    assert item(house, "In the refusing one").state is State.OPEN
    assert [issue for issue in ledger_issues(house) if issue.gone_at or issue.missing_since] == []
    with house.ledger.read() as uow:
        sweep = uow.cursors.get("github", "sweep")
    assert sweep is not None
    assert (sweep.failing_since, sweep.next_at > house.components.now()) == (None, True)


def test_every_feed_of_the_others_is_read_in_the_same_turn(house: House, outside: Outside) -> None:
    refuse(outside)
    for _ in range(5):
        look(house)
        with house.ledger.read() as uow:
            read = uow.cursors.get("github", OTHER)
        assert read is not None
        assert read.ok_at is not None
        assert house.components.now() - read.ok_at < timedelta(seconds=30)


def test_a_refusing_place_is_shown_with_its_reason_and_the_others_as_in_step(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_feeds(house, monkeypatch)
    refuse(outside)
    make_due(house)
    look(house, seconds=1)
    assert troubles(house) == {"web": (SyncState.FAILING, "github.forbidden")}


def test_a_refusing_place_is_asked_again_ever_more_rarely_and_read_once_it_lets_us(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_feeds(house, monkeypatch)
    refuse(outside)
    make_due(house)
    asked = []
    for _ in range(60):
        outside.forget_calls()
        look(house, seconds=10)
        asked.append(outside.calls("github"))
    tries = [at for at, calls in enumerate(asked) if calls]
    assert 3 <= len(tries) <= 8
    assert tries[-1] - tries[-2] >= 2 * (tries[2] - tries[1])
    let_in(outside)
    close(house, outside, "In the refusing one")
    look(house, minutes=6)
    assert item(house, "In the refusing one").state is State.DONE
    assert troubles(house) == {}


def test_a_refusing_place_rings_for_nobody_while_it_is_left_alone(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_feeds(house, monkeypatch)
    refuse(outside)
    make_due(house)
    look(house, seconds=1)
    house.reconcile()
    assert "reconcile" not in due_kinds(house.components)


def test_a_token_that_is_refused_everywhere_is_tried_at_one_place_and_no_other(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_feeds(house, monkeypatch)
    outside.fault("error_before", tracker="github", status=401)
    outside.forget_calls()
    make_due(house)
    look(house, seconds=1)
    assert outside.calls("github") == 1


def test_of_a_duplicate_nothing_is_believed_while_the_place_of_its_survivor_refuses(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_feeds(house, monkeypatch)
    real = type(house.components.trackers["github"]).read
    known = {issue.place: issue for issue in ledger_issues(house)}

    def read(tracker: Any, refs: Sequence[str]) -> Sweep:
        if list(refs) != [known[OTHER].ref]:
            raise AccessDenied("github.forbidden", "Our account may not.", "Let it.")
        (found,) = real(tracker, refs).readings
        status = {"category": Category.DECLINED, "status": "closed (duplicate)"}
        newer = found.updated_at + timedelta(seconds=5)
        return Sweep((replace(found, **status, updated_at=newer, duplicate_of=known[REFUSING].ref),))

    monkeypatch.setattr(type(house.components.trackers["github"]), "read", read)
    make_due(house)
    look(house, seconds=1)
    assert [each.state for each in items_of(house)] == [State.OPEN, State.OPEN]
    assert "other" not in troubles(house)
