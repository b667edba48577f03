"""Over any history of revisions, redeliveries and faults: never more issues than promises, and none lost."""

from __future__ import annotations

import random

import pytest

from service.domain.facts import State
from tests.support.house import House
from tests.usecases.surroundings import Outside, dead_letters, items_of, persist, postmortem, shown, take

FAULTS = ("reset_before", "reset_after", "error_before", "error_after")


def history(chance: random.Random) -> list[dict[str, object]]:
    """Revisions of one postmortem; each promise has an id, so the truth is known."""
    promises = {letter: f"Promise {letter}" for letter in "ABC"}
    made: list[dict[str, object]] = []
    for revision in range(1, 9):
        for letter in list(promises):
            if chance.random() < 0.2:
                del promises[letter]
            elif chance.random() < 0.3:
                promises[letter] = f"Promise {letter} in version {revision}"
        if chance.random() < 0.5:
            letter = chance.choice("ABCDEF")
            promises.setdefault(letter, f"Promise {letter}")
        stated = [{"id": letter, "title": title} for letter, title in promises.items()]
        chance.shuffle(stated)
        made.append(postmortem(revision=revision, items=stated))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_any_history_ends_with_one_issue_a_promise_and_its_last_words(
    house: House, outside: Outside, seed: int
) -> None:
    chance = random.Random(seed)
    outside.sandbox.world.faults.reseed(seed)
    for kind in FAULTS:
        outside.fault(kind, methods=["POST", "PUT"], path="^/issue", probability=0.12, status=502)
    told = history(chance)
    arriving = told + chance.choices(told, k=6)
    # Mostly in order, as senders do; some late, some twice.
    arriving.sort(key=lambda document: int(str(document["revision"])) + chance.uniform(0, 3))
    for number, document in enumerate(arriving):
        take(house, document, key=str(number))
        house.pass_time(seconds=chance.choice([0, 1, 40]))
        if chance.random() < 0.3:
            house.reconcile()
    outside.mend()
    for _ in range(12):
        with house.ledger.begin() as uow:
            for target in uow.targets.all():
                uow.targets.close_circuit(target.name)
            uow.commit()
        persist(house, 1, minutes=3)
        house.reconcile()

    ever = {each["id"] for document in told for each in document["action_items"]}  # type: ignore[attr-defined, index]
    last = {each["id"]: each["title"] for each in told[-1]["action_items"]}  # type: ignore[attr-defined, index]
    known = {each.source_item_id: each for each in items_of(house)}
    assert set(known) <= ever
    assert {letter for letter, each in known.items() if each.state is not State.WITHDRAWN} == set(last)
    issues = shown(house)
    assert len(issues) == len({each.marker for each in items_of(house) if each.issue_id})
    for letter, title in last.items():
        found = known[letter]
        (issue,) = [each for each in issues if f"pm-{found.marker}" in each["labels"]]
        assert issue["title"] == title
        assert len(issue["comments"]) <= 1
    assert dead_letters(house) == []
