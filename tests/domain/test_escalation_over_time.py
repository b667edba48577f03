"""Sweeps over simulated weeks with a ledger in memory: what must hold whatever people and outages do."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.escalation import Case, decide_notices
from service.domain.facts import State
from service.domain.stalls import Condition, StallRecord, decide_stalls
from service.domain.workdays import Calendar, in_working_hours, local_day
from tests.domain.stall_builders import MONDAY, POLICY, at, directory, standing

PEOPLE = directory()
CALENDAR = Calendar()
LEVELS = {step.name: step.after_working_days for step in POLICY.steps}

items = st.builds(
    lambda number, priority, person, due, state: standing(
        item_id=number,
        priority=priority,
        assignee_person_id=person,
        promised_due_on=None if due is None else MONDAY + timedelta(days=due),
        state=state,
    ),
    st.integers(1, 3),
    st.sampled_from(["p0", "p2", None]),
    st.sampled_from(["ana", "bo", "old", "stranger", None]),
    st.none() | st.integers(-60, 40),
    st.sampled_from([State.OPEN, State.DOING]),
)
edits = st.one_of(
    st.builds(lambda who: {"assignee_person_id": who}, st.sampled_from(["ana", "bo", "old", None])),
    st.builds(lambda state: {"state": state}, st.sampled_from([State.OPEN, State.DOING, State.DONE, State.HELD])),
    st.builds(lambda n: {"current_due_on": MONDAY + timedelta(days=n)}, st.integers(-20, 60)),
    st.builds(lambda n: {"snoozed_until": MONDAY + timedelta(days=n)}, st.integers(0, 60)),
)
pauses = st.tuples(st.sampled_from([1, 5, 9, 13, 24, 24, 24, 30, 100, 400]), st.integers(1, 3), st.none() | edits)


class Ledger:
    """What the use case would store, in dictionaries."""

    def __init__(self, items):
        self.items = {item.item_id: item for item in items}
        self.stalls = {}
        self.told = {}
        self.steps = []

    def sweep(self, now):
        for item in self.items.values():
            self.stall(item, now)
        cases = [Case(self.items[row.item_id], row, POLICY) for row in self.stalls.values()]
        found = decide_notices(cases, PEOPLE, now, set(self.told))
        for decision in found.decisions:
            key = decision.person_id, decision.working_day
            assert key not in self.told, "a second notice for one person and working day"
            self.told[key] = now
            for fire in decision.fires:
                self.fire(fire, now)
        return found

    def stall(self, item, now):
        found = decide_stalls(item, POLICY, now, CALENDAR, self.stalls.values())
        for start in found.begin:
            number = len(self.stalls) + 1
            self.stalls[number] = StallRecord(
                number, start.item_id, start.condition, start.began_on, start.entered_on, start.policy_version
            )
        for end in found.end:
            self.stalls[end.stall_id] = replace(self.stalls[end.stall_id], ended_on=end.ended_on)
        for number in found.resume:
            self.stalls[number] = replace(self.stalls[number], ended_on=None)

    def fire(self, fire, now):
        row = self.stalls[fire.stall_id]
        day = local_day(now, PEOPLE.people[fire.person_id].zone)
        first = {fire.step: day} | dict(row.first_fired)
        fired = row.steps_fired | {(fire.step, fire.person_id)}
        self.stalls[fire.stall_id] = replace(row, steps_fired=fired, first_fired=first)
        self.steps.append((fire, day))


@settings(max_examples=150, deadline=None)
@given(st.lists(items, min_size=1, max_size=3, unique_by=lambda item: item.item_id), st.lists(pauses, max_size=25))
def test_over_weeks_nobody_is_told_twice_a_day_nor_twice_of_a_step_nor_at_night(starts, story):
    ledger, now = Ledger(starts), at(MONDAY, 8)
    for hours, number, edit in story:
        ledger.sweep(now)
        if edit and number in ledger.items:
            ledger.items[number] = replace(ledger.items[number], **edit)
        now += timedelta(hours=hours)
    once = Counter((fire.stall_id, fire.step, fire.person_id) for fire, _ in ledger.steps)
    assert all(count == 1 for count in once.values())
    assert not any(PEOPLE.people[person].left for person, _ in ledger.told)
    assert all(in_working_hours(when, PEOPLE.people[who].zone, CALENDAR) for (who, _), when in ledger.told.items())
    running = Counter((row.item_id, row.condition) for row in ledger.stalls.values() if row.ended_on is None)
    assert all(count == 1 for count in running.values())


@settings(max_examples=150, deadline=None)
@given(items, st.lists(st.sampled_from([1, 7, 24, 24, 24, 72, 300, 900]), min_size=1, max_size=40))
def test_two_levels_of_one_stall_never_speak_on_one_day_and_never_out_of_order(start, hours):
    ledger, now = Ledger([start]), at(MONDAY, 8)
    for pause in hours:
        ledger.sweep(now)
        now += timedelta(hours=pause)
    for number in ledger.stalls:
        levels = [(day, LEVELS[fire.step]) for fire, day in ledger.steps if fire.stall_id == number]
        assert levels == sorted(levels, key=lambda pair: pair[1])
        assert len({day for day, _ in levels}) == len({level for _, level in levels})


@settings(max_examples=50, deadline=None)
@given(items, st.integers(0, 200))
@pytest.mark.complaint("nothing happens when a due date passes")
def test_an_unmoved_overdue_item_reaches_its_owner_or_stand_in_within_two_working_days(start, late):
    ledger, now = Ledger([start]), at(MONDAY + timedelta(days=late), 0)
    for _ in range(24 * 5):
        ledger.sweep(now)
        now += timedelta(hours=1)
    overdue = [row for row in ledger.stalls.values() if row.condition is Condition.OVERDUE]
    if overdue and (MONDAY + timedelta(days=late) - overdue[0].began_on).days > 5:
        assert "owner" in {fire.step for fire, _ in ledger.steps}
