"""Outgoing webhooks through the running house: what a subscriber's server receives, and what becomes of its answers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from service.usecases.listeners import redeliver
from service.usecases.prune import prune
from service.usecases.steer import UnknownSubject, pause, resume, retry
from service.usecases.survey import survey
from tests.support.house import KEY, House
from tests.support.subscriber import Subscriber, subscribing
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    dead_letters,
    events,
    let_go,
    messages,
    persist,
    postmortem,
    shown,
    take,
)
from tests.usecases.telling import TOOL, Tool
from tests.usecases.test_dispatch_faults import close_circuits, target

OTHER = base64.b64encode(b"another secret of 24 byt").decode()
LISTENER = """
[listeners.wh]
type = "webhook"
url = "{url}/hooks"
secret_env = ["TEST_OUT", "TEST_OUT_OLD"]
allow_networks = ["127.0.0.0/8"]
{more}
"""
ITEM = {"id": "A", "title": "Add an alert"}


@pytest.fixture
def subscriber(monkeypatch: pytest.MonkeyPatch) -> Iterator[Subscriber]:
    monkeypatch.setenv("TEST_OUT", f"whsec_{KEY}")
    with subscribing() as found:
        yield found


def listening(opened: OpenHouse, subscriber: Subscriber, more: str = "", **values: Any) -> House:
    extra = LISTENER.format(url=subscriber.url, more=more) + values.pop("extra", "")
    return opened(extra=extra, **values)


def tries(house: House) -> list[tuple[str, str]]:
    with house.ledger.read() as uow:
        return [(each.answer, each.outcome) for each in reversed(uow.events.tries(None, 100))]


def days(house: House, count: float) -> None:
    """Lets time pass hour by hour, with every circuit closed, so that only the message's own waits count."""
    for _ in range(int(count * 24)):
        close_circuits(house)
        persist(house, 1, hours=1)


def sends(house: House) -> list[Any]:
    return [message for message in messages(house) if message.kind == "send_event"]


def test_a_subscriber_hears_what_happened_signed_and_in_order(
    opened: OpenHouse, subscriber: Subscriber, outside: Outside
) -> None:
    house = listening(opened, subscriber)
    take(house, postmortem(items=[ITEM]))
    outside.next_second(shown(house)[0])
    outside.person(shown(house)[0], status="Done")
    house.pass_time(seconds=61)
    house.reconcile()
    house.work()
    assert subscriber.types() == [
        "postmortem.absorbed", "issue.opened", "item.status_changed", "item.status_changed",
    ]  # fmt: skip
    last = subscriber.taken[-1]
    data = last.document["data"]
    assert (data["state"], data["previous_state"]) == ("done", "open")
    assert (data["item"]["title"], data["issue"]["key"]) == ("Add an alert", shown(house)[0]["key"])
    assert data["postmortem"] | {"url": "", "id": ""} == {
        "source": "incidents", "id": "", "title": "Card payments were refused", "severity": None,
        "visibility": "internal", "url": "",
    }  # fmt: skip
    assert all(each.is_signed_with(KEY) for each in subscriber.taken)
    assert len({each.id for each in subscriber.taken}) == 4
    assert tries(house) == [("204", "Taken.")] * 4


