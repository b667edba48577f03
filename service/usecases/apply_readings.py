"""Takes over what a tracker answered: what is newer, where an issue stands now, and what is found by its marker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.spi import IssueRef, Reading, Sweep
from service.domain.facts import Actor, State
from service.domain.following import STATE_OF, Seen, judge, next_state
from service.ledger import Issue, Item, UnitOfWork
from service.usecases.context import Context
from service.usecases.effects.open_issue import link
from service.usecases.place import target_at
from service.usecases.promises import CLOSED_MEANWHILE
from service.usecases.survivors import UNKNOWN, Survivors, is_duplicate, note_survivor

AGAIN_AFTER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tracker answered to one question. `by_ref`: it was asked for these very issues; `survivors`: where those
    of them went on that were closed as duplicates.
    """

    found: Sweep
    asked_at: datetime
    by_ref: bool
    survivors: Survivors


def apply_found(context: Context, uow: UnitOfWork, name: str, answer: Answer) -> int:
    """Commits the readings that are newer than what the ledger has, follows moves and duplicates, links by marker.
    Returns how many were newer. What is `gone` is only locked: it is decided over a whole sweep.

    All items are locked first and at once, then all issues: who holds some and waits for others could wait for ever.
    """
    found, asked_at, by_ref = answer.found, answer.asked_at, answer.by_ref
    survivors = [reading.issue.ref for reading in answer.survivors.values() if reading is not None]
    refs = [*(reading.issue.ref for reading in found.readings), *found.moved, *found.gone, *survivors]
    known = uow.issues.by_refs(name, refs)
    arrived = {ref.ref for ref in found.moved.values()}
    strangers = [each for each in found.readings if _is_strange(each, known) and each.issue.ref not in arrived]
    owners = uow.items.by_markers(marker for reading in strangers for marker in reading.markers)
    followers = uow.items.of_issues([issue.id for issue in known.values()])
    items: dict[int, list[Item]] = {}
    for item in uow.items.lock_all({item.id for item in (*followers, *owners.values())}):
        items.setdefault(item.issue_id or 0, []).append(item)
    now = context.now()
    locked = uow.issues.by_refs(name, refs, lock=True)
    for old, ref in found.moved.items():
        issue = locked.get(old)
        if issue is not None and ref.ref not in locked:
            _follow_move(context, uow, issue, ref, items.get(issue.id, []), now)
            locked[ref.ref] = uow.issues.get(issue.id)
    applied = 0
    for reading in found.readings:
        issue = locked.get(reading.issue.ref)
        if issue is not None:
            mine = items.get(issue.id, [])
            applied += _apply(context, uow, issue, mine, (reading, asked_at, now), by_ref=by_ref)
            if reading.issue.ref in answer.survivors and _is_current(issue, reading):
                _follow_duplicate(context, uow, issue, mine, answer.survivors[reading.issue.ref], now)
    for reading in strangers:
        owner = next((owners[marker] for marker in reading.markers if marker in owners), None)
        target = context.config.targets.get(owner.target or "") if owner is not None else None
        if owner is not None and target is not None and target.tracker == name:
            link(context, uow, owner.id, reading, target, now)
    return applied


def _is_current(issue: Issue, reading: Reading) -> bool:
    return issue.duplicate_of is None and (issue.tracker_at is None or reading.updated_at >= issue.tracker_at)


def _follow_duplicate(
    context: Context, uow: UnitOfWork, issue: Issue, items: Sequence[Item], survivor: Reading | None, now: datetime
) -> None:
    kept = note_survivor(context, uow, issue, items, survivor, now)
    if kept is not None and survivor is not None:
        for item in items:
            _follow(context, uow, item, kept, (survivor, now), moved=True)


def _is_strange(reading: Reading, known: Mapping[str, Issue]) -> bool:
    return reading.issue.ref not in known and reading.ours is not False


def possibly_moved(uow: UnitOfWork, name: str, readings: Sequence[Reading]) -> dict[str, IssueRef]:
    """Issues that the ledger knows, by ref, each with an unknown one that carries its marker: it may be the same one,
    moved, where the tracker gives a moved issue a new ref.
    """
    known = uow.issues.by_refs(name, [reading.issue.ref for reading in readings])
    strangers = {marker: each for each in readings if _is_strange(each, known) for marker in each.markers}
    owners = uow.items.by_markers(strangers)
    issues = {marker: uow.issues.get(item.issue_id) for marker, item in owners.items() if item.issue_id is not None}
    return {issue.ref: strangers[marker].issue for marker, issue in issues.items() if issue.tracker == name}


