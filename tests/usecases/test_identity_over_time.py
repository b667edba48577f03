"""A promise through its revisions in the real ledger: found again, brought back, corrected, merged, dismissed."""

from __future__ import annotations

import random
from typing import Any

import pytest

from connectors.spi import Category
from service.domain.facts import State
from service.usecases.deliveries import absorb_due
from service.usecases.settle import CannotSettle, Correction, correct, settle_dismissed, settle_new, settle_same
from tests.domain.histories import Revision, history
from tests.support.house import House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    dead_letters,
    events,
    item,
    items_of,
    ledger_issues,
    let_go,
    postmortem,
    shown,
    take,
)


def revise(house: House, *revisions: list[Any]) -> None:
    start = 1 + max((int(each.split("-")[1]) for each in _told(house)), default=0)
    for number, items in enumerate(revisions, start):
        take(house, postmortem(revision=number, items=items), key=f"r-{number}")


def _told(house: House) -> list[str]:
    from sqlalchemy import select

    from service.ledger.tables import deliveries

    with house.ledger.read() as uow:
        return [row.key for row in uow.connection.execute(select(deliveries.c.key))]


def states(house: House) -> dict[str, str]:
    return {each.title: each.attention_code or each.state.value for each in items_of(house)}


def close(house: House, outside: Outside, title: str, **change: str) -> None:
    (issue,) = [each for each in shown(house) if each["title"] == title]
    outside.next_second(issue)
    outside.person(issue, **change)
    house.pass_time(minutes=2)
    house.reconcile()


