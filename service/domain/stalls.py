"""Which action items are stalled, by policy: what begins, what ends, what is the same stall come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from config.model import PolicyConfig, StepConfig
from service.domain.facts import State
from service.domain.workdays import (
    Calendar,
    add_working_days,
    local_day,
    working_day,
    working_days_between,
)

SAME_STALL_WORKING_DAYS = 2

# Held and pending items are ours to move, not the team's: nobody is told of them as stalled.
STALLING_STATES = frozenset({State.OPEN, State.DOING})


class Condition(StrEnum):
    """What an item is stalled by. `UNDELIVERABLE` is reserved: no decider here begins it or ends it."""

    OVERDUE = "overdue"
    UNASSIGNED = "unassigned"
    NOT_STARTED = "not_started"
    IDLE = "idle"
    DUE_SOON = "due_soon"
    UNDELIVERABLE = "undeliverable"


class DueOrigin(StrEnum):
    """Who set the date that an item is held to."""

    TRACKER = "tracker"
    PROMISED = "promised"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """Where one action item stands, from the ledger. Instants are aware.

    `created_at`: first seen final. `released_at`: let go by a person after it was held; waits count from the later.
    `current_due_on`: the tracker's, None where it has none. `assignee_person_id`: the assignee now (before the first
    reading: the promised owner). `assignee_known` is False where somebody is assigned whom the directory lacks: not
    unassigned, yet nobody can be told. `last_movement_at`: by a person. `snoozed_until`: the latest snooze, also when
    past. `zone`: where its days are counted (`escalation.zone_of`).
    """

    item_id: int
    state: State
    created_at: datetime
    priority: str | None = None
    promised_due_on: date | None = None
    current_due_on: date | None = None
    assignee_person_id: str | None = None
    assignee_known: bool = True
    unassigned_since: datetime | None = None
    last_movement_at: datetime | None = None
    started: bool = False
    snoozed_until: date | None = None
    released_at: datetime | None = None
    team_id: str | None = None
    zone: str = "UTC"

    @property
    def waits_from(self) -> datetime:
        """When people could first act on it."""
        return max(self.created_at, self.released_at) if self.released_at else self.created_at


@dataclass(frozen=True, slots=True)
class StallRecord:
    """A stall as the ledger has it. `entered_on`: the first day on which anybody could hear of it, later than
    `began_on` after an import or an outage. `policy_version` is that of the day it began.

    `steps_fired` holds (step name, person id); `first_fired` the day on which each step first reached anybody.
    """

    id: int
    item_id: int
    condition: Condition
    began_on: date
    entered_on: date
    policy_version: str
    ended_on: date | None = None
    steps_fired: frozenset[tuple[str, str]] = frozenset()
    first_fired: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StallBegin:
    item_id: int
    condition: Condition
    began_on: date
    entered_on: date
    policy_version: str


@dataclass(frozen=True, slots=True)
class StallEnd:
    stall_id: int
    ended_on: date


@dataclass(frozen=True, slots=True)
class StallChanges:
    """What to write: rows to make, rows to close, and ids of closed rows to open again (`ended_on` back to None)."""

    begin: tuple[StallBegin, ...] = ()
    end: tuple[StallEnd, ...] = ()
    resume: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Spell:
    """One condition that an item meets: counted `since` a day, a stall from `began_on`."""

    since: date
    began_on: date


def effective_due(standing: ItemStanding, policy: PolicyConfig, calendar: Calendar) -> tuple[date, DueOrigin] | None:
    """The date that an item is held to and who set it; None where neither anybody nor the policy gave one.

    An item without a priority gets the policy's longest time: guessing urgency is worse than waiting.
    """
    if standing.current_due_on is not None:
        return standing.current_due_on, DueOrigin.TRACKER
    if standing.promised_due_on is not None:
        return standing.promised_due_on, DueOrigin.PROMISED
    by_priority = policy.due_working_days
    longest = max(by_priority.values(), default=None)
    days = by_priority.get(standing.priority) if standing.priority else longest
    if days is None:
        return None
    return add_working_days(local_day(standing.waits_from, standing.zone), days, calendar), DueOrigin.POLICY


def steps_for(policy: PolicyConfig, condition: str, priority: str | None) -> tuple[StepConfig, ...]:
    """The policy's steps for one condition that apply to this priority, earliest first."""
    matching = (s for s in policy.steps if s.condition == condition and (not s.priorities or priority in s.priorities))
    return tuple(sorted(matching, key=lambda step: step.after_working_days))


