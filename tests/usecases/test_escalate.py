"""Who is told of what: one mail a person and working day, decided once, sent as often as the answer was lost."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from service.ledger.notices import Notices
from service.usecases.steer import retry, snooze
from tests.support.house import ROUTES, House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    between,
    dead_letters,
    events,
    item,
    items_of,
    let_go,
    messages,
    persist,
    postmortem,
    shown,
    take,
)

DUE = str(date.today() + timedelta(days=3))  # noqa: DTZ011 - the house counts this day in UTC as well
DANA = "dana.okafor@acme.example"
RUTH = "ruth.bergman@acme.example"
PRIVATE = '[[routes]]\nname = "closed"\nvisibility = ["private"]\ntarget = "pay"\n{more}' + ROUTES


def promised(*titles: str, owner: str = "Dana Okafor", **values: Any) -> list[dict[str, Any]]:
    return [{"id": title, "title": title, "owner": {"name": owner}, "due_on": DUE, **values} for title in titles]


def stalled(house: House, *titles: str, days: int = 5, **values: Any) -> None:
    """Promises that are overdue: their date has passed and nobody moved them."""
    take(house, postmortem(teams=["payments"], items=promised(*(titles or ("Add an alert",))), **values))
    house.reconcile()
    house.pass_time(days=days)


def sweep(house: House) -> int:
    made = house.escalate()
    house.work()
    return made


def to(house: House, address: str) -> list[dict[str, Any]]:
    return [mail for mail in house.mails() if mail["to"] == address]


def everything_in(mail: dict[str, Any]) -> str:
    return f"{mail['subject']} {mail['text']} {mail['html']}"


def test_all_that_is_stalled_for_a_person_comes_in_one_mail_a_day(house: House) -> None:
    stalled(house, *(f"Item {n}" for n in range(7)))
    for _ in range(5):
        sweep(house)
    (mail,) = to(house, DANA)
    assert all(f"Item {n}" in everything_in(mail) for n in range(7))
    assert all(issue["url"] in everything_in(mail) for issue in shown(house))
    assert "/items/1" in mail["html"]


def test_what_stalls_later_on_the_same_day_waits_for_the_next_mail(house: House) -> None:
    stalled(house, "One")
    sweep(house)
    take(house, postmortem("INC-2", items=promised("Two", due_on="2026-01-01")))
    house.reconcile()
    sweep(house)
    assert len(to(house, DANA)) == 1
    house.pass_time(days=1)
    sweep(house)
    assert len(to(house, DANA)) == 2
    assert "Two" in everything_in(to(house, DANA)[0])


@pytest.mark.complaint("one reminder and then silence")
def test_a_step_is_told_once_and_the_lead_comes_after_the_owner(house: House) -> None:
    stalled(house, "One")
    sweep(house)
    assert to(house, RUTH) == []
    for _ in range(14):
        house.pass_time(days=1)
        sweep(house)
    assert len(to(house, RUTH)) == 1
    assert events(house, ("item", 1)).count("step.fired") == len({mail["message_id"] for mail in house.mails()})


@pytest.mark.parametrize("fault", ["mail_cut", "mail_451", "mail_452"])
def test_a_mail_whose_answer_was_lost_is_repeated_with_the_same_message_id(
    house: House, outside: Outside, fault: str
) -> None:
    stalled(house, "One")
    outside.fault(fault, "smtp", next=2)
    house.escalate()
    persist(house, 3, seconds=20)
    mails = to(house, DANA)
    assert len(mails) == (3 if fault == "mail_cut" else 1)
    assert len({mail["message_id"] for mail in mails}) == 1
    assert dead_letters(house) == []


def test_an_item_that_is_done_meanwhile_is_not_named(house: House, outside: Outside) -> None:
    stalled(house, "Done meanwhile", "Still open")
    house.escalate()
    outside.person(next(issue for issue in shown(house) if issue["title"] == "Done meanwhile"), status="Done")
    house.reconcile()
    house.work()
    (mail,) = to(house, DANA)
    assert "Still open" in everything_in(mail)
    assert "Done meanwhile" not in everything_in(mail)


def test_where_everything_is_done_meanwhile_no_mail_is_sent(house: House, outside: Outside) -> None:
    stalled(house, "One")
    house.escalate()
    outside.person(shown(house)[0], status="Done")
    house.reconcile()
    house.work()
    assert house.mails() == []
    assert "Nothing is stalled any more." in {message.outcome for message in messages(house)}


@pytest.mark.complaint("one reminder and then silence")
def test_a_snoozed_item_is_silent_until_its_day(house: House) -> None:
    stalled(house, "One")
    day = (house.components.now() + timedelta(days=3)).date()
    snooze(house.components, item(house, "One").id, day, SOMEBODY, "waits for a part")
    for _ in range(3):
        sweep(house)
        assert house.mails() == []
        house.pass_time(days=1)
    sweep(house)
    assert len(to(house, DANA)) == 1


def test_an_item_snoozed_between_decision_and_sending_is_not_named(house: House) -> None:
    stalled(house, "One")
    house.escalate()
    day = (house.components.now() + timedelta(days=3)).date()
    snooze(house.components, item(house, "One").id, day, SOMEBODY, "waits for a part")
    house.work()
    assert house.mails() == []


@pytest.mark.complaint("reminders that were not sent go unnoticed")
def test_who_left_is_never_told_and_the_lead_gets_the_list(opened: OpenHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house = opened()
    people = house.components.config.people
    monkeypatch.setitem(people, "dana", replace(people["dana"], left=True))  # type: ignore[arg-type]
    stalled(house, "One")
    outside_assignee = item(house, "One").owner_person
    assert outside_assignee == "dana"
    for _ in range(12):
        sweep(house)
        house.pass_time(days=1)
    assert to(house, DANA) == []
    assert len(to(house, RUTH)) >= 1


def test_who_leaves_between_decision_and_sending_is_not_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    stalled(house, "One")
    house.escalate()
    people = house.components.config.people
    monkeypatch.setitem(people, "dana", replace(people["dana"], left=True))  # type: ignore[arg-type]
    house.work()
    assert house.mails() == []


def test_an_item_that_nobody_known_owns_goes_to_the_lead_and_onto_the_list(house: House) -> None:
    take(house, postmortem(teams=["payments"], items=promised("One", owner="A stranger")))
    house.reconcile()
    house.pass_time(days=12)
    for _ in range(4):
        sweep(house)
        house.pass_time(days=1)
    assert len(to(house, RUTH)) >= 1
    assert item(house, "One").attention_code in ("no_owner", "unknown_owner")
    assert "assign" in (item(house, "One").attention or "").lower()


def test_a_private_item_is_named_by_its_key_alone(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=PRIVATE.format(more=""))
    stalled(house, "Rotate the root key", visibility="private", title="Breach of the vault")
    outside.sandbox.world.stats.clear()
    sweep(house)
    (mail,) = to(house, DANA)
    assert shown(house)[0]["key"] in everything_in(mail)
    assert "root key" not in everything_in(mail)
    assert "vault" not in everything_in(mail)
    raw = outside.sandbox.world.mailbox.newest_first()[0].raw
    assert base64.b64encode(b"Rotate the root key")[:20].decode() not in raw


def test_a_private_item_is_named_to_whom_the_route_lists(opened: OpenHouse) -> None:
    house = opened(routes=PRIVATE.format(more='readers = ["dana"]\n'))
    stalled(house, "Rotate the root key", visibility="private")
    sweep(house)
    assert "Rotate the root key" in everything_in(to(house, DANA)[0])


def test_a_credential_in_a_title_is_in_no_mail(house: House) -> None:
    stalled(house, "Rotate ghp_16C7e42F292c6912E7710c838347Ae178B4a")
    sweep(house)
    assert "ghp_16C7e42F292c6912E7710c838347Ae178B4a" not in everything_in(to(house, DANA)[0])


def test_the_backlog_is_mute_until_it_is_released(opened: OpenHouse) -> None:
    house = opened(service='go_live_on = "2026-06-01"')
    take(house, postmortem("INC-1", finalized_at="2026-01-10T09:00:00Z", items=promised("Old", due_on="2026-02-01")))
    house.pass_time(days=3)
    assert sweep(house) == 0
    let_go(house, code="backlog")
    house.work()
    house.reconcile()
    sweep(house)
    assert len(to(house, DANA)) == 1


def test_an_import_of_old_promises_enters_at_the_first_step_and_is_no_storm(house: House) -> None:
    for number in range(15):
        stated = promised(f"Old {number}", due_on="2025-01-10", priority="p0")
        take(house, postmortem(f"INC-{number}", finalized_at="2025-01-01T00:00:00Z", items=stated))
    house.reconcile()
    house.pass_time(minutes=5)
    sweep(house)
    assert [mail["to"] for mail in house.mails()] == [DANA]


@pytest.mark.complaint("reminders that were not sent go unnoticed")
def test_a_server_that_refuses_for_good_is_a_dead_letter_that_may_be_retried(house: House, outside: Outside) -> None:
    stalled(house, "One")
    outside.fault("mail_550", "smtp", path="dana")
    sweep(house)
    persist(house, 3, minutes=15)
    (letter,) = dead_letters(house)
    assert letter.kind == "send_notice"
    assert "dana.okafor@acme.example" in (letter.error or "")
    assert letter.cure
    outside.mend()
    retry(house.components, f"m{letter.id}", SOMEBODY, "the address was mended")
    persist(house, 2)
    assert len(to(house, DANA)) == 1


def test_two_sweeps_at_once_decide_a_notice_once(house: House) -> None:
    stalled(house, "One")
    with ThreadPoolExecutor(4) as pool:
        made = sum(pool.map(lambda _: house.escalate(), range(4)))
    house.work()
    assert (made, len(to(house, DANA))) == (1, 1)
    assert events(house, ("item", 1)).count("stall.began") == 1


def test_a_withdrawn_or_held_item_is_nobodys_stall(opened: OpenHouse) -> None:
    house = opened(mode="hold")
    stalled(house, "Held", days=40)
    assert sweep(house) == 0
    assert items_of(house)[0].attention_code == "hold"


def test_a_person_who_moves_the_date_is_left_in_peace_until_then(house: House, outside: Outside) -> None:
    stalled(house, "One")
    later = (house.components.now() + timedelta(days=8)).date()
    outside.person(shown(house)[0], due=str(later))
    house.reconcile()
    assert sweep(house) == 0
    house.pass_time(days=9)
    house.reconcile()
    sweep(house)
    assert len(to(house, DANA)) == 1


@pytest.mark.system
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_sweep_that_begins_while_another_decides_begins_no_stall_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalled(house, "One")
    with ThreadPoolExecutor(1) as pool:

        def another() -> None:
            wait([pool.submit(house.escalate)], timeout=2)  # it may have to wait for the first to end

        with between(monkeypatch, Notices, "stalls_of", another):
            house.escalate()
    house.work()
    assert events(house, ("item", 1)).count("stall.began") == 1
    house.pass_time(days=1)
    sweep(house)
    assert len(to(house, DANA)) == 1
