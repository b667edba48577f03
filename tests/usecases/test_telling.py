"""The tool that an item came from hears how it is doing: the latest, once, and nothing that it said itself."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.spi import AccessDenied, Missing, OutcomeUnknown, Rejected
from service.usecases.steer import pause, resume
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
    persist,
    postmortem,
    shown,
)
from tests.usecases.telling import TOOL, Tool, away, slow_tool
from tests.usecases.test_dispatch_faults import close_circuits, target

TITLE = "Add an alert on queue depth"


@pytest.fixture
def tool() -> Tool:
    return Tool(postmortem(revision=1, items=[{"id": "FU-1", "title": TITLE}]))


@pytest.fixture
def told(opened: OpenHouse, tool: Tool) -> House:
    """A house that has the tool's postmortem, with its issue made and told."""
    house = opened(extra=TOOL, vendors={"tool": tool.connector()})
    tool.publish(house)
    return house


def move(house: House, outside: Outside, status: str) -> None:
    """A person moves the one issue, and the house notices."""
    outside.next_second(shown(house)[0])
    outside.person(shown(house)[0], status=status)
    house.pass_time(seconds=61)
    house.reconcile()
    house.work()


def held_still(house: House) -> dict[str, Any]:
    """Everything that an update would change."""
    return {
        "items": [(each.state, each.changes, each.facts_digest, each.issue_id) for each in items_of(house)],
        "messages": [(each.kind, each.state, each.attempts) for each in messages(house)],
        "issues": shown(house),
    }


def test_the_tool_hears_of_each_status_once_with_the_issue(told: House, tool: Tool, outside: Outside) -> None:
    first = tool.told[0]
    assert (first.source_id, first.source_item_id, first.title) == ("INC-1", "FU-1", TITLE)
    assert (first.issue_key, first.issue_url) == (shown(told)[0]["key"], shown(told)[0]["url"])
    for status in ("In Progress", "Done"):
        move(told, outside, status)
    move(told, outside, "To Do")
    move(told, outside, "Done")
    persist(told, 3, hours=1)
    assert tool.states() == ["open", "doing", "done", "open", "done"]
    assert len({status.key for status in tool.told}) == 5
    assert events(told, ("item", 1)).count("source.told") == 5


def test_what_changes_while_the_tool_is_down_for_a_day_is_told_as_it_is_then(
    told: House, tool: Tool, outside: Outside
) -> None:
    tool.error = away()
    for status in ("In Progress", "Done", "In Progress"):
        move(told, outside, status)
    for _ in range(24):
        close_circuits(told)
        persist(told, 1, hours=1)
    assert (tool.states(), dead_letters(told)) == (["open"], [])
    assert target(told, "source:tool").error_code == "tool.refused"
    tool.error = None
    close_circuits(told)
    persist(told, 2, hours=1)
    assert tool.states() == ["open", "doing"]
    assert target(told, "source:tool").failing_since is None


def test_what_was_told_is_not_told_again_however_often_it_is_asked_for(told: House, tool: Tool) -> None:
    for _ in range(2):
        with told.ledger.begin() as uow:
            uow.outbox.put("tell_source", 1, "source:tool", told.components.now())
            uow.commit()
        told.work()
    assert tool.tries == 1


def test_what_flips_back_before_anybody_could_tell_it_is_no_news(told: House, tool: Tool) -> None:
    for state in ("done", "open"):
        with told.ledger.begin() as uow:
            uow.items.update(1, state=state)
            uow.commit()
    told.work()
    assert tool.states() == ["open"]


def test_a_tool_that_breaks_down_is_spared_by_its_circuit(told: House, tool: Tool, outside: Outside) -> None:
    tool.error = away()
    move(told, outside, "Done")
    persist(told, 12, minutes=2)
    assert tool.tries <= 7


def test_a_telling_whose_answer_was_lost_is_repeated_under_the_same_key(
    told: House, tool: Tool, outside: Outside
) -> None:
    tool.error, tool.heard = OutcomeUnknown("tool.lost", "No answer came.", "Nothing to do."), True
    move(told, outside, "Done")
    tool.error = None
    persist(told, 2, minutes=2)
    assert tool.states() == ["open", "done", "done"]
    assert tool.told[1].key == tool.told[2].key


def test_a_lost_answer_is_not_repeated_once_the_tool_itself_says_done(
    told: House, tool: Tool, outside: Outside
) -> None:
    tool.error, tool.heard = OutcomeUnknown("tool.lost", "No answer came.", "Nothing to do."), True
    move(told, outside, "Done")
    tool.error = None
    tool.publish(told)
    persist(told, 2, minutes=2)
    assert tool.states() == ["open", "done"]


@pytest.mark.parametrize("status", ["In Progress", "Done", "Won't Do"])
def test_the_webhook_that_our_own_telling_caused_changes_nothing(
    told: House, tool: Tool, outside: Outside, status: str
) -> None:
    move(told, outside, status)
    before = held_still(told)
    outside.forget_calls()
    for _ in range(3):
        tool.publish(told)
        persist(told, 1, minutes=5)
    assert held_still(told) == before
    assert outside.changing_calls() == []
    assert len(tool.told) == 2


