"""Over ten thousand histories whose author knows which promise is which: never an issue too many, never one too few."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest

from service.domain.identity import normal_text
from service.domain.matching import Known, Stated
from service.domain.revising import earlier_texts, revise, settle
from tests.domain.histories import Revision, history, interchangeable

SEQUENCES = 10_000


@dataclass
class Ledger:
    """The rules alone, without a database: items, who has an issue, and what the author meant by each."""

    told: list[Revision]
    items: dict[int, Known] = field(default_factory=dict)
    truth: dict[int, int] = field(default_factory=dict)
    issues: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._same = interchangeable(self.told)

    @property
    def held(self) -> list[int]:
        return [old.id for old in self.items.values() if old.active and old.candidates]

    def absorb(self, said: Revision) -> None:
        stated = [Stated(index, each.source_id, each.text) for index, each in enumerate(said)]
        made = revise(list(self.items.values()), stated)
        for number, index in made.restated:
            self._mean(number, said[index].truth)
            old, new = self.items[number], said[index]
            self.items[number] = replace(
                old,
                title=new.text,
                source_item_id=new.source_id or old.source_item_id,
                earlier=earlier_texts(old.earlier, old.title, new.text),
                active=True,
            )
        for number in made.withdrawn:
            self.items[number] = replace(self.items[number], active=False)
        self._leave(made.doubts)
        for index, candidates in made.added.items():
            new, number = said[index], len(self.items) + 1
            self.items[number] = Known(number, new.source_id, new.text, candidates=candidates)
            self.truth[number] = new.truth
            if not candidates:
                self.issues.add(number)

    def settle(self, number: int) -> None:
        """As a person would who knows what the author meant."""
        item, means = self.items[number], self.truth[number]
        kept = next((other for other in self.decided() if self.truth[other] == means), None)
        made = settle(item, kept, list(self.items.values()))
        self.items[number] = replace(item, candidates=())
        if kept is None:
            self.issues.add(number)
        else:
            assert kept in item.candidates, "the right answer was not among those offered"
            other = self.items[kept]
            self.items[kept] = replace(
                other,
                title=item.title,
                source_item_id=other.source_item_id or item.source_item_id,
                earlier=earlier_texts(other.earlier, other.title, item.title),
                active=True,
            )
            self.items[number] = replace(self.items[number], active=False, same_as=kept)
        self._leave(made.doubts)
        for gone in made.withdrawn:
            self.items[gone] = replace(self.items[gone], active=False)

    def settle_all(self, chance: random.Random) -> None:
        while self.held:
            self.settle(chance.choice(self.held))

    def decided(self) -> list[int]:
        return [old.id for old in self.items.values() if not old.candidates and old.same_as is None]

    def living(self) -> dict[int, str]:
        found = [old for old in self.items.values() if old.active]
        assert len({self.truth[old.id] for old in found}) == len(found)
        return {self.truth[old.id]: old.title for old in found}

    def _leave(self, doubts: dict[int, tuple[int, ...]]) -> None:
        for number, left in doubts.items():
            self.items[number] = replace(self.items[number], candidates=left)
            if not left:
                self.issues.add(number)

    def _mean(self, number: int, truth: int) -> None:
        """An item is found again for what the author means; of twins, whichever."""
        before = self.truth[number]
        if before == truth:
            return
        assert self._same(before, truth), f"{self.items[number].title!r} was taken for another promise"
        for other in self.decided():
            if self.truth[other] == truth:
                self.truth[other] = before
        self.truth[number] = truth


def settled_at_once(told: list[Revision], chance: random.Random) -> Ledger:
    ledger = Ledger(told)
    ever: set[int] = set()
    for said in told:
        ever |= {each.truth for each in said}
        ledger.absorb(said)
        assert len(ledger.issues) <= len(ever)
        ledger.settle_all(chance)
        assert len(ledger.issues) == len(ever)
        assert ledger.living() == {each.truth: each.text for each in said}
        before = dict(ledger.items), set(ledger.issues)
        ledger.absorb(said)
        assert (ledger.items, ledger.issues) == before, "the same once more changed something"
    return ledger


def settled_late(told: list[Revision], arriving: list[int], chance: random.Random, *, numbered: bool) -> Ledger:
    """Deliveries in any order and more than once; a person looks now and then, and at the end."""
    ledger, newest = Ledger(told), -1
    ever: set[int] = set()
    for number in arriving:
        if numbered and number <= newest:
            continue
        newest = number
        ever |= {each.truth for each in told[number]}
        ledger.absorb(told[number])
        if chance.random() < 0.3:
            ledger.settle_all(chance)
        assert len(ledger.issues) <= len(ever)
    ledger.settle_all(chance)
    assert len(ledger.issues) <= len(ever)
    return ledger


@pytest.mark.parametrize("part", range(10))
def test_settled_as_the_author_meant_there_is_one_issue_a_promise_and_never_more(part: int) -> None:
    for seed in range(part * SEQUENCES // 10, (part + 1) * SEQUENCES // 10):
        settled_at_once(history(seed), random.Random(seed))


def arrivals(told: list[Revision], chance: random.Random) -> list[int]:
    """Every revision, some more than once, in any order; the last one is heard of last, be it again."""
    arriving = [*range(len(told)), *chance.choices(range(len(told)), k=chance.randint(0, 4))]
    chance.shuffle(arriving)
    return [*arriving, len(told) - 1]


def end_alike(told: list[Revision], ledger: Ledger) -> None:
    last = {each.truth: each.text for each in told[-1]}
    assert ledger.living() == last
    having = [ledger.truth[number] for number in ledger.issues]
    assert len(having) == len(set(having))
    assert set(having) >= set(last)


@pytest.mark.parametrize("part", range(4))
def test_in_whatever_order_numbered_revisions_come_they_end_alike(part: int) -> None:
    for seed in range(part * SEQUENCES // 4, (part + 1) * SEQUENCES // 4):
        told, chance = history(seed), random.Random(seed)
        end_alike(told, settled_late(told, arrivals(told, chance), chance, numbered=True))


@pytest.mark.parametrize("part", range(4))
def test_a_document_without_revision_numbers_may_go_back_and_forth(part: int) -> None:
    """What arrives counts, so an old text returns; promises in almost the same words cannot be told apart then."""
    for seed in range(part * SEQUENCES // 4, (part + 1) * SEQUENCES // 4):
        told, chance = history(seed, distinct=True), random.Random(seed)
        end_alike(told, settled_late(told, arrivals(told, chance), chance, numbered=False))


def test_the_histories_are_as_various_as_authors_are() -> None:
    """What the properties speak of occurs, and most of it needs no person."""
    held = told_again = reworded = 0
    for seed in range(1_000):
        ledger = Ledger(history(seed))
        chance = random.Random(seed)
        seen: set[int] = set()
        for said in ledger.told:
            now = {each.truth for each in said}
            told_again += len((seen - {ledger.truth[n] for n in ledger.items if ledger.items[n].active}) & now)
            before = {normal_text(old.title) for old in ledger.items.values()}
            reworded += sum(each.truth in seen and normal_text(each.text) not in before for each in said)
            ledger.absorb(said)
            held += len(ledger.held)
            ledger.settle_all(chance)
            seen |= now
    assert min(held, told_again, reworded) > 100
