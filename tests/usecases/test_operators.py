"""Those who run the service are mailed when a token ends, a source falls silent or a listener is gone: each once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.app import create_app
from service.cli.status import as_document, as_text
from service.domain.credentials import DAYS_AHEAD, days_told
from service.ledger.operators import OperatorNotices
from service.usecases.credentials import watch_credentials
from service.usecases.operators import SOURCE_SILENT, TOKEN_ENDS, operator_addresses, tell_operators
from service.usecases.survey import survey
from service.usecases.sweep_sources import watch_silence
from tests.ledger.at import at_once
from tests.support.house import House
from tests.support.subscriber import Subscriber, subscribing
from tests.usecases.surroundings import OpenHouse, Outside, events, messages, persist, postmortem, take

RUTH, SRE = "ruth.bergman@acme.example", "sre@acme.example"
NAMED = f'operators = ["ruth:admin", "dana:viewer", "{SRE}", "somebody"]'
DAY = timedelta(days=1)


class Github:
    """The stand-in's account of ours, whose token ends."""

    def __init__(self, outside: Outside) -> None:
        self._hub = outside.sandbox.world.github
        self._outside = outside
        self._ours = next(each for each in self._hub.users.values() if each.bot)

    def ends(self, at: datetime | None) -> None:
        told = at.strftime("%Y-%m-%d %H:%M:%S UTC") if at else ""
        self._hub.users[self._ours.login.lower()] = replace(self._ours, token_ends=told)

    def restore(self) -> None:
        self._hub.users[self._ours.login.lower()] = self._ours

    def asked(self) -> int:
        return self._outside.routes("github").get("GET /user", 0)


@pytest.fixture
def github(outside: Outside) -> Iterator[Github]:
    found = Github(outside)
    yield found
    found.restore()


@pytest.fixture
def run(opened: OpenHouse) -> House:
    """A house with two operators whom mail reaches, one who may only look, and one whom nobody knows."""
    return opened(service=NAMED)


def whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def watch(house: House) -> int:
    told = watch_credentials(house.components)
    house.work()
    return told


def told(house: House, address: str = RUTH) -> list[str]:
    """The subjects of mails to an operator, in their order."""
    return [mail["subject"] for mail in reversed(house.mails()) if mail["to"] == address]


# When a token ends


def test_operators_are_told_30_7_and_1_days_ahead_and_when_it_has_ended_each_once(
    run: House, github: Github, outside: Outside
) -> None:
    ends = whole(datetime.now(UTC) + 40 * DAY)
    github.ends(ends)
    counts = []
    for _ in range(42 * 2):
        if run.components.now() > ends:
            outside.fault("error_before", "github", status=401)
        counts.append(watch(run))
        run.pass_time(hours=12)
    assert [count for count in counts if count] == [2, 2, 2, 2]
    for address in (RUTH, SRE):
        subjects = told(run, address)
        assert [
            words in subject
            for words, subject in zip((" in 30 days", " in 7 days", " in 2", " ended "), subjects, strict=True)
        ] == [True] * 4
        assert all("The token of github (account afteraction-bot)" in subject for subject in subjects)
    assert len({mail["message_id"] for mail in run.mails()}) == 8
    assert events(run, ("tracker", "github")) == ["credential.read"]


def test_the_mail_says_when_it_ends_what_to_do_and_where_to_look(run: House, github: Github) -> None:
    github.ends(datetime(2031, 3, 9, 12, 30, tzinfo=UTC))
    run.offset = datetime(2031, 3, 3, 12, tzinfo=UTC) - datetime.now(UTC)
    watch(run)
    (mail,) = [mail for mail in run.mails() if mail["to"] == SRE]
    text = " ".join(mail["text"].split())
    assert "ends on 2031-03-09 at 12:30 UTC, in 6 days." in text
    assert "put it into TEST_GITHUB_TOKEN; where TEST_GITHUB_TOKEN_FILE names a file, no restart is needed." in text
    assert "http://127.0.0.1:8000/health-of-sync" in text
    assert events(run, ("operator_notice", 1)) == ["operator.told"]


