"""Who is told what about which stalls now: one notice a person and working day, worst first, in their own hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from config.model import PersonConfig, PolicyConfig, StepConfig, TeamConfig
from service.domain.stalls import (
    STALLING_STATES,
    Condition,
    DueOrigin,
    ItemStanding,
    Spell,
    StallRecord,
    effective_due,
    spells,
    steps_for,
)
from service.domain.workdays import Calendar, add_working_days, in_working_hours, local_day, working_days_between

URGENT_PRIORITIES = frozenset({"p0", "p1"})


class Lack(StrEnum):
    """Why an item needs a person: nobody who should hear of it can."""

    NO_OWNER = "no_owner"
    UNKNOWN_OWNER = "unknown_owner"
    OWNER_LEFT = "owner_left"
    NO_LEAD = "no_lead"
    NO_MANAGER = "no_manager"


@dataclass(frozen=True, slots=True)
class Directory:
    """Who there is, and when they work."""

    people: Mapping[str, PersonConfig]
    teams: Mapping[str, TeamConfig]
    calendar: Calendar = field(default_factory=Calendar)

    def calendar_of(self, person: PersonConfig) -> Calendar:  # noqa: ARG002 - public holidays differ by person
        return self.calendar

    def present(self, person_id: str | None) -> PersonConfig | None:
        """The person, unless they are unknown or have left."""
        person = self.people.get(person_id) if person_id else None
        return None if person is None or person.left else person

    def lead_of(self, team_id: str | None) -> str | None:
        team = self.teams.get(team_id) if team_id else None
        return team.lead if team else None

    def manager_of(self, person_id: str | None) -> str | None:
        person = self.people.get(person_id) if person_id else None
        return person.manager if person else None


@dataclass(frozen=True, slots=True)
class Case:
    """One open stall of one item, with the policy as it was when the stall began."""

    standing: ItemStanding
    stall: StallRecord
    policy: PolicyConfig


@dataclass(frozen=True, slots=True)
class Fire:
    """One step of one stall, for one person. `role` is whom the step names; `instead` says that they stand in.

    `since` and `working_days` count the condition (for due_soon: the due date, and the working days left until it).
    """

    stall_id: int
    item_id: int
    step: str
    person_id: str
    role: str
    condition: Condition
    since: date
    working_days: int
    instead: bool = False
    priority: str | None = None
    due_on: date | None = None
    due_origin: DueOrigin | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One notice: everything that fires for one person on one working day, worst first."""

    person_id: str
    working_day: date
    fires: tuple[Fire, ...]

    @property
    def worst_by_item(self) -> tuple[Fire, ...]:
        """One fire an item, worst first: a mail names each item once."""
        worst: dict[int, Fire] = {}
        for fire in self.fires:
            worst.setdefault(fire.item_id, fire)
        return tuple(worst.values())


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """An item whose due step could not reach the one it names. `told`: who hears of it instead, if anybody."""

    item_id: int
    lack: Lack
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """What a sweep decides. `needs_person` is the whole list as it stands, not only what is new."""

    decisions: tuple[Decision, ...]
    needs_person: tuple[NeedsPerson, ...]


@dataclass(frozen=True, slots=True)
class _Addressee:
    person: PersonConfig | None
    lack: Lack | None


def policy_for(team: str | None, severity: str | None, policies: Sequence[PolicyConfig]) -> PolicyConfig | None:
    """The first policy whose conditions all hold (an empty one matches all), else the first default one, else None."""
    level = (severity or "").casefold()
    for policy in (p for p in policies if not p.default):
        in_severities = not policy.severities or level in {name.casefold() for name in policy.severities}
        if in_severities and (not policy.teams or team in policy.teams):
            return policy
    return next((policy for policy in policies if policy.default), None)


def zone_of(assignee_person_id: str | None, team_id: str | None, directory: Directory) -> str:
    """The zone in whose days an item is counted: its assignee's, else its team lead's, else UTC."""
    person = directory.present(assignee_person_id) or directory.present(directory.lead_of(team_id))
    return person.zone if person else "UTC"


def decide_notices(
    cases: Iterable[Case], directory: Directory, now: datetime, told: Collection[tuple[str, date]]
) -> Escalation:
    """Which steps fire now. `told` holds (person, working day) of every notice there is already.

    Nothing is lost by waiting: a step that does not fire today (after hours, told already, snoozed) fires later.
    """
    fires: dict[tuple[int, str, str], Fire] = {}
    needs: dict[tuple[int, Lack], NeedsPerson] = {}
    for case in cases:
        for step, addressee in _due_steps(case, directory, now):
            person = addressee.person
            if addressee.lack is not None:
                lacking = NeedsPerson(case.standing.item_id, addressee.lack, person.id if person else None)
                needs.setdefault((lacking.item_id, lacking.lack), lacking)
            if person is not None and _may_tell(case, step, person, directory, now, told):
                fire = _fire(case, step, addressee, directory, now)
                fires[fire.stall_id, fire.step, fire.person_id] = fire
    return Escalation(tuple(_by_person(fires.values(), directory, now)), tuple(needs.values()))