@pytest.mark.complaint("what is opened again stays closed on the other side")
def test_what_is_reopened_after_the_tool_repeated_our_done_is_told_again(
    told: House, tool: Tool, outside: Outside
) -> None:
    move(told, outside, "Done")
    tool.publish(told)
    move(told, outside, "To Do")
    tool.publish(told)
    move(told, outside, "Done")
    assert tool.states() == ["open", "done", "open", "done"]


def test_what_the_tool_said_was_done_is_not_told_back(opened: OpenHouse) -> None:
    tool = Tool(postmortem(items=[{"id": "FU-1", "title": TITLE, "done": True}]))
    house = opened(extra=TOOL, vendors={"tool": tool.connector()})
    tool.publish(house)
    assert (item(house, TITLE).state.value, tool.told) == ("done", [])


@pytest.mark.parametrize(
    "change",
    [{"action_items": []}, {"status": "deleted"}, {"merged_into": "INC-2"}],
    ids=["dropped", "deleted", "merged"],
)
def test_what_the_tool_withdrew_itself_is_not_told_back(told: House, tool: Tool, change: dict[str, Any]) -> None:
    tool.document |= {**change, "revision": 9}
    tool.publish(told)
    assert item(told, TITLE).state.value == "withdrawn"
    assert tool.states() == ["open"]


def test_an_item_without_an_id_of_the_tools_own_is_left_alone(opened: OpenHouse) -> None:
    tool = Tool(postmortem(items=[TITLE]))
    house = opened(extra=TOOL, vendors={"tool": tool.connector()})
    tool.publish(house)
    assert (len(shown(house)), tool.told, dead_letters(house)) == (1, [], [])


def test_a_source_that_takes_no_news_is_asked_nothing(house: House) -> None:
    house.submit(postmortem(items=[{"id": "A", "title": TITLE}]))
    house.work()
    assert {message.kind for message in messages(house)} == {"open_issue"}


def test_what_is_older_than_the_go_live_date_is_told_only_once_it_is_released(opened: OpenHouse, tool: Tool) -> None:
    tool.document["finalized_at"] = "2026-01-10T09:00:00Z"
    house = opened(extra=TOOL, vendors={"tool": tool.connector()}, service='go_live_on = "2026-06-01"')
    tool.publish(house)
    assert tool.told == []
    let_go(house, code="backlog")
    house.work()
    assert tool.states() == ["open"]


def test_a_pause_holds_the_telling_back_and_says_nothing_twice(told: House, tool: Tool, outside: Outside) -> None:
    pause(told.components, "source:tool", SOMEBODY, "a freeze")
    move(told, outside, "In Progress")
    move(told, outside, "Done")
    assert tool.states() == ["open"]
    resume(told.components, "tool", SOMEBODY, "thawed")
    persist(told, 1)
    assert tool.states() == ["open", "done"]


def test_a_tool_is_told_no_faster_than_it_allows(opened: OpenHouse) -> None:
    tool = Tool(postmortem(items=[{"id": f"FU-{n}", "title": f"Item {n}"} for n in range(3)]), capabilities=slow_tool())
    house = opened(extra=TOOL, vendors={"tool": tool.connector()})
    tool.publish(house)
    persist(house, 3)
    assert len(tool.told) == 1


def test_what_the_tool_has_no_more_is_done_with(told: House, tool: Tool, outside: Outside) -> None:
    tool.error = Missing("tool.gone", "The follow-up is gone.", "Nothing to do.")
    move(told, outside, "Done")
    assert dead_letters(told) == []
    assert [m.outcome for m in messages(told) if m.kind == "tell_source"][-1] == "The follow-up is gone."


def test_what_the_tool_refuses_is_a_dead_letter_and_the_next_status_is_tried_anew(
    told: House, tool: Tool, outside: Outside
) -> None:
    tool.error = Rejected("tool.refused", "The tool does not take this.", "Look at its settings.")
    move(told, outside, "In Progress")
    assert [letter.error_code for letter in dead_letters(told)] == ["tool.refused"]
    tool.error = None
    move(told, outside, "Done")
    assert (tool.states(), dead_letters(told)) == (["open", "done"], [])


def test_a_token_that_the_tool_refuses_is_one_fault_of_the_source(told: House, tool: Tool, outside: Outside) -> None:
    tool.error = AccessDenied("tool.denied", "The token was refused.", "Replace it.")
    move(told, outside, "Done")
    persist(told, 3, minutes=2)
    assert (dead_letters(told), target(told, "source:tool").error_code) == ([], "tool.denied")
    assert tool.tries == 2


def test_a_credential_in_a_title_is_not_told(opened: OpenHouse) -> None:
    tool = Tool(postmortem(items=[{"id": "FU-1", "title": "Rotate AKIAIOSFODNN7EXAMPLE"}]))
    house = opened(extra=TOOL, vendors={"tool": tool.connector()})
    tool.publish(house)
    assert [status.title for status in tool.told] == ["Rotate [redacted: aws key]"]