def test_days_that_nobody_looked_at_are_passed_over(run: House, github: Github) -> None:
    github.ends(datetime.now(UTC) + 40 * DAY)
    assert watch(run) == 0
    run.pass_time(days=37)
    assert [watch(run), watch(run)] == [2, 0]
    run.pass_time(days=2.5)
    assert watch(run) == 2
    assert len(told(run)) == 2


def test_a_token_that_was_replaced_is_told_of_no_more_and_its_successor_begins_anew(run: House, github: Github) -> None:
    now = datetime.now(UTC)
    github.ends(now + 5 * DAY)
    assert watch_credentials(run.components) == 2
    github.ends(now + 100 * DAY)
    # Soon to end, it is asked after at each look, and the mails that wait are of a token that is no more.
    assert watch(run) == 0
    assert (run.mails(), [message.outcome for message in messages(run)]) == ([], ["It is mended."] * 2)
    run.pass_time(days=71)
    assert watch(run) == 2
    assert "in 29 days" in told(run)[0]
    github.ends(now + 100 * DAY + timedelta(seconds=1))
    assert watch(run) == 2, "another token, however alike"


def test_a_tracker_is_asked_once_a_day_and_oftener_while_it_does_not_answer_or_the_end_is_near(
    run: House, github: Github, outside: Outside
) -> None:
    github.ends(None)
    for _ in range(24):
        watch(run)
        run.pass_time(hours=1)
    assert github.asked() == 1
    run.pass_time(hours=1)
    outside.fault("error_before", "github", status=503, next=2)
    for _ in range(3):
        watch(run)
        run.pass_time(hours=1)
    assert github.asked() == 1 + 3
    github.ends(run.components.now() + 20 * DAY)
    run.pass_time(days=1)
    for _ in range(3):
        watch(run)
    assert github.asked() == 1 + 3 + 3
    run.pass_time(days=-300)
    outside.forget_calls()
    github.ends(None)
    watch(run)
    assert github.asked() == 1, "what was asked by a clock that was ahead is asked again"


def test_what_was_known_stays_while_a_tracker_does_not_answer(run: House, github: Github, outside: Outside) -> None:
    github.ends(datetime.now(UTC) + 8 * DAY)
    watch(run)
    outside.fault("error_before", "github", status=401)
    run.pass_time(days=1.5)
    assert watch(run) == 2
    assert "in 6 days" in told(run)[1] or "in 7 days" in told(run)[1]


def test_workers_that_look_at_once_decide_one_mail_an_operator(run: House, github: Github) -> None:
    cause, now = (TOKEN_ENDS, "github", "2031-03-09T12:30:00+00:00 7"), run.components.now()

    def tell(_: int) -> int:
        with run.ledger.begin() as uow:
            count = tell_operators(run.components, uow, cause, now)
            uow.commit()
        return count

    assert sum(at_once(4, tell)) == 2
    assert len(messages(run)) == 2


def test_a_mail_whose_answer_was_lost_is_repeated_with_its_message_id(
    run: House, github: Github, outside: Outside
) -> None:
    github.ends(datetime.now(UTC) + 5 * DAY)
    outside.fault("mail_cut", "smtp", next=1)
    watch_credentials(run.components)
    persist(run)
    ids = [mail["message_id"] for mail in run.mails()]
    assert (len(ids), len(set(ids))) == (3, 2)


def test_whoever_is_named_later_is_told_of_what_lasts_and_whoever_is_no_more_is_not(
    opened: OpenHouse, github: Github
) -> None:
    github.ends(datetime.now(UTC) + 5 * DAY)
    first = opened(service='operators = ["ruth"]')
    watch_credentials(first.components)
    second = opened(service=f'operators = ["{SRE}"]')
    assert watch(second) == 1
    assert (told(second, SRE), told(second, RUTH)) != ([], [])
    assert told(second, RUTH) == []


def test_nobody_is_told_where_nobody_is_named_or_there_is_no_channel(opened: OpenHouse, github: Github) -> None:
    github.ends(datetime.now(UTC) + 5 * DAY)
    house = opened()
    assert operator_addresses(house.components) == []
    assert watch(house) == 0
    mute = opened(service=NAMED)
    components = replace(mute.components, config=replace(mute.components.config, channels={}))
    assert watch_credentials(components) == 0


