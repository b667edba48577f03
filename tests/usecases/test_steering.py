"""What a person decides about dead letters: nothing that was promised is stranded by it."""

from __future__ import annotations

from typing import Any

import pytest

from service.domain.facts import State
from service.usecases.settle import settle_new
from service.usecases.steer import discard, retry
from tests.support.house import House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    dead_letters,
    events,
    item,
    items_of,
    let_go,
    messages,
    postmortem,
    shown,
    take,
)

TITLE = "Add an alert on queue depth"


def refused(house: House, outside: Outside, **values: Any) -> str:
    """The dead letter of an issue that the tracker refused to make."""
    outside.fault("error_before", path="^/issue$", methods=["POST"], status=400)
    take(house, postmortem(revision=1, **values))
    outside.mend()
    (letter,) = dead_letters(house)
    return f"m{letter.id}"


def give_up(house: House, letter: str) -> None:
    discard(house.components, letter, SOMEBODY, "not now")


def test_an_item_whose_issue_was_given_up_is_held_and_says_what_to_do(house: House, outside: Outside) -> None:
    give_up(house, refused(house, outside))
    found = item(house, TITLE)
    assert (found.state, found.attention_code) == (State.HELD, "given_up")
    assert "release it" in (found.attention or "")
    assert "item.held" in events(house, ("item", found.id))


def test_an_item_whose_issue_was_given_up_has_one_once_it_is_released(house: House, outside: Outside) -> None:
    give_up(house, refused(house, outside))
    take(house, postmortem(revision=2, items=[{"title": TITLE, "description": "At 80 %."}]))
    assert shown(house) == []
    (released,) = let_go(house, code="given_up")
    house.work()
    assert released.refused is None
    assert [issue["title"] for issue in shown(house)] == [TITLE]
    assert (item(house, TITLE).state, item(house, TITLE).attention_code) == (State.OPEN, None)


def test_a_link_that_was_given_up_waits_for_a_person_who_may_want_an_issue_of_our_own(
    house: House, outside: Outside
) -> None:
    wrong = house.components.browse_urls["jira"] + "/browse/PAY-999"
    take(house, postmortem(revision=1, items=[{"title": TITLE, "issue_url": wrong}]))
    (letter,) = dead_letters(house)
    give_up(house, f"m{letter.id}")
    assert item(house, TITLE).attention_code == "given_up"
    assert settle_new(house.components, item(house, TITLE).id, SOMEBODY, "the link is wrong") is None
    house.work()
    assert len(shown(house)) == 1


def test_a_letter_that_was_given_up_can_be_neither_given_up_nor_retried_again(house: House, outside: Outside) -> None:
    letter = refused(house, outside)
    give_up(house, letter)
    for decide in (discard, retry):
        with pytest.raises(Exception, match="no dead letter"):
            decide(house.components, letter, SOMEBODY, "again")


def test_what_is_done_by_the_time_its_letter_is_given_up_stays_done(house: House, outside: Outside) -> None:
    letter = refused(house, outside)
    take(house, postmortem(revision=2, items=[{"title": TITLE, "done": True}]))
    give_up(house, letter)
    assert item(house, TITLE).state is State.DONE


def test_what_was_refused_is_asked_for_again_once_a_fact_of_it_changed(house: House, outside: Outside) -> None:
    refused(house, outside)
    take(house, postmortem(revision=2, items=[{"title": TITLE, "description": "At 80 %."}]))
    assert (dead_letters(house), len(shown(house))) == ([], 1)
    assert item(house, TITLE).state is State.OPEN


def test_what_was_refused_is_left_alone_while_no_fact_of_it_changes(house: House, outside: Outside) -> None:
    refused(house, outside)
    take(house, postmortem(revision=2, title="Card payments were declined"))
    assert (len(dead_letters(house)), shown(house)) == (1, [])


def test_an_unknown_answer_is_looked_for_although_its_letter_was_given_up(opened: OpenHouse, outside: Outside) -> None:
    """The request may have been carried out: releasing the item must find that issue and not make a second one."""
    house = opened()
    outside.fault("reset_after", path="^/issue$", methods=["POST"], next=1)
    take(house, postmortem(revision=1))
    assert len(shown(house)) == 1
    (message,) = messages(house)
    assert message.sent_at is not None
    with house.ledger.begin() as uow:
        uow.connection.exec_driver_sql("update outbox set state = 'dead', lease_until = null")
        uow.commit()
    give_up(house, f"m{message.id}")
    let_go(house, code="given_up")
    house.pass_time(minutes=5)
    house.work()
    assert len(shown(house)) == 1
    assert items_of(house)[0].state is State.OPEN