def spells(standing: ItemStanding, policy: PolicyConfig, now: datetime, calendar: Calendar) -> dict[Condition, Spell]:
    """Every condition of the policy that the item meets at `now`."""
    if standing.state not in STALLING_STATES:
        return {}
    today = local_day(now, standing.zone)
    return {**_by_due_date(standing, policy, today, calendar), **_by_neglect(standing, policy, today, calendar)}


def _by_due_date(
    standing: ItemStanding, policy: PolicyConfig, today: date, calendar: Calendar
) -> dict[Condition, Spell]:
    due = effective_due(standing, policy, calendar)
    if due is None:
        return {}
    day = due[0]
    if today > day:
        # Counted from the due date, so that a step after 1 working day and "1 working day overdue" are the same day.
        return {Condition.OVERDUE: Spell(day, day)}
    ahead = steps_for(policy, Condition.DUE_SOON, standing.priority)
    if ahead and today >= (began_on := add_working_days(day, ahead[0].after_working_days, calendar)):
        return {Condition.DUE_SOON: Spell(day, began_on)}
    return {}


def _by_neglect(
    standing: ItemStanding, policy: PolicyConfig, today: date, calendar: Calendar
) -> dict[Condition, Spell]:
    waiting = standing.waits_from
    unassigned = standing.assignee_person_id is None and standing.assignee_known
    todo = standing.state is State.OPEN and not standing.started
    starts = {
        Condition.UNASSIGNED: (unassigned, standing.unassigned_since, policy.unassigned_working_days),
        Condition.NOT_STARTED: (todo, None, policy.not_started_working_days),
        Condition.IDLE: (True, standing.last_movement_at, policy.idle_working_days),
    }
    found: dict[Condition, Spell] = {}
    for condition, (holds, start, days) in starts.items():
        since = local_day(max(start, waiting) if start else waiting, standing.zone)
        if holds and working_days_between(since, today, calendar) >= days:
            found[condition] = Spell(since, add_working_days(since, days, calendar))
    return found


def decide_stalls(
    standing: ItemStanding,
    policy: PolicyConfig,
    now: datetime,
    calendar: Calendar,
    records: Iterable[StallRecord],
    *,
    policies_then: Mapping[int, PolicyConfig] | None = None,
) -> StallChanges:
    """What changes in the ledger's stalls of this one item.

    `records`: the item's open stalls and those that ended within the last few working days. `policies_then`: by stall
    id, the policy as it was when the stall began, by which it is judged; a stall that is not there, by `policy`.
    """
    today = local_day(now, standing.zone)
    latest = _latest(record for record in records if record.item_id == standing.item_id)
    # Who enters after hours is first told on the next working morning; later steps must wait from that day.
    entered_on = working_day(now, standing.zone, calendar)
    begin: list[StallBegin] = []
    end: list[StallEnd] = []
    resume: list[int] = []
    met_now = spells(standing, policy, now, calendar)
    for condition in Condition:
        record, met = latest.get(condition), met_now.get(condition)
        if record is not None and record.ended_on is None:
            then = (policies_then or {}).get(record.id, policy)
            judged = met_now if then is policy else spells(standing, then, now, calendar)
            if condition is not Condition.UNDELIVERABLE and condition not in judged:
                end.append(StallEnd(record.id, today))
        elif met is not None and record is not None and _is_same(record, met, today, calendar):
            resume.append(record.id)
        elif met is not None:
            begin.append(StallBegin(standing.item_id, condition, met.began_on, entered_on, policy.version))
    return StallChanges(tuple(begin), tuple(end), tuple(resume))


def _latest(records: Iterable[StallRecord]) -> dict[Condition, StallRecord]:
    """The one record of each condition that counts: the open one, else the one that ended last."""
    ordered = sorted(records, key=lambda record: (record.ended_on or date.max, record.id))
    return {record.condition: record for record in ordered}


def _is_same(record: StallRecord, met: Spell, today: date, calendar: Calendar) -> bool:
    assert record.ended_on is not None
    # After an outage the condition may have returned long before we looked; where its own day tells, that day counts.
    returned_on = met.began_on if met.began_on > record.ended_on else today
    return working_days_between(record.ended_on, returned_on, calendar) <= SAME_STALL_WORKING_DAYS
