from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.facts import State
from service.domain.stalls import Condition, DueOrigin, StallEnd, decide_stalls, effective_due, spells
from service.domain.workdays import Calendar
from tests.domain.stall_builders import MONDAY, POLICY, at, stall, standing

CALENDAR = Calendar()
TUESDAY = date(2026, 3, 3)
WEDNESDAY = date(2026, 3, 4)


def changes(item, now, *records, policy=POLICY, **more):
    return decide_stalls(item, policy, now, CALENDAR, records, **more)


def begun(item, now, *records):
    return {start.condition: start for start in changes(item, now, *records).begin}


def test_the_trackers_date_counts_before_the_promised_one_and_policy_comes_last():
    both = standing(current_due_on=WEDNESDAY, promised_due_on=TUESDAY)
    assert effective_due(both, POLICY, CALENDAR) == (WEDNESDAY, DueOrigin.TRACKER)
    assert effective_due(replace(both, current_due_on=None), POLICY, CALENDAR) == (TUESDAY, DueOrigin.PROMISED)
    assert effective_due(standing(priority="p0"), POLICY, CALENDAR) == (date(2026, 3, 9), DueOrigin.POLICY)


def test_an_item_without_a_priority_gets_the_longest_time_that_the_policy_gives():
    assert effective_due(standing(priority=None), POLICY, CALENDAR) == (date(2026, 3, 30), DueOrigin.POLICY)


def test_a_priority_that_the_policy_leaves_out_has_no_due_date():
    assert effective_due(standing(priority="p4"), POLICY, CALENDAR) is None
    assert effective_due(standing(priority=None), replace(POLICY, due_working_days={}), CALENDAR) is None


def test_a_date_by_policy_counts_from_the_release_of_a_held_item():
    item = standing(priority="p0", released_at=at(date(2026, 6, 1)))
    assert effective_due(item, POLICY, CALENDAR) == (date(2026, 6, 8), DueOrigin.POLICY)


def test_an_item_is_overdue_the_day_after_its_date_and_not_on_it():
    item = standing(promised_due_on=TUESDAY)
    assert Condition.OVERDUE not in begun(item, at(TUESDAY, 23))
    assert begun(item, at(WEDNESDAY, 0))[Condition.OVERDUE].began_on == TUESDAY


@pytest.mark.complaint("a due date shifts with the zone")
def test_the_due_date_ends_by_the_clock_of_the_items_zone():
    item = standing(promised_due_on=TUESDAY, zone="America/New_York")
    assert Condition.OVERDUE not in begun(item, at(WEDNESDAY, 4))
    assert Condition.OVERDUE in begun(item, at(WEDNESDAY, 6))


def test_due_soon_begins_at_the_earliest_step_before_the_date_and_ends_with_it():
    due = date(2026, 3, 9)
    item = standing(promised_due_on=due)
    assert Condition.DUE_SOON not in begun(item, at(WEDNESDAY))
    assert begun(item, at(date(2026, 3, 5)))[Condition.DUE_SOON].began_on == date(2026, 3, 5)
    record = stall(condition=Condition.DUE_SOON, began_on=date(2026, 3, 5))
    found = changes(item, at(due + timedelta(days=1)), record)
    assert found.end == (StallEnd(7, due + timedelta(days=1)),)
    assert [start.condition for start in found.begin] == [Condition.OVERDUE]


def test_a_policy_without_a_reminder_knows_no_due_soon():
    silent = replace(POLICY, steps=tuple(step for step in POLICY.steps if step.condition != "due_soon"))
    assert spells(standing(promised_due_on=TUESDAY), silent, at(TUESDAY), CALENDAR) == {}


def test_ten_working_days_without_movement_are_idle():
    item = standing(state=State.DOING, started=True, last_movement_at=at(TUESDAY), promised_due_on=date(2027, 1, 1))
    assert begun(item, at(date(2026, 3, 16))) == {}
    assert begun(item, at(date(2026, 3, 17)))[Condition.IDLE].began_on == date(2026, 3, 17)


def test_movement_ends_an_idle_spell():
    item = standing(state=State.DOING, last_movement_at=at(date(2026, 3, 18)), promised_due_on=date(2027, 1, 1))
    found = changes(item, at(date(2026, 3, 18), 12), stall(condition=Condition.IDLE))
    assert found.end == (StallEnd(7, date(2026, 3, 18)),)


def test_nobody_assigned_for_two_working_days_is_unassigned_but_a_stranger_is_somebody():
    item = standing(assignee_person_id=None)
    assert begun(item, at(TUESDAY)) == {}
    assert set(begun(item, at(WEDNESDAY))) == {Condition.UNASSIGNED}
    assert begun(replace(item, assignee_known=False), at(WEDNESDAY)) == {}


def test_being_unassigned_counts_from_the_day_the_owner_went():
    item = standing(assignee_person_id=None, unassigned_since=at(date(2026, 3, 10)))
    assert begun(item, at(date(2026, 3, 11))) == {}
    assert begun(item, at(date(2026, 3, 12)))[Condition.UNASSIGNED].began_on == date(2026, 3, 12)