def _due_steps(case: Case, directory: Directory, now: datetime) -> Iterator[tuple[StepConfig, _Addressee]]:
    """Steps whose day has come where their addressee lives, fired or not."""
    standing, stall = case.standing, case.stall
    if stall.ended_on is not None or standing.state not in STALLING_STATES:
        return
    steps = steps_for(case.policy, stall.condition, standing.priority)
    before: list[StepConfig] = []
    for step in steps:
        addressee = _addressee(step.tell, standing, directory)
        zone = addressee.person.zone if addressee.person else standing.zone
        calendar = directory.calendar_of(addressee.person) if addressee.person else directory.calendar
        today = local_day(now, zone)
        in_turn = _follows(step, before, stall, today, calendar)
        if today >= step_day(case, step, steps[0], calendar) and in_turn:
            yield step, addressee
        if addressee.person is not None:
            before.append(step)


def step_day(case: Case, step: StepConfig, first: StepConfig, calendar: Calendar) -> date:
    """The first day on which `step` may fire; `first` is the earliest step of its condition.

    A snoozed item waits for its date. Who enters late (an import, a long outage, a snooze that ran out) gets the first
    step at once and each later one only after its distance from the first: never several levels on one day.
    """
    standing, stall = case.standing, case.stall
    counted_from = stall.began_on
    if stall.condition is Condition.DUE_SOON:
        due = effective_due(standing, case.policy, calendar)
        counted_from = due[0] if due else stall.began_on
    entered = max(stall.entered_on, standing.snoozed_until or stall.entered_on)
    distance = step.after_working_days - first.after_working_days
    return max(
        add_working_days(counted_from, step.after_working_days, calendar),
        add_working_days(entered, distance, calendar),
    )


def _follows(
    step: StepConfig, before: Sequence[StepConfig], stall: StallRecord, today: date, calendar: Calendar
) -> bool:
    """Whether the level before this one has been told, and long enough ago.

    After an outage several levels of one stall may have come due: they follow each other as they would have.
    """
    lower = [earlier for earlier in before if earlier.after_working_days < step.after_working_days]
    if not lower:
        return True
    last = lower[-1]
    if last.name not in {name for name, _ in stall.steps_fired}:
        return False
    told_on = stall.first_fired.get(last.name, stall.began_on)
    return today >= add_working_days(told_on, step.after_working_days - last.after_working_days, calendar)


def _may_tell(
    case: Case,
    step: StepConfig,
    person: PersonConfig,
    directory: Directory,
    now: datetime,
    told: Collection[tuple[str, date]],
) -> bool:
    if (step.name, person.id) in case.stall.steps_fired:
        return False
    if (person.id, local_day(now, person.zone)) in told:
        return False
    return in_working_hours(now, person.zone, directory.calendar_of(person))


def _addressee(tell: str, standing: ItemStanding, directory: Directory) -> _Addressee:
    """Whom a step reaches in truth, and what is wrong if that is not whom it names."""
    owner_id = standing.assignee_person_id
    lead_id = directory.lead_of(standing.team_id)
    owner, lead = directory.present(owner_id), directory.present(lead_id)
    manager = directory.present(directory.manager_of(owner_id)) or directory.present(directory.manager_of(lead_id))
    if tell == "owner":
        return _Addressee(owner, None) if owner else _Addressee(lead or manager, _owner_lack(standing, directory))
    if tell == "lead":
        return _Addressee(lead, None) if lead else _Addressee(manager, Lack.NO_LEAD)
    return _Addressee(manager, None if manager else Lack.NO_MANAGER)


def _owner_lack(standing: ItemStanding, directory: Directory) -> Lack:
    if standing.assignee_person_id is None:
        return Lack.NO_OWNER if standing.assignee_known else Lack.UNKNOWN_OWNER
    return Lack.OWNER_LEFT if standing.assignee_person_id in directory.people else Lack.UNKNOWN_OWNER


def _fire(case: Case, step: StepConfig, addressee: _Addressee, directory: Directory, now: datetime) -> Fire:
    person, standing, stall = addressee.person, case.standing, case.stall
    assert person is not None
    calendar = directory.calendar_of(person)
    today = local_day(now, person.zone)
    spell = spells(standing, case.policy, now, calendar).get(stall.condition, Spell(stall.began_on, stall.began_on))
    due = effective_due(standing, case.policy, calendar)
    return Fire(
        stall_id=stall.id,
        item_id=standing.item_id,
        step=step.name,
        person_id=person.id,
        role=step.tell,
        condition=stall.condition,
        since=spell.since,
        working_days=abs(working_days_between(spell.since, today, calendar)),
        instead=addressee.lack is not None,
        priority=standing.priority,
        due_on=due[0] if due else None,
        due_origin=due[1] if due else None,
    )


def _by_person(fires: Iterable[Fire], directory: Directory, now: datetime) -> Iterator[Decision]:
    grouped: dict[str, list[Fire]] = {}
    for fire in fires:
        grouped.setdefault(fire.person_id, []).append(fire)
    for person_id, theirs in sorted(grouped.items()):
        day = local_day(now, directory.people[person_id].zone)
        yield Decision(person_id, day, tuple(sorted(theirs, key=_badness)))


def _badness(fire: Fire) -> tuple[int, bool, int, str, int, str]:
    """Sorts worst first: the condition, then p0 and p1, then how long (for due_soon: how soon)."""
    soon = fire.condition is Condition.DUE_SOON
    length = fire.working_days if soon else -fire.working_days
    rank = list(Condition).index(fire.condition)
    return rank, fire.priority not in URGENT_PRIORITIES, length, fire.priority or "p9", fire.item_id, fire.step
