"""One policy, one team and items that stand somewhere, for the tests of stalls and escalation."""

from datetime import UTC, date, datetime, time
from typing import Any

from config.model import PersonConfig, PolicyConfig, StepConfig, TeamConfig
from service.domain.escalation import Case, Directory
from service.domain.facts import State
from service.domain.stalls import Condition, ItemStanding, StallRecord

MONDAY = date(2026, 3, 2)

STEPS = (
    StepConfig("remind", "due_soon", -2, "owner"),
    StepConfig("owner", "overdue", 1, "owner"),
    StepConfig("lead", "overdue", 5, "lead"),
    StepConfig("manager", "overdue", 10, "manager", ("p0", "p1")),
    StepConfig("idle owner", "idle", 0, "owner"),
    StepConfig("idle lead", "idle", 5, "lead"),
    StepConfig("nobody", "unassigned", 0, "lead"),
    StepConfig("not begun", "not_started", 0, "owner"),
)
POLICY = PolicyConfig(
    name="usual",
    version="1",
    steps=STEPS,
    due_working_days={"p0": 5, "p1": 10, "p2": 20},
    idle_working_days=10,
    not_started_working_days=15,
    unassigned_working_days=2,
)
PEOPLE = (
    PersonConfig("ana", "Ana", "ana@example.com", manager="max"),
    PersonConfig("bo", "Bo", "bo@example.com", zone="America/New_York", manager="max"),
    PersonConfig("lea", "Lea", "lea@example.com", manager="max"),
    PersonConfig("max", "Max", "max@example.com"),
    PersonConfig("old", "Old", "old@example.com", manager="max", left=True),
)
TEAM = TeamConfig("pay", "Payments", lead="lea", members=("ana", "bo"))


def directory(*people: PersonConfig, lead: str | None = "lea") -> Directory:
    everyone = {person.id: person for person in (*PEOPLE, *people)}
    return Directory(everyone, {"pay": TeamConfig("pay", "Payments", lead=lead)})


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


def standing(**given: Any) -> ItemStanding:
    values: dict[str, Any] = {
        "item_id": 1,
        "state": State.OPEN,
        "created_at": at(MONDAY),
        "priority": "p2",
        "assignee_person_id": "ana",
        "team_id": "pay",
    }
    return ItemStanding(**values | given)


def stall(**given: Any) -> StallRecord:
    values: dict[str, Any] = {
        "id": 7,
        "item_id": 1,
        "condition": Condition.OVERDUE,
        "began_on": MONDAY,
        "entered_on": MONDAY,
        "policy_version": "1",
    }
    return StallRecord(**values | given)


def overdue_case(item: ItemStanding | None = None, record: StallRecord | None = None) -> Case:
    return Case(item or standing(promised_due_on=MONDAY), record or stall(), POLICY)
