"""What is done by the clock alone: never lost with a ring, done once however often it is rung for, on any clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NoAnswer
from rq import Queue

from service.ledger import Ledger
from service.wiring import Components, NotReady
from tests.ledger.at import NOW, SECOND, at_once
from tests.support.house import House
from workers import duties
from workers.bell import KINDS, QUEUE, Bell, check_address
from workers.clock import due_kinds
from workers.duties import DUTIES, do_duty


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The duties that were done, in their order; none of them does anything here."""
    found: list[str] = []

    def note(name: str) -> int:
        found.append(name)
        return 1

    monkeypatch.setattr(duties, "DUTIES", {name: lambda _, name=name: note(name) for name in DUTIES})
    return found


def rung(house: House) -> set[str]:
    return set(due_kinds(house.components)) & set(DUTIES)


def test_a_ring_that_reaches_nobody_is_rung_again_at_the_next_look(house: House, done: list[str]) -> None:
    class Away(Redis):
        def execute_command(self, *_args: object, **_options: object) -> None:
            raise NoAnswer("Nobody listens there.")

    first = rung(house)
    with pytest.raises(NoAnswer):
        Bell(Away()).ring(due_kinds(house.components), "1")
    assert first == rung(house) == {"escalate", "prune", "watch", "credentials"}
    assert done == []


def test_a_duty_that_was_rung_for_twice_is_done_once(house: House, done: list[str]) -> None:
    assert [do_duty(house.components, "prune"), do_duty(house.components, "prune")] == [1, 0]
    assert (done, rung(house)) == (["prune"], {"escalate", "watch", "credentials"})


def test_a_duty_is_due_again_after_its_interval(house: House, done: list[str]) -> None:
    do_duty(house.components, "prune")
    house.pass_time(minutes=50)
    assert "prune" not in rung(house)
    house.pass_time(minutes=20)
    assert "prune" in rung(house)
    assert [do_duty(house.components, "prune"), done] == [1, ["prune", "prune"]]


def test_a_duty_is_due_although_its_clock_was_a_day_ahead_when_it_was_last_done(house: House, done: list[str]) -> None:
    house.pass_time(days=1)
    for name in ("escalate", "prune", "watch", "credentials"):
        do_duty(house.components, name)
    house.pass_time(days=-1)
    assert rung(house) == {"escalate", "prune", "watch", "credentials"}
    assert [do_duty(house.components, name) for name in ("escalate", "prune", "watch", "credentials")] == [1, 1, 1, 1]
    assert rung(house) == set()


def test_a_beat_that_is_a_little_ahead_is_another_machines_clock(ledger: Ledger) -> None:
    every = timedelta(minutes=1)
    with ledger.begin() as uow:
        assert uow.instance.due_beat("duty:escalate", every, NOW + SECOND)
        assert not uow.instance.due_beat("duty:escalate", every, NOW)
        assert not uow.instance.beat_is_due("duty:escalate", every, NOW)
        assert uow.instance.beat_is_due("duty:escalate", every, NOW - every)
        assert uow.instance.due_beat("duty:escalate", every, NOW - every)


def test_the_journal_is_sealed_only_where_something_is_unsealed(house: House, done: list[str]) -> None:
    assert "seal" not in rung(house)
    with house.ledger.begin() as uow:
        uow.journal.append("item.stated", ("item", 1), house.components.now())
        uow.commit()
    assert "seal" in rung(house)


def test_two_clocks_that_ring_together_queue_one_job_a_kind(valkey: str) -> None:
    clocks = [Bell(Redis.from_url(valkey)) for _ in range(4)]
    for turn in range(25):

        def ring(number: int, turn: int = turn) -> None:
            clocks[number].ring(KINDS, f"{turn}-{number}")

        at_once(len(clocks), ring)
        waiting = Queue(QUEUE, connection=Redis.from_url(valkey)).get_job_ids()
        assert sorted(job.split("-", 1)[0] for job in waiting) == sorted(KINDS)
        Redis.from_url(valkey).flushall()


def test_a_clock_that_died_while_it_rang_keeps_nobody_from_ringing_for_long(valkey: str) -> None:
    client = Redis.from_url(valkey)
    assert client.lock("afteraction:ringing", timeout=0.2).acquire(blocking=False)
    bell = Bell(client)
    bell.ring(["prune"], "1")
    assert bell.waiting() == set()
    client.delete("afteraction:ringing")
    bell.ring(["prune"], "2")
    assert bell.waiting() == {"prune"}


@pytest.mark.parametrize(
    "address", ["localhost", "http://localhost", "redis://localhost:port/0", "redis://h/0?colour=1"]
)
def test_an_address_that_is_none_is_one_sentence_without_the_address(house: House, address: str) -> None:
    wrong: Components = replace(house.components, redis=lambda: Redis.from_url(address))
    with pytest.raises(NotReady, match="REDIS_URL is not the address of a Redis") as caught:
        check_address(wrong)
    assert address not in str(caught.value)