def test_what_was_started_is_never_not_started():
    now = at(date(2026, 3, 24))
    assert Condition.NOT_STARTED in begun(standing(), now)
    assert Condition.NOT_STARTED not in begun(standing(started=True), now)
    assert Condition.NOT_STARTED not in begun(standing(state=State.DOING), now)


@pytest.mark.parametrize("state", [state for state in State if state not in {State.OPEN, State.DOING}])
def test_only_open_work_stalls_and_everything_else_ends_its_stalls(state):
    found = changes(standing(state=state, promised_due_on=MONDAY), at(date(2026, 6, 1)), stall())
    assert found.begin == ()
    assert found.end == (StallEnd(7, date(2026, 6, 1)),)


def test_a_stall_that_goes_on_changes_nothing():
    found = changes(standing(promised_due_on=MONDAY), at(WEDNESDAY), stall())
    assert (found.begin, found.end, found.resume) == ((), (), ())


@pytest.mark.parametrize("returns", [date(2026, 3, 9), date(2026, 3, 10)])
def test_a_condition_back_within_two_working_days_is_the_same_stall(returns):
    ended = stall(ended_on=date(2026, 3, 6))
    found = changes(standing(promised_due_on=MONDAY), at(returns), ended)
    assert found.resume == (7,)
    assert found.begin == ()


def test_a_condition_back_after_three_working_days_is_a_new_stall():
    found = changes(standing(promised_due_on=MONDAY), at(date(2026, 3, 11)), stall(ended_on=date(2026, 3, 6)))
    assert found.resume == ()
    assert [start.condition for start in found.begin] == [Condition.OVERDUE]


def test_the_return_counts_from_its_own_day_even_when_we_looked_late():
    item = standing(promised_due_on=MONDAY, current_due_on=date(2026, 3, 5))
    found = changes(item, at(date(2026, 3, 30)), stall(ended_on=WEDNESDAY))
    assert found.resume == (7,)


def test_a_running_stall_is_judged_by_the_policy_of_the_day_it_began():
    item = standing(state=State.DOING, last_movement_at=at(MONDAY), promised_due_on=date(2027, 1, 1))
    patient = replace(POLICY, version="2", idle_working_days=60)
    record = stall(condition=Condition.IDLE)
    now = at(date(2026, 3, 20))
    assert changes(item, now, record, policy=patient).end == (StallEnd(7, date(2026, 3, 20)),)
    assert changes(item, now, record, policy=patient, policies_then={7: POLICY}).end == ()


def test_a_reserved_undeliverable_stall_is_left_alone():
    found = changes(standing(), at(TUESDAY), stall(condition=Condition.UNDELIVERABLE))
    assert (found.begin, found.end, found.resume) == ((), (), ())


def test_what_is_found_stalled_late_is_entered_today_though_it_began_long_ago():
    start = begun(standing(promised_due_on=MONDAY), at(date(2026, 5, 4)))[Condition.OVERDUE]
    assert (start.began_on, start.entered_on) == (MONDAY, date(2026, 5, 4))


@pytest.mark.parametrize(("day", "hour"), [(date(2026, 5, 1), 18), (date(2026, 5, 2), 9), (date(2026, 5, 3), 23)])
def test_what_is_found_after_hours_or_on_a_weekend_is_entered_on_the_next_working_day(day, hour):
    start = begun(standing(promised_due_on=MONDAY), at(day, hour))[Condition.OVERDUE]
    assert start.entered_on == date(2026, 5, 4)


@settings(deadline=None)
@given(
    st.sampled_from(list(State)),
    st.sampled_from(["p0", "p1", "p2", "p4", None]),
    st.none() | st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    st.none() | st.sampled_from(["ana", "old"]),
    st.integers(0, 400),
)
def test_deciding_again_after_applying_the_decision_changes_nothing(state, priority, due, person, day):
    item = standing(state=state, priority=priority, promised_due_on=due, assignee_person_id=person)
    now = at(MONDAY + timedelta(days=day))
    records = [
        stall(id=n, condition=start.condition, began_on=start.began_on, entered_on=start.entered_on)
        for n, start in enumerate(changes(item, now).begin)
    ]
    again = changes(item, now, *records)
    assert (again.begin, again.end, again.resume) == ((), (), ())


@settings(deadline=None)
@given(st.integers(0, 10), st.integers(0, 30))
def test_ending_and_returning_within_two_working_days_never_makes_a_second_stall(gap, start):
    ended_on = MONDAY + timedelta(days=start)
    now = at(ended_on + timedelta(days=gap))
    due = MONDAY - timedelta(days=30)
    found = changes(standing(promised_due_on=due), now, stall(began_on=due, ended_on=ended_on))
    working = sum((ended_on + timedelta(days=n)).weekday() < 5 for n in range(1, gap + 1))
    overdue = [begin for begin in found.begin if begin.condition is Condition.OVERDUE]
    assert (found.resume == (7,)) == (working <= 2)
    assert len(overdue) == (working > 2)
