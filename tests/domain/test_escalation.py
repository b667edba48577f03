from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.model import PersonConfig, PolicyConfig, StepConfig
from service.domain.escalation import Case, Lack, NeedsPerson, decide_notices, policy_for, zone_of
from service.domain.facts import State
from service.domain.stalls import Condition, DueOrigin
from tests.domain.stall_builders import MONDAY, POLICY, at, directory, overdue_case, stall, standing

DUE_PLUS_1 = date(2026, 3, 3)
DUE_PLUS_5 = date(2026, 3, 9)
DUE_PLUS_10 = date(2026, 3, 16)
FIRED_OWNER = {"steps_fired": frozenset({("owner", "ana")}), "first_fired": {"owner": DUE_PLUS_1}}


def sweep(*cases, now, told=(), people=None):
    return decide_notices(cases, people or directory(), now, set(told))


def told(escalation):
    return {(d.person_id, fire.step) for d in escalation.decisions for fire in d.fires}


@pytest.mark.complaint("nothing happens when a due date passes")
def test_the_owner_is_told_a_working_day_after_the_date_and_not_before():
    assert told(sweep(overdue_case(), now=at(MONDAY))) == set()
    found = sweep(overdue_case(), now=at(DUE_PLUS_1))
    assert told(found) == {("ana", "owner")}
    fire = found.decisions[0].fires[0]
    assert (fire.since, fire.working_days, fire.due_on, fire.due_origin) == (MONDAY, 1, MONDAY, DueOrigin.PROMISED)
    assert found.decisions[0].working_day == DUE_PLUS_1


def test_the_lead_is_told_five_working_days_after_the_date():
    case = overdue_case(record=stall(**FIRED_OWNER))
    assert told(sweep(case, now=at(date(2026, 3, 6)))) == set()
    assert told(sweep(case, now=at(DUE_PLUS_5))) == {("lea", "lead")}


@pytest.mark.parametrize(("priority", "expected"), [("p0", True), ("p1", True), ("p2", False), (None, False)])
def test_the_manager_is_told_of_p0_and_p1_only(priority, expected):
    record = stall(
        steps_fired=frozenset({("owner", "ana"), ("lead", "lea")}),
        first_fired={"owner": DUE_PLUS_1, "lead": DUE_PLUS_5},
    )
    case = overdue_case(standing(promised_due_on=MONDAY, priority=priority), record)
    assert told(sweep(case, now=at(DUE_PLUS_10))) == ({("max", "manager")} if expected else set())


def test_a_step_that_fired_for_somebody_fires_again_only_for_somebody_else():
    assert told(sweep(overdue_case(record=stall(**FIRED_OWNER)), now=at(DUE_PLUS_1))) == set()
    moved = standing(promised_due_on=MONDAY, assignee_person_id="bo")
    assert told(sweep(overdue_case(moved, stall(**FIRED_OWNER)), now=at(DUE_PLUS_1, 15))) == {("bo", "owner")}


@pytest.mark.parametrize(
    ("item", "lack"),
    [
        ({"assignee_person_id": None}, Lack.NO_OWNER),
        ({"assignee_person_id": None, "assignee_known": False}, Lack.UNKNOWN_OWNER),
        ({"assignee_person_id": "nobody-we-know"}, Lack.UNKNOWN_OWNER),
        ({"assignee_person_id": "old"}, Lack.OWNER_LEFT),
    ],
)
@pytest.mark.complaint("an assignee who is not found is told nowhere")
def test_without_a_reachable_owner_the_lead_is_told_and_the_item_needs_a_person(item, lack):
    found = sweep(overdue_case(standing(promised_due_on=MONDAY, **item)), now=at(DUE_PLUS_1))
    assert told(found) == {("lea", "owner")}
    assert found.decisions[0].fires[0].instead
    assert found.needs_person == (NeedsPerson(1, lack, "lea"),)


def test_who_left_is_never_told_and_with_the_lead_gone_too_the_manager_is():
    people = directory(lead="old")
    case = overdue_case(standing(promised_due_on=MONDAY, assignee_person_id="old"))
    found = sweep(case, now=at(DUE_PLUS_1), people=people)
    assert told(found) == {("max", "owner")}


