"""What a reading of an issue means for us. A webhook is never a reading; only what the tracker answered is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.spi import Category, Reading
from service.domain.facts import State

STATE_OF: dict[Category, State] = {
    Category.TODO: State.OPEN,
    Category.DOING: State.DOING,
    Category.DONE: State.DONE,
    Category.DECLINED: State.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the ledger last committed of an issue. `read_at`: when that reading had been answered (our clock)."""

    status: str
    category: Category
    assignee_id: str | None
    due_on: object
    title: str
    comments: int | None
    tracker_at: datetime | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`apply`: commit the reading. `again`: ask the tracker once more. `moved`: a person moved the issue forward."""

    apply: bool
    again: bool = False
    moved: bool = False


def judge(seen: Seen, reading: Reading, asked_at: datetime, *, by_ref: bool, our_comments: int) -> Verdict:
    """Commits what is newer by the tracker's instant. Equal but different instants may be whole seconds or a stale
    index: such a reading is committed only if it was asked by ref after the last one had been answered, else again.
    """
    if seen.tracker_at is None or reading.updated_at > seen.tracker_at:
        return Verdict(apply=True, moved=seen.tracker_at is not None and _moved(seen, reading, our_comments))
    if reading.updated_at < seen.tracker_at or not _differs(seen, reading):
        return Verdict(apply=False)
    later = by_ref and seen.read_at is not None and asked_at >= seen.read_at
    return Verdict(apply=later, again=not later, moved=later and _moved(seen, reading, our_comments))


def _differs(seen: Seen, reading: Reading) -> bool:
    assignee = reading.assignee.id if reading.assignee else None
    return (seen.status, seen.category, seen.assignee_id, seen.due_on, seen.title) != (
        reading.status,
        reading.category,
        assignee,
        reading.due_on,
        reading.title,
    )


def _moved(seen: Seen, reading: Reading, our_comments: int) -> bool:
    """Movement is a change of status, assignee or date, or a comment, that was not ours."""
    assignee = reading.assignee.id if reading.assignee else None
    if (seen.status, seen.assignee_id, seen.due_on) != (reading.status, assignee, reading.due_on):
        return True
    if reading.comments is None:
        return False
    return reading.comments - our_comments > (seen.comments or 0)


def next_state(state: State, category: Category) -> State:
    """An item's state by its issue's category. What was withdrawn or verified stays so, unless work was reopened."""
    following = STATE_OF[category]
    if state is State.WITHDRAWN or (state is State.VERIFIED and following is State.DONE):
        return state
    return following