def test_while_a_secret_is_replaced_both_sign(
    opened: OpenHouse, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_OUT_OLD", f"whsec_{OTHER}")
    take(listening(opened, subscriber), postmortem(items=[]))
    assert subscriber.taken[0].is_signed_with(KEY)
    assert subscriber.taken[0].is_signed_with(OTHER)


def test_an_event_is_sent_under_one_id_for_three_days_and_then_a_person_must_look(
    opened: OpenHouse, subscriber: Subscriber
) -> None:
    house = listening(opened, subscriber)
    subscriber.answer(500)
    take(house, postmortem(items=[]))
    days(house, 3)
    assert dead_letters(house) == []
    days(house, 1)
    assert [letter.error_code for letter in dead_letters(house)] == ["webhook.http_500"]
    assert len(subscriber.taken) == 10
    assert len({each.id for each in subscriber.taken}) == 1
    assert len({each.headers["webhook-timestamp"] for each in subscriber.taken}) == 10
    assert {answer for answer, _ in tries(house)} == {"webhook.http_500"}
    days(house, 2)
    assert len(subscriber.taken) == 10


def test_a_dead_letter_that_is_retried_has_three_days_again(opened: OpenHouse, subscriber: Subscriber) -> None:
    house = listening(opened, subscriber)
    subscriber.answer(500)
    take(house, postmortem(items=[]))
    days(house, 4)
    subscriber.answer(500, 204)
    retry(house.components, f"m{dead_letters(house)[0].id}", SOMEBODY, "mended")
    days(house, 1)
    assert (dead_letters(house), tries(house)[-1]) == ([], ("204", "Taken."))


def test_a_subscriber_that_is_gone_is_sent_nothing_more_and_that_is_told(
    opened: OpenHouse, subscriber: Subscriber
) -> None:
    house = listening(opened, subscriber)
    subscriber.answer(410)
    take(house, postmortem(items=["One", "Two"]))
    persist(house, 3, hours=1)
    assert len(subscriber.taken) == 1
    health = next(line for line in survey(house.components).health if line.kind == "listener")
    assert (health.state.value, health.trouble and health.trouble.cure) == ("paused", "afteraction resume wh")
    assert "410" in (health.trouble.sentence if health.trouble else "")
    assert events(house, ("target", "listener:wh")) == ["listener.gone"]
    subscriber.answer(204)
    resume(house.components, "wh", SOMEBODY, "it is back")
    persist(house, 2)
    assert len(subscriber.taken) == 1 + 5


@pytest.mark.parametrize("status", [429, 503])
def test_a_subscriber_that_asks_for_time_gets_it(opened: OpenHouse, subscriber: Subscriber, status: int) -> None:
    house = listening(opened, subscriber)
    subscriber.answer((status, {"Retry-After": "1200"}), 204)
    take(house, postmortem(items=[]))
    for _ in range(3):
        close_circuits(house)
        persist(house, 1, minutes=5)
    assert len(subscriber.taken) == 1
    close_circuits(house)
    persist(house, 2, minutes=6)
    assert len(subscriber.taken) == 2


def test_a_redirect_is_a_failure_and_is_not_followed(opened: OpenHouse, subscriber: Subscriber) -> None:
    house = listening(opened, subscriber)
    with subscribing() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            subscriber.answer((status, {"Location": elsewhere.url}))
            take(house, postmortem(f"INC-{status}", items=[]))
        assert elsewhere.connections == 0
    assert len(subscriber.taken) == 5
    assert tries(house)[0] == ("webhook.http_301", "wh answered 301, a redirect.")


def test_a_subscriber_that_cannot_be_reached_is_logged_and_shown(opened: OpenHouse, subscriber: Subscriber) -> None:
    with subscribing() as gone:
        pass
    house = listening(opened, gone)
    take(house, postmortem(items=[]))
    assert tries(house) == [("webhook.unreachable", "wh: the connection was refused.")]
    health = next(line for line in survey(house.components).health if line.kind == "listener")
    assert (health.state.value, health.later) == ("failing", 1)


def test_an_event_is_sent_once_more_under_its_own_id(opened: OpenHouse, subscriber: Subscriber) -> None:
    house = listening(opened, subscriber)
    take(house, postmortem(items=[]))
    key = subscriber.taken[0].id
    assert redeliver(house.components, key, None, SOMEBODY, "lost over there") == ["wh"]
    house.work()
    assert [each.id for each in subscriber.taken] == [key, key]
    with pytest.raises(UnknownSubject, match="There is no event evt_0"):
        redeliver(house.components, "evt_0", None, SOMEBODY, "a guess")
    with pytest.raises(UnknownSubject, match="the configured ones are wh"):
        redeliver(house.components, key, "nobody", SOMEBODY, "a guess")


def test_only_the_events_that_were_asked_for_are_sent(opened: OpenHouse, subscriber: Subscriber) -> None:
    house = listening(opened, subscriber, more='events = ["issue.opened"]')
    take(house, postmortem(items=[ITEM]))
    assert subscriber.types() == ["issue.opened"]


@pytest.mark.parametrize(
    ("more", "seen"), [("", 0), ('visibility = ["private"]', 3)], ids=["by default", "where it is named"]
)
def test_a_private_postmortem_is_told_only_where_that_is_named(
    opened: OpenHouse, subscriber: Subscriber, more: str, seen: int
) -> None:
    routes = '[[routes]]\nname = "closed"\nvisibility = ["private"]\ntarget = "api"\n'
    house = listening(opened, subscriber, more=more, routes=routes)
    take(house, postmortem(visibility="private", items=[ITEM]))
    assert len(subscriber.taken) == seen


def test_what_became_private_before_it_was_sent_is_withheld(opened: OpenHouse, subscriber: Subscriber) -> None:
    house = listening(opened, subscriber)
    pause(house.components, "wh", SOMEBODY, "a freeze")
    take(house, postmortem(revision=1, items=[ITEM]))
    take(house, postmortem(revision=2, items=[ITEM], visibility="private"))
    resume(house.components, "wh", SOMEBODY, "thawed")
    persist(house, 2)
    assert subscriber.connections == 0
    assert all((message.outcome or "").startswith("Withheld") for message in sends(house))


def test_what_is_older_than_the_go_live_date_is_no_news(opened: OpenHouse, subscriber: Subscriber) -> None:
    house = listening(opened, subscriber, service='go_live_on = "2026-06-01"')
    take(house, postmortem(finalized_at="2026-01-10T09:00:00Z", items=[ITEM]))
    assert subscriber.connections == 0
    let_go(house, code="backlog")
    house.work()
    assert [each.document["data"]["state"] for each in subscriber.taken] == ["open", "open"]


def test_a_revision_that_only_repeats_what_we_told_the_source_is_no_news(
    opened: OpenHouse, subscriber: Subscriber, outside: Outside
) -> None:
    tool = Tool(postmortem(revision=1, items=[ITEM]))
    house = listening(opened, subscriber, extra=TOOL, vendors={"tool": tool.connector()})
    tool.publish(house)
    known = len(subscriber.taken)
    tool.publish(house)
    assert (len(subscriber.taken), len(tool.told)) == (known, 1)


def test_the_log_is_forgotten_with_the_bodies_of_deliveries(opened: OpenHouse, subscriber: Subscriber) -> None:
    house = listening(opened, subscriber)
    take(house, postmortem(items=[]))
    house.pass_time(days=89)
    prune(house.components)
    assert len(tries(house)) == 1
    house.pass_time(days=2)
    prune(house.components)
    assert tries(house) == []
    with pytest.raises(UnknownSubject, match="old ones are forgotten"):
        redeliver(house.components, subscriber.taken[0].id, None, SOMEBODY, "late")


def test_a_listener_without_a_usable_secret_sends_nothing(
    opened: OpenHouse, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = listening(opened, subscriber)
    monkeypatch.delenv("TEST_OUT")
    take(house, postmortem(items=[]))
    assert (subscriber.connections, target(house, "listener:wh").error_code) == (0, "webhook.secret_missing")
    monkeypatch.setenv("TEST_OUT", "whsec_short")
    close_circuits(house)
    persist(house, 2, minutes=6)
    assert (subscriber.connections, target(house, "listener:wh").error_code) == (0, "webhook.secret_invalid")


def test_a_listener_that_is_no_longer_configured_is_sent_nothing(opened: OpenHouse, subscriber: Subscriber) -> None:
    house = listening(opened, subscriber)
    pause(house.components, "wh", SOMEBODY, "a freeze")
    take(house, postmortem(items=[]))
    with house.ledger.begin() as uow:
        uow.targets.pause("listener:wh", None, None)
        uow.commit()
    take(opened(), postmortem("INC-2", items=[]))
    assert [message.outcome for message in sends(house)] == ["The listener wh is no longer configured."]