def test_with_nobody_to_tell_the_item_stays_on_the_list_of_what_needs_a_person():
    people = directory(lead=None)
    case = overdue_case(standing(promised_due_on=MONDAY, assignee_person_id=None))
    found = sweep(case, now=at(DUE_PLUS_1), people=people)
    assert found.decisions == ()
    assert found.needs_person == (NeedsPerson(1, Lack.NO_OWNER, None),)


def test_a_level_that_nobody_can_hear_does_not_hold_back_the_next_one():
    steps = (StepConfig("lead", "overdue", 1, "lead"), StepConfig("owner", "overdue", 5, "owner"))
    alone = directory(PersonConfig("ana", "Ana", "ana@example.com"), lead=None)
    case = replace(overdue_case(), policy=replace(POLICY, steps=steps))
    found = sweep(case, now=at(DUE_PLUS_5), people=alone)
    assert told(found) == {("ana", "owner")}
    assert found.needs_person == (NeedsPerson(1, Lack.NO_LEAD, None),)


def test_without_a_lead_or_a_present_owner_the_managers_are_asked_in_turn():
    case = overdue_case(standing(promised_due_on=MONDAY, assignee_person_id="old", priority="p0"))
    assert told(sweep(case, now=at(DUE_PLUS_10), people=directory(lead=None))) == {("max", "owner")}
    assert told(sweep(case, now=at(DUE_PLUS_10))) == {("lea", "owner")}


def test_the_list_of_what_needs_a_person_stays_after_the_step_fired():
    record = stall(steps_fired=frozenset({("owner", "lea")}), first_fired={"owner": DUE_PLUS_1})
    case = overdue_case(standing(promised_due_on=MONDAY, assignee_person_id=None), record)
    found = sweep(case, now=at(date(2026, 3, 4)))
    assert (found.decisions, [need.lack for need in found.needs_person]) == ((), [Lack.NO_OWNER])


@pytest.mark.parametrize("hour", [0, 7, 18, 23])
def test_nobody_is_told_outside_their_working_hours(hour):
    assert told(sweep(overdue_case(), now=at(DUE_PLUS_1, hour))) == set()


def test_nobody_is_told_on_a_weekend():
    assert told(sweep(overdue_case(), now=at(date(2026, 3, 7), 12))) == set()


def test_working_hours_are_those_of_the_recipients_zone():
    case = overdue_case(standing(promised_due_on=MONDAY, assignee_person_id="bo"))
    assert told(sweep(case, now=at(DUE_PLUS_1, 9))) == set()
    morning = datetime(2026, 3, 3, 8, 0, tzinfo=ZoneInfo("America/New_York"))
    assert told(sweep(case, now=morning.astimezone(UTC))) == {("bo", "owner")}


def test_who_has_a_notice_today_waits_for_the_next_working_day():
    friday = date(2026, 3, 6)
    had = {("ana", friday)}
    assert told(sweep(overdue_case(), now=at(friday, 15), told=had)) == set()
    assert told(sweep(overdue_case(), now=at(MONDAY + timedelta(days=7)), told=had)) == {("ana", "owner")}


def test_a_snoozed_item_is_silent_until_the_date_and_speaks_on_it():
    until = date(2026, 3, 12)
    case = overdue_case(standing(promised_due_on=MONDAY, snoozed_until=until))
    assert told(sweep(case, now=at(until - timedelta(days=1)))) == set()
    assert told(sweep(case, now=at(until))) == {("ana", "owner")}


def test_after_a_snooze_the_next_level_waits_its_distance_from_the_end_of_it():
    item = standing(promised_due_on=MONDAY, snoozed_until=date(2026, 3, 12))
    case = overdue_case(item, stall(**FIRED_OWNER))
    assert told(sweep(case, now=at(date(2026, 3, 17)))) == set()
    assert told(sweep(case, now=at(date(2026, 3, 18)))) == {("lea", "lead")}


