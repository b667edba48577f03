"""What happens in a drill: which documents arrive, in which order, and what a simple model says must come of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

PEOPLE = ("dana", "mateo", "ruth")
LONG_AGO = "2026-01-05"

Delivery = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Size:
    """How much happens. `revised` postmortems change; `withdrawn` items disappear in a revision."""

    postmortems: int
    items: int
    revised: int
    withdrawn: int
    kills_each: int
    web_kills: int
    clock_kills: int
    bell_kills: int
    stops: int


FULL = Size(60, 200, 50, 20, 10, 10, 5, 2, 5)
QUARTER = Size(15, 50, 13, 5, 3, 3, 2, 1, 2)


@dataclass
class Promise:
    """What the model knows of one action item at the end."""

    postmortem: str
    item_id: str
    title: str
    target: str
    owner: str
    overdue: bool
    was: str | None = None
    withdrawn: bool = False


@dataclass
class Scenario:
    """Deliveries in order, with repetitions, and the promises as they stand after the last."""

    deliveries: list[Delivery] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)


def make(size: Size, seed: int) -> Scenario:
    """The same seed gives the same scenario. Every fifth delivery is repeated somewhere after its first time."""
    chance = random.Random(seed)
    promises, originals, revisions = _drawn(size, chance)
    return Scenario(list(_mixed(originals, revisions, chance)), promises)


def in_two_steps(size: Size, seed: int) -> tuple[Scenario, Scenario]:
    """Every original, and then every revision; both know what is promised once the revisions are there."""
    promises, originals, revisions = _drawn(size, random.Random(seed))
    return Scenario(originals, promises), Scenario(revisions, promises)


def _drawn(size: Size, chance: random.Random) -> tuple[list[Promise], list[Delivery], list[Delivery]]:
    counts = [size.items // size.postmortems] * size.postmortems
    for extra in range(size.items - sum(counts)):
        counts[extra] += 1
    originals: list[Delivery] = []
    revisions: list[Delivery] = []
    postmortems = [list(_promises(number, count)) for number, count in enumerate(counts)]
    for promises in postmortems:
        originals.append((f"{promises[0].postmortem}-1", _document(promises, 1)))
    left = size.withdrawn
    for promises in chance.sample(postmortems, size.revised):
        for promise in promises:
            if left and len(promises) > 1 and promise is promises[-1] and chance.random() < 0.6:
                promise.withdrawn, left = True, left - 1
        changed = promises[0]
        changed.was, changed.title = changed.title, f"{changed.title}, and prove it with a drill"
        revisions.append((f"{changed.postmortem}-2", _document(promises, 2)))
    for promises in postmortems:
        # Whatever chance left over: the model needs the exact number.
        if left and len(promises) > 1 and promises[0].was and not promises[-1].withdrawn:
            promises[-1].withdrawn, left = True, left - 1
            key = f"{promises[0].postmortem}-2"
            revisions = [(k, _document(promises, 2) if k == key else d) for k, d in revisions]
    return [promise for each in postmortems for promise in each], originals, revisions


def _promises(number: int, count: int) -> Iterator[Promise]:
    for index in range(count):
        yield Promise(
            postmortem=f"INC-{number:03d}",
            item_id=f"A{index}",
            title=f"Guard the queue of service {number} against case {index}",
            target="api" if number % 3 == 0 else "pay",
            owner=PEOPLE[(number + index) % len(PEOPLE)],
            overdue=(number + index) % 4 == 0,
        )


def _document(promises: list[Promise], revision: int) -> dict[str, Any]:
    first = promises[0]
    return {
        "id": first.postmortem,
        "revision": revision,
        "status": "final",
        "title": f"Queue of {first.postmortem} stood still",
        "summary": "Consumers stopped after a deploy and nobody was paged.",
        "severity": "sev2",
        "services": ["api"] if first.target == "api" else ["ledger"],
        "teams": ["payments"],
        "finalized_at": "2026-11-01T10:00:00Z",
        "action_items": [
            {
                "id": promise.item_id,
                "title": promise.title if revision == 2 else promise.was or promise.title,
                "kind": "prevent",
                "priority": "p2",
                "owner": {"email": f"{EMAIL[promise.owner]}@acme.example"},
                "due_on": LONG_AGO if promise.overdue else "2030-01-07",
                "success_metric": "The alert fires within five minutes.",
            }
            for promise in promises
            if not (revision == 2 and promise.withdrawn)
        ],
    }


EMAIL = {"dana": "dana.okafor", "mateo": "mateo.silva", "ruth": "ruth.bergman"}


def _mixed(
    originals: list[Delivery],
    revisions: list[Delivery],
    chance: random.Random,
) -> Iterator[Delivery]:
    """Revisions come some time after their originals, a few before them; every fifth delivery comes twice or more."""
    waiting = dict(revisions)
    sent: list[Delivery] = []
    for key, document in originals:
        revision = f"{document['id']}-2"
        if revision in waiting and chance.random() < 0.1:
            sent.append((revision, waiting.pop(revision)))
            yield sent[-1]
        sent.append((key, document))
        yield sent[-1]
        ready = [key for key in waiting if any(key[:-1] == other[:-1] for other, _ in sent)]
        if ready and chance.random() < 0.6:
            chosen = chance.choice(ready)
            sent.append((chosen, waiting.pop(chosen)))
            yield sent[-1]
        if len(sent) % 5 == 0:
            yield chance.choice(sent)
    for key, document in waiting.items():
        sent.append((key, document))
        yield sent[-1]
        if len(sent) % 5 == 0:
            yield chance.choice(sent)