def _follow_move(
    context: Context, uow: UnitOfWork, issue: Issue, ref: IssueRef, items: Sequence[Item], now: datetime
) -> None:
    target = target_at(context, issue.tracker, ref.place, issue.target)
    uow.issues.replace_ref(issue, ref, target, now)
    for item in items:
        uow.journal.append("issue.moved", ("item", item.id), now, {"from": issue.key, "to": ref.key})


def _apply(
    context: Context,
    uow: UnitOfWork,
    issue: Issue,
    items: Sequence[Item],
    read: tuple[Reading, datetime, datetime],
    *,
    by_ref: bool,
) -> int:
    reading, asked_at, now = read
    verdict = judge(_seen(issue), reading, asked_at, by_ref=by_ref, our_comments=issue.our_comments)
    if issue.missing_since is not None and by_ref:
        uow.issues.update(issue.id, missing_since=None)
    if verdict.again:
        uow.issues.make_due([issue.id], now + AGAIN_AFTER)
    # Not every tracker counts a move as a change: what was asked by ref and is not older says where an issue stands.
    if verdict.apply or (by_ref and reading.updated_at == issue.tracker_at):
        _note_standing(context, uow, issue, reading.issue)
    if not verdict.apply:
        return 0
    uow.issues.apply(issue, reading, now)
    # That it was closed for another issue's sake says nothing of what was promised.
    for item in () if is_duplicate(reading) else items:
        _follow(context, uow, item, issue, (reading, now), moved=verdict.moved)
    return 1


def _seen(issue: Issue) -> Seen:
    return Seen(
        status=issue.status,
        category=issue.category,
        assignee_id=issue.assignee.id if issue.assignee else None,
        due_on=issue.due_on,
        title=issue.title,
        comments=issue.comments,
        tracker_at=issue.tracker_at,
        read_at=issue.read_at,
    )


def _note_standing(context: Context, uow: UnitOfWork, issue: Issue, ref: IssueRef) -> None:
    """Where an issue stands decides who may see it: what is written there goes by the target of that place."""
    if (ref.key, ref.url, ref.place) != (issue.key, issue.url, issue.place):
        target = target_at(context, issue.tracker, ref.place, issue.target)
        uow.issues.update(issue.id, key=ref.key, url=ref.url, place=ref.place, target=target)


def _follow(
    context: Context, uow: UnitOfWork, item: Item, issue: Issue, read: tuple[Reading, datetime], *, moved: bool
) -> None:
    reading, now = read
    holder = context.roster.holder(issue.tracker, reading.assignee)
    # What a person was asked about the issue is answered by the issue itself: it is there again, or open again.
    reopened = item.attention_code == CLOSED_MEANWHILE and STATE_OF[reading.category].is_open
    gone_before = item.state is State.HELD and (item.attention_code in ("issue_gone", UNKNOWN) or reopened)
    state = next_state(State.OPEN if gone_before else item.state, reading.category)
    if item.state is State.HELD and not gone_before:
        state = item.state
    values: dict[str, object] = {
        "state": state.value,
        "assignee_read": True,
        "assigned": reading.assignee is not None,
        "assignee_person": holder.id if holder else None,
        "current_due_on": reading.due_on,
    }
    if state is not State.WITHDRAWN:
        values["closed_at"] = None if state.is_open else (item.closed_at or now)
    if moved:
        values["last_movement_at"] = now
    if gone_before:
        values |= {"attention_code": None, "attention": None}
    uow.items.update(item.id, **values)
    changed = _differences(item, issue, reading, state)
    if changed:
        actor = Actor("tracker", issue.tracker)
        uow.journal.append("issue.read", ("item", item.id), now, changed, actor)


def _differences(item: Item, issue: Issue, reading: Reading, state: State) -> dict[str, object]:
    before = {
        "state": item.state.value,
        "status": issue.status,
        "assignee": issue.assignee.name if issue.assignee else None,
        "due": issue.due_on,
        "title": issue.title,
    }
    after = {
        "state": state.value,
        "status": reading.status,
        "assignee": reading.assignee.name if reading.assignee else None,
        "due": reading.due_on,
        "title": reading.title,
    }
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}