def test_an_item_first_seen_stalled_enters_at_the_first_step_and_later_steps_wait_from_there():
    entered = date(2026, 5, 4)
    item = standing(promised_due_on=MONDAY, priority="p0")
    late = stall(entered_on=entered)
    assert told(sweep(overdue_case(item, late), now=at(entered))) == {("ana", "owner")}
    fired = replace(late, steps_fired=frozenset({("owner", "ana")}), first_fired={"owner": entered})
    assert told(sweep(overdue_case(item, fired), now=at(date(2026, 5, 7)))) == set()
    assert told(sweep(overdue_case(item, fired), now=at(date(2026, 5, 8)))) == {("lea", "lead")}


def test_after_an_outage_of_weeks_only_the_first_level_speaks():
    item = standing(promised_due_on=MONDAY, priority="p0")
    back = date(2026, 4, 7)
    assert told(sweep(overdue_case(item), now=at(back))) == {("ana", "owner")}
    fired = stall(steps_fired=frozenset({("owner", "ana")}), first_fired={"owner": back})
    assert told(sweep(overdue_case(item, fired), now=at(back + timedelta(days=1)))) == set()
    assert told(sweep(overdue_case(item, fired), now=at(back + timedelta(days=6)))) == {("lea", "lead")}


def test_ended_stalls_and_closed_items_tell_nobody():
    ended = overdue_case(record=stall(ended_on=DUE_PLUS_1))
    done = overdue_case(standing(promised_due_on=MONDAY, state=State.DONE))
    held = overdue_case(standing(promised_due_on=MONDAY, state=State.HELD))
    assert sweep(ended, done, held, now=at(DUE_PLUS_10)).decisions == ()


def test_a_reminder_fires_before_the_due_date_with_the_days_that_are_left():
    record = stall(condition=Condition.DUE_SOON, began_on=DUE_PLUS_1, entered_on=DUE_PLUS_1)
    case = Case(standing(promised_due_on=date(2026, 3, 5)), record, POLICY)
    fire = sweep(case, now=at(DUE_PLUS_1)).decisions[0].fires[0]
    assert (fire.step, fire.since, fire.working_days) == ("remind", date(2026, 3, 5), 2)


def test_everything_due_to_one_person_is_one_notice_worst_first():
    longer = overdue_case(standing(item_id=2, promised_due_on=date(2026, 2, 2)), stall(id=2, item_id=2))
    shorter = overdue_case(standing(item_id=3, promised_due_on=MONDAY), stall(id=3, item_id=3))
    urgent = overdue_case(standing(item_id=4, promised_due_on=MONDAY, priority="p0"), stall(id=4, item_id=4))
    quiet = stall(id=5, item_id=5, condition=Condition.IDLE)
    idle = Case(standing(item_id=5, last_movement_at=at(date(2026, 2, 2)), state=State.DOING), quiet, POLICY)
    both = stall(id=6, item_id=2, condition=Condition.IDLE)
    same = Case(standing(item_id=2, last_movement_at=at(date(2026, 2, 2)), state=State.DOING), both, POLICY)
    found = sweep(idle, shorter, same, longer, urgent, now=at(date(2026, 3, 20)))
    assert len(found.decisions) == 1
    assert [fire.item_id for fire in found.decisions[0].fires] == [4, 2, 3, 2, 5]
    assert [fire.item_id for fire in found.decisions[0].worst_by_item] == [4, 2, 3, 5]


def policy(name, **given):
    return PolicyConfig(name, "1", (), **given)


def test_the_first_policy_that_fits_team_and_severity_wins_and_the_default_comes_last():
    usual, pay, grave = policy("usual", default=True), policy("pay", teams=("pay",)), policy("s1", severities=("SEV1",))
    policies = (usual, pay, grave)
    assert policy_for("pay", "sev1", policies) is pay
    assert policy_for("web", "sev1", policies) is grave
    assert policy_for("web", None, policies) is usual
    assert policy_for(None, None, policies) is usual
    assert policy_for("web", "sev3", (pay, grave)) is None


def test_an_items_days_are_its_assignees_else_its_leads():
    people = directory(PersonConfig("lea", "Lea", "lea@example.com", zone="Asia/Kolkata"))
    assert zone_of("bo", "pay", people) == "America/New_York"
    assert zone_of("old", "pay", people) == "Asia/Kolkata"
    assert zone_of(None, None, people) == "UTC"
