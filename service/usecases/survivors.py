"""Follows an issue that a person closed as a duplicate to the one that survives it: the promise goes on there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.spi import Category, Reading, Tracker
from service.domain.facts import Actor
from service.ledger import Issue, Item, UnitOfWork
from service.usecases.context import Context
from service.usecases.place import target_at

LONGEST_CHAIN = 5
UNKNOWN = "duplicate_unknown"

Survivors = Mapping[str, Reading | None]


def is_duplicate(reading: Reading) -> bool:
    """Whether it was closed for another issue's sake. One that is only linked as a duplicate is worked on still."""
    return reading.duplicate_of is not None and reading.category in (Category.DONE, Category.DECLINED)


def find_survivors(context: Context, name: str, readings: Sequence[Reading]) -> Survivors:
    """For each of our issues that was closed as a duplicate, by ref: the issue at the end of its chain, read now;
    None where the tracker does not say which, or does not show it. No request is made where there is none.
    """
    closed = [reading for reading in readings if is_duplicate(reading)]
    if not closed:
        return {}
    with context.ledger.read() as uow:
        known = uow.issues.by_refs(name, [reading.issue.ref for reading in closed])
    closed = [each for each in closed if each.issue.ref in known and known[each.issue.ref].duplicate_of is None]
    return _ends(context.trackers[name], closed, {reading.issue.ref: reading for reading in readings})


def _ends(tracker: Tracker, closed: Sequence[Reading], seen: dict[str, Reading]) -> Survivors:
    asked: set[str] = set()
    for _ in range(LONGEST_CHAIN):
        wanted = {ref for reading in closed if (ref := _follow(reading, seen)[1]) is not None} - asked
        if not wanted:
            break
        found = tracker.read(sorted(wanted))
        seen |= {reading.issue.ref: reading for reading in found.readings}
        seen |= {old: seen[new.ref] for old, new in found.moved.items() if new.ref in seen}
        asked |= wanted
    return {reading.issue.ref: _follow(reading, seen)[0] for reading in closed}


def _follow(reading: Reading, seen: Mapping[str, Reading]) -> tuple[Reading | None, str | None]:
    """The end of a chain of duplicates; or the ref at which it breaks off; neither where it leads nowhere or round."""
    passed = {reading.issue.ref}
    while is_duplicate(reading):
        ref = reading.duplicate_of
        if not ref or ref in passed:
            return None, None
        if ref not in seen:
            return None, ref
        passed.add(ref)
        reading = seen[ref]
    return reading, None


def note_survivor(
    context: Context, uow: UnitOfWork, issue: Issue, items: Sequence[Item], survivor: Reading | None, now: datetime
) -> Issue | None:
    """Lets the items of a closed duplicate be carried by the survivor; its state is taken from there by the caller.
    Where the survivor is not known, a person must look: what was promised is neither done nor declined. Items and the
    issues that are known are locked by the caller.
    """
    if survivor is None:
        for item in items:
            _ask_a_person(uow, item, issue, now)
        return None
    kept = _issue_of(context, uow, issue, survivor, now)
    uow.issues.update(issue.id, duplicate_of=kept.id)
    for item in items:
        # No comment of ours is on the survivor, and its text is nobody's but its author's.
        uow.items.update(item.id, issue_id=kept.id, comment_ref=None)
        data = {"closed": issue.key, "kept": kept.key, "url": kept.url}
        uow.journal.append("issue.survivor", ("item", item.id), now, data, Actor("tracker", issue.tracker))
    return kept


def _issue_of(context: Context, uow: UnitOfWork, issue: Issue, survivor: Reading, now: datetime) -> Issue:
    known = uow.issues.by_refs(issue.tracker, [survivor.issue.ref]).get(survivor.issue.ref)
    if known is not None:
        return known
    target = target_at(context, issue.tracker, survivor.issue.place, issue.target)
    category = survivor.category.value
    added = uow.issues.add(issue.tracker, survivor.issue, now, target=target, origin="adopted", category=category)
    uow.issues.apply(added, survivor, now)
    return uow.issues.get(added.id)


def _ask_a_person(uow: UnitOfWork, item: Item, issue: Issue, now: datetime) -> None:
    if item.attention_code == UNKNOWN or not item.state.is_open:
        return
    sentence = (
        f"Its issue {issue.key} was closed as a duplicate, and the tracker does not show of which issue: "
        "link the surviving issue there, reopen it, or settle it with held settle."
    )
    uow.items.hold(item.id, UNKNOWN, sentence)
    uow.journal.append("item.held", ("item", item.id), now, {"code": UNKNOWN, "why": sentence})