class Reopening:
    """Notes what the tracker is asked to open again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, house: House) -> None:
        self.asked: list[tuple[str, Category]] = []
        vendor = type(house.components.trackers["jira"])
        real = vendor.transition

        def noted(tracker: Any, ref: str, to: Category) -> str:
            self.asked.append((ref, to))
            return real(tracker, ref, to)

        monkeypatch.setattr(vendor, "transition", noted)


def test_a_promise_in_slightly_other_words_keeps_its_issue_and_nobody_is_asked(house: House, outside: Outside) -> None:
    revise(house, ["Add an alert on queue depth", "Test backups"], ["Test the backups", "Queue depth: add alerts"])
    assert outside.creates() == 2
    assert states(house) == {"Queue depth: add alerts": "open", "Test the backups": "open"}
    assert [each.position for each in items_of(house)] == [1, 0]


def test_an_item_that_comes_back_is_the_same_promise_and_its_comment_says_so(house: House, outside: Outside) -> None:
    revise(house, ["One", "Two"], ["Two"], ["Two", "one!"])
    assert outside.creates() == 2
    assert states(house) == {"one!": "open", "Two": "open"}
    (told,) = [each for each in shown(house) if each["comments"]]
    assert len(told["comments"]) == 1
    assert "contains this action again" in told["comments"][0]["body"]
    assert "no longer contains" not in told["comments"][0]["body"]


def test_a_new_item_may_be_one_that_was_withdrawn_before_and_is_asked_about(house: House, outside: Outside) -> None:
    revise(house, ["One", "Two"], ["Two"], ["Two", "Erstens"])
    assert states(house)["Erstens"] == "ambiguous"
    one, _two, first = items_of(house)
    settle_same(house.components, first.id, one.id, SOMEBODY, "translated")
    house.work()
    assert outside.creates() == 2
    assert [each.state for each in items_of(house)] == [State.OPEN, State.OPEN, State.WITHDRAWN]


@pytest.mark.parametrize("before", [False, True], ids=["closed while withdrawn", "closed before"])
@pytest.mark.complaint("what is opened again stays closed on the other side")
def test_an_issue_that_was_declined_because_its_promise_went_is_opened_again_when_it_returns(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    reopening = Reopening(monkeypatch, house)
    revise(house, ["One", "Two"])
    if before:
        close(house, outside, "One", status="Won't Do")
    revise(house, ["Two"])
    if not before:
        close(house, outside, "One", status="Won't Do")
    assert ledger_issues(house)[0].category is Category.DECLINED
    revise(house, ["Two", "One"])
    (found,) = [each for each in items_of(house) if each.title == "One"]
    if before:
        # A person declined it while it was promised: that is not overruled.
        assert (reopening.asked, found.state) == ([], State.DECLINED)
    else:
        assert (reopening.asked, found.state) == ([(ledger_issues(house)[0].ref, Category.TODO)], State.OPEN)
        assert "issue.reopened" in events(house, ("item", found.id))
        assert {issue["title"]: issue["status"] for issue in shown(house)} == {"One": "To Do", "Two": "To Do"}
    assert outside.creates() == 2


def test_an_issue_that_was_done_while_its_promise_was_gone_waits_for_a_person(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    reopening = Reopening(monkeypatch, house)
    revise(house, ["One", "Two"], ["Two"])
    close(house, outside, "One", status="Done")
    revise(house, ["One", "Two"])
    held = item(house, "One")
    assert (held.state, held.attention_code, reopening.asked) == (State.HELD, "closed_meanwhile", [])
    let_go(house, items=(held.id,))
    house.work()
    assert len(reopening.asked) == 1
    house.reconcile()
    assert item(house, "One").state is State.OPEN
    assert {issue["status"] for issue in shown(house)} == {"To Do"}
    assert dead_letters(house) == []


def test_on_github_too_the_own_issue_is_opened_again(house: House, outside: Outside) -> None:
    def told(number: int, *items: str) -> None:
        take(house, postmortem(revision=number, services=["api"], items=list(items)))

    told(1, "One", "Two")
    told(2, "Two")
    close(house, outside, "One", state="closed", state_reason="not_planned")
    told(3, "One", "Two")
    house.pass_time(minutes=2)
    house.reconcile()
    assert item(house, "One").state is State.OPEN
    assert outside.creates() == 2


def test_left_closed_it_is_what_its_issue_says(house: House, outside: Outside) -> None:
    revise(house, ["One", "Two"], ["Two"])
    close(house, outside, "One", status="Done")
    revise(house, ["One", "Two"])
    settle_dismissed(house.components, item(house, "One").id, SOMEBODY, "it was done")
    assert item(house, "One").state is State.DONE
    assert {issue["title"]: issue["status"] for issue in shown(house)} == {"One": "Done", "Two": "To Do"}


def test_an_issue_that_the_team_opens_again_itself_asks_nobody(house: House, outside: Outside) -> None:
    revise(house, ["One", "Two"], ["Two"])
    close(house, outside, "One", status="Done")
    revise(house, ["One", "Two"])
    close(house, outside, "One", status="To Do")
    assert (item(house, "One").state, item(house, "One").attention_code) == (State.OPEN, None)


def test_a_dismissed_item_stays_dismissed_when_it_goes_and_returns(house: House, outside: Outside) -> None:
    revise(house, ["One"], ["One remark", "One"], ["One"])
    revise(house, ["One", "Another"])
    (held,) = [each for each in items_of(house) if each.state is State.HELD]
    settle_dismissed(house.components, held.id, SOMEBODY, "a remark")
    for items in (["One"], ["One", "another."], ["One", "Another"]):
        revise(house, items)
    assert states(house)["Another"] == "declined"
    assert outside.creates() == 2


def test_what_was_held_and_never_decided_is_judged_anew_when_it_returns(house: House, outside: Outside) -> None:
    revise(house, ["One"], ["Erstens"], ["Zweitens"], ["Erstens"])
    assert outside.creates() == 1
    (held,) = [each for each in items_of(house) if each.state is State.HELD]
    assert (held.title, [items_of(house)[0].id]) == ("Erstens", list(held.candidates))


def held_item(house: House, title: str = "Test backups", **values: Any) -> int:
    take(house, postmortem(revision=1, items=[{"title": title, "priority": "p3", **values}]), key="r-1")
    found = item(house, title)
    assert found.state is State.HELD
    return found.id


def test_a_correction_counts_in_the_issue_and_survives_revisions_that_say_the_same(opened: OpenHouse) -> None:
    house = opened(mode="hold")
    number = held_item(house)
    said = Correction(title="Test every backup", owner="dana", due_on="2027-01-15", priority="P1", team="Payments")
    changed = correct(house.components, number, said, SOMEBODY, "asked the author")
    assert changed == ["title", "due_on", "priority", "owner", "team"]
    take(house, postmortem(revision=2, summary="Reviewed.", items=[{"title": "Test backups", "priority": "p3"}]))
    take(house, postmortem(revision=3, items=[{"title": "test the backups", "priority": "p3", "description": "All."}]))
    found = items_of(house)[0]
    assert (found.facts.priority, found.facts.owner, found.owner_person, found.team) == (
        "p1",
        found.facts.owner,
        "dana",
        "payments",
    )
    assert found.facts.description == "All."
    # The document says something else there by now: its word counts again.
    assert found.title == "test the backups"
    assert {"item.corrected", "decision.correct", "item.uncorrected"} <= set(events(house, ("item", number)))
    let_go(house)
    house.work()
    (issue,) = shown(house)
    assert issue["title"] == "test the backups"
    assert "2027-01-15" in str(issue)


def test_a_corrected_title_is_still_found_by_what_the_document_says(opened: OpenHouse, outside: Outside) -> None:
    house = opened(mode="hold")
    number = held_item(house)
    correct(house.components, number, Correction(title="Something clearer"), SOMEBODY, "clearer")
    take(house, postmortem(revision=2, summary="Reviewed.", items=[{"title": "Test backups", "priority": "p3"}]))
    assert [each.title for each in items_of(house)] == ["Something clearer"]
    let_go(house)
    house.work()
    assert [issue["title"] for issue in shown(house)] == ["Something clearer"]


def test_a_team_that_is_corrected_finds_the_route_that_was_missing(opened: OpenHouse) -> None:
    routes = '[[routes]]\nname = "pay"\nteams = ["payments"]\ntarget = "pay"\n'
    house = opened(routes=routes)
    number = held_item(house)
    assert item(house, "Test backups").attention_code == "no_route"
    correct(house.components, number, Correction(team="payments"), SOMEBODY, "theirs")
    house.work()
    assert item(house, "Test backups").state is State.OPEN


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (Correction(), "nothing to correct"),
        (Correction(priority="p3"), "nothing to correct"),
        (Correction(priority="urgent"), "is no priority"),
        (Correction(due_on="soon"), "is no date"),
        (Correction(title=" "), "without words"),
        (Correction(team="x"), "There is no team x"),
    ],
)
def test_what_cannot_be_corrected_is_said(opened: OpenHouse, said: Correction, sentence: str) -> None:
    house = opened(mode="hold")
    number = held_item(house)
    with pytest.raises(CannotSettle, match=sentence):
        correct(house.components, number, said, SOMEBODY, "x")
    assert item(house, "Test backups").stated is None


def test_what_has_an_issue_is_corrected_in_its_tracker(house: House) -> None:
    revise(house, ["One"])
    with pytest.raises(CannotSettle, match="open, not held"):
        correct(house.components, items_of(house)[0].id, Correction(title="Two"), SOMEBODY, "x")


def test_merged_into_one_that_is_stated_too_both_texts_are_one_promise_for_ever(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(mode="hold")
    take(house, postmortem(revision=1, items=["Add an alert", "Alerting must be better"]))
    one, other = items_of(house)
    settle_same(house.components, other.id, one.id, SOMEBODY, "said twice")
    let_go(house)
    house.work()
    assert (outside.creates(), item(house, "Add an alert").state) == (1, State.OPEN)
    take(house, postmortem(revision=2, items=["Add an alert", "Alerting must be better"], summary="Reviewed."))
    take(house, postmortem(revision=3, items=["Alerting must be better"]))
    assert outside.creates() == 1
    assert [(each.title, each.state) for each in items_of(house)] == [
        ("Alerting must be better", State.OPEN),
        ("Alerting must be better", State.WITHDRAWN),
    ]


def test_an_item_is_not_merged_into_one_that_nobody_has_decided(house: House) -> None:
    revise(house, ["One"], ["Erstens", "Zweitens"])
    _one, first, second = items_of(house)
    with pytest.raises(CannotSettle, match="Nobody has said yet"):
        settle_same(house.components, first.id, second.id, SOMEBODY, "x")


def test_doubt_about_what_it_is_does_not_end_the_doubt_whether_it_is_a_promise(house: House) -> None:
    stated = {"id": None, "title": "Perhaps test backups"}
    revise(house, ["One"])
    take(house, postmortem(revision=2, items=[{k: v for k, v in stated.items() if v}]), key="r-2")
    held = item(house, "Perhaps test backups")
    with house.ledger.begin() as uow:
        uow.items.update(held.id, doubt="It may be a remark.")
        uow.commit()
    take(house, postmortem(revision=3, items=["One", "Perhaps test backups"]), key="r-3")
    assert states(house) == {"One": "open", "Perhaps test backups": "open"}


def document(said: Revision, number: int) -> dict[str, Any]:
    items = [{"title": each.text, **({"id": each.source_id} if each.source_id else {})} for each in said]
    return postmortem(revision=number + 1, items=items)


PART = 25


@pytest.mark.parametrize("part", range(4))
def test_in_the_real_ledger_too_there_is_one_issue_a_promise_and_the_same_ledger_after_redelivery(
    opened: OpenHouse, outside: Outside, part: int
) -> None:
    for seed in range(part * PART, (part + 1) * PART):
        outside.reset()
        house = opened(service="creates_per_postmortem = 1000\ncreates_per_hour = 100000")
        told, chance = history(seed, distinct=True), random.Random(seed)
        ever = _tell(house, told, seed, chance)
        with house.ledger.read() as uow:
            mine = _of(house, uow, seed)
        assert len([each for each in mine if each.marker]) == len(ever)
        assert sorted(each.title for each in mine if each.state is not State.WITHDRAWN) == sorted(
            each.text for each in told[-1]
        )
        again = list(range(len(told)))
        chance.shuffle(again)
        for number in again:
            house.submit({**document(told[number], number), "id": f"INC-{seed}"}, key=f"again-{seed}-{number}")
        absorb_due(house.components, lambda: True)
        with house.ledger.read() as uow:
            assert _of(house, uow, seed) == mine


def _of(house: House, uow: Any, seed: int) -> list[Any]:
    from sqlalchemy import select

    from service.ledger.tables import postmortems

    found = uow.connection.execute(select(postmortems.c.id).where(postmortems.c.source_id == f"INC-{seed}")).scalar()
    return list(uow.items.of_postmortem(found)) if found else []


def _tell(house: House, told: list[Revision], seed: int, chance: random.Random) -> set[int]:
    ever: set[int] = set()
    truth: dict[int, int] = {}
    for number, said in enumerate(told):
        ever |= {each.truth for each in said}
        house.submit({**document(said, number), "id": f"INC-{seed}"}, key=f"{seed}-{number}")
        if chance.random() < 0.3:
            house.submit({**document(said, number), "id": f"INC-{seed}"}, key=f"{seed}-{number}-twice")
        absorb_due(house.components, lambda: True)
        _settle(house, seed, said, truth)
        with house.ledger.read() as uow:
            assert len([each for each in _of(house, uow, seed) if each.marker]) <= len(ever)
    return ever


def _settle(house: House, seed: int, said: Revision, truth: dict[int, int]) -> None:
    while True:
        with house.ledger.read() as uow:
            mine = _of(house, uow, seed)
        for each in mine:
            if each.id not in truth:
                truth[each.id] = next(one.truth for one in said if one.text == each.said.title)
        held = [each for each in mine if each.state is State.HELD]
        if not held:
            return
        one = held[0]
        decided = [each for each in mine if not each.candidates and each.same_as is None]
        same = [each.id for each in decided if truth[each.id] == truth[one.id]]
        if same:
            settle_same(house.components, one.id, same[0], SOMEBODY, "as meant")
        else:
            settle_new(house.components, one.id, SOMEBODY, "as meant")