def test_operators_are_people_of_the_directory_and_addresses_and_not_those_who_only_look(run: House) -> None:
    assert operator_addresses(run.components) == [RUTH, SRE]


def test_pages_terminal_and_metrics_show_when_tokens_end(run: House, github: Github) -> None:
    github.ends(run.components.now() + 90 * DAY)
    watch(run)
    far = survey(run.components)
    assert ([line.soon for line in far.tokens], "token" in as_text(far)) == ([False], False)
    run.pass_time(days=85)
    seen = survey(run.components)
    assert "The token of github (account afteraction-bot) ends on" in as_text(seen)
    (told_to_scripts,) = as_document(seen)["tokens"]
    assert (told_to_scripts["tracker"], told_to_scripts["soon"]) == ("github", True)
    client = create_app(run.components).test_client()
    page = client.get("/health-of-sync").get_data(as_text=True)
    assert "ends on" in page
    assert "TEST_GITHUB_TOKEN_FILE" in page
    assert 'afteraction_token_seconds_left{tracker="github"}' in client.get("/metrics").get_data(as_text=True)


@given(left=st.lists(st.floats(-100, 100), min_size=1))
def test_as_time_passes_each_distance_is_reached_once_and_in_order(left: list[float]) -> None:
    ends = datetime(2031, 1, 1, tzinfo=UTC)
    reached = [days_told(ends, ends - timedelta(days=days)) for days in sorted(left, reverse=True)]
    told = [days for days in dict.fromkeys(reached) if days is not None]
    assert told == sorted(told, reverse=True)
    assert set(told) <= set(DAYS_AHEAD)
    assert all((days is None) == (far > 30) for days, far in zip(reached, sorted(left, reverse=True), strict=True))


# What else needs an operator


def test_a_source_that_falls_silent_is_mailed_once_a_spell(run: House) -> None:
    for number in range(5):
        run.submit(postmortem(f"INC-{number}", items=[]))
        run.pass_time(days=3)
    run.pass_time(days=12)
    for _ in range(3):
        watch_silence(run.components)
        run.work()
    (subject,) = told(run)
    assert "The source incidents announced nothing for 15 days" in subject
    run.submit(postmortem("INC-6", items=[]))
    watch_silence(run.components)
    run.pass_time(days=16)
    watch_silence(run.components)
    run.work()
    assert len(told(run)) == 2


def test_a_source_that_was_heard_before_the_mail_left_is_not_told_of(run: House) -> None:
    run.submit(postmortem(items=[]))
    with run.ledger.begin() as uow:
        tell_operators(
            run.components, uow, (SOURCE_SILENT, "incidents", "2026-01-01T00:00:00+00:00"), run.components.now()
        )
        uow.commit()
    run.work()
    assert run.mails() == []


LISTENER = """
[listeners.wh]
type = "webhook"
url = "{url}"
secret_env = "TEST_INCIDENTS_SECRET"
allow_networks = ["127.0.0.0/8"]
"""


def test_a_listener_that_says_that_it_is_gone_is_mailed_once(opened: OpenHouse) -> None:
    with subscribing() as subscriber:
        house = _listened(opened, subscriber)
        subscriber.answer(410)
        take(house, postmortem(items=["One", "Two"]))
        persist(house, 3, hours=1)
    (subject,) = told(house)
    assert "The listener wh is paused" in subject
    assert "410" in subject
    assert "afteraction resume wh" in house.mails()[0]["text"]


def _listened(opened: OpenHouse, subscriber: Subscriber, **values: Any) -> House:
    return opened(service=NAMED, extra=LISTENER.format(url=subscriber.url), **values)


def test_the_ledger_adds_a_notice_once(run: House) -> None:
    row = {"trouble": "t", "about": "a", "occasion": "o", "address": "x@y.example", "message_id": "<1@x>"}
    with run.ledger.begin() as uow:
        notices: OperatorNotices = uow.operator_notices
        assert notices.add(**row, created_at=run.components.now()) is not None
        assert notices.add(**{**row, "message_id": "<2@x>"}, created_at=run.components.now()) is None
