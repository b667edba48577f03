from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.workdays import (
    Calendar,
    add_working_days,
    in_working_hours,
    local_day,
    next_working_morning,
    working_days_between,
)

FRIDAY = date(2026, 3, 6)
MONDAY = date(2026, 3, 9)
PLAIN = Calendar()
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Kiritimati")

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
calendars = st.builds(
    Calendar,
    weekend=st.frozensets(st.integers(0, 6), max_size=6),
    holidays=st.frozensets(st.dates(date(2025, 12, 1), date(2026, 4, 30)), max_size=10),
)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def test_the_working_day_after_friday_is_monday():
    assert add_working_days(FRIDAY, 1, PLAIN) == MONDAY


def test_the_working_day_before_monday_is_friday():
    assert add_working_days(MONDAY, -1, PLAIN) == FRIDAY


def test_no_working_days_is_the_day_itself_even_on_a_weekend():
    assert add_working_days(date(2026, 3, 7), 0, PLAIN) == date(2026, 3, 7)


def test_a_holiday_is_skipped_and_not_counted():
    calendar = Calendar(holidays=frozenset({MONDAY}))
    assert add_working_days(FRIDAY, 1, calendar) == date(2026, 3, 10)
    assert working_days_between(FRIDAY, date(2026, 3, 10), calendar) == 1


def test_a_weekend_may_be_friday_and_saturday():
    assert add_working_days(date(2026, 3, 5), 1, Calendar(weekend=frozenset({4, 5}))) == date(2026, 3, 8)


def test_a_calendar_without_a_working_day_is_refused_with_the_cure():
    with pytest.raises(ValueError, match="at least one working day"):
        Calendar(weekend=frozenset(range(7)))


def test_the_end_of_the_calendar_is_reached_without_a_crash():
    assert add_working_days(date(9999, 12, 30), 5, PLAIN) == date.max
    assert add_working_days(date.min, -5, PLAIN) == date.min
    assert working_days_between(date.min, date.max, PLAIN) > 2_000_000


@settings(deadline=None)
@given(days, st.integers(1, 200), calendars)
def test_adding_working_days_is_undone_by_counting_them(day, count, calendar):
    later = add_working_days(day, count, calendar)
    assert calendar.is_working(later)
    assert working_days_between(day, later, calendar) == count


@settings(deadline=None)
@given(days, days, calendars)
def test_counting_agrees_with_looking_at_each_day(start, end, calendar):
    low, high = min(start, end), max(start, end)
    high = min(high, low + timedelta(days=400))
    slow = sum(calendar.is_working(low + timedelta(days=n)) for n in range(1, (high - low).days + 1))
    assert working_days_between(low, high, calendar) == slow
    assert working_days_between(high, low, calendar) == -slow


def test_the_day_is_the_one_on_the_wall_there():
    late = datetime(2026, 3, 6, 23, 30, tzinfo=UTC)
    assert local_day(late, "UTC") == FRIDAY
    assert local_day(late, "Asia/Kolkata") == date(2026, 3, 7)
    assert local_day(late, "America/New_York") == FRIDAY


def test_friday_evening_waits_for_monday_morning():
    evening = datetime(2026, 3, 6, 19, 0, tzinfo=UTC)
    assert next_working_morning(evening, "Europe/Berlin", PLAIN) == datetime(2026, 3, 9, 7, 0, tzinfo=UTC)


def test_the_morning_after_the_clocks_changed_is_still_eight_on_the_wall():
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert next_working_morning(saturday, "Europe/Berlin", PLAIN) == datetime(2026, 3, 30, 6, 0, tzinfo=UTC)


@settings(deadline=None)
@given(instants, st.sampled_from(ZONES))
def test_the_next_working_morning_is_never_past_and_always_at_work(now, zone):
    morning = next_working_morning(now, zone, PLAIN)
    assert morning >= now
    assert morning.astimezone(ZoneInfo(zone)).hour == 8
    assert in_working_hours(morning, zone, PLAIN)


@pytest.mark.parametrize(
    ("hour", "minute", "at_work"), [(7, 59, False), (8, 0, True), (17, 59, True), (18, 0, False), (0, 0, False)]
)
def test_working_hours_are_eight_to_six(hour, minute, at_work):
    now = datetime(2026, 3, 9, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))
    assert in_working_hours(now, "Europe/Berlin", PLAIN) is at_work


def test_nobody_is_at_work_on_a_saturday():
    assert not in_working_hours(datetime(2026, 3, 7, 12, tzinfo=UTC), "UTC", PLAIN)
