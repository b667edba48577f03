"""Working days and local mornings. Dates in, dates out; the zone is always the caller's to name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = 7
OPENS, CLOSES = 8, 18


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days people work, and from which to which hour. `weekend` holds weekday numbers (Monday is 0).

    Raises ValueError if no day is left.
    """

    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = frozenset()
    opens: int = OPENS
    closes: int = CLOSES

    def __post_init__(self) -> None:
        if set(range(WEEK)) <= self.weekend:
            raise ValueError("A calendar needs at least one working day a week: take a day out of its weekend.")

    def is_working(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays


def add_working_days(day: date, count: int, calendar: Calendar) -> date:
    """The `count`-th working day after `day` (before it, if negative); `day` itself for 0, working or not.

    Stops at the ends of the calendar instead of failing: a due date in the year 9999 is odd, not an error.
    """
    step, left = (1 if count > 0 else -1), abs(count)
    last = date.max if count > 0 else date.min
    while left and day != last:
        day += timedelta(days=step)
        left -= calendar.is_working(day)
    return day


def working_days_between(start: date, end: date, calendar: Calendar) -> int:
    """How many working days lie after `start`, up to and with `end`; negative if `end` is before `start`."""
    if end < start:
        return -working_days_between(end, start, calendar)
    # Counted by whole weeks: a date typed wrongly by centuries must not cost a loop of a million days.
    weeks, rest = divmod((end - start).days, WEEK)
    tail = sum((start.weekday() + offset) % WEEK not in calendar.weekend for offset in range(1, rest + 1))
    off = sum(start < day <= end and day.weekday() not in calendar.weekend for day in calendar.holidays)
    return weeks * (WEEK - len(calendar.weekend)) + tail - off


def local_day(now: datetime, zone: str) -> date:
    """The date on the wall in `zone` at the aware instant `now`."""
    return now.astimezone(ZoneInfo(zone)).date()


def next_working_morning(now: datetime, zone: str, calendar: Calendar, hour: int = OPENS) -> datetime:
    """The first `hour` o'clock of a working day in `zone` at or after `now`, in UTC."""
    day = local_day(now, zone)
    while True:
        morning = datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
        if morning >= now and calendar.is_working(day):
            return morning
        day += timedelta(days=1)


def in_working_hours(now: datetime, zone: str, calendar: Calendar) -> bool:
    """Whether somebody in `zone` is at work: a working day there, from when it opens until just before it closes."""
    local = now.astimezone(ZoneInfo(zone))
    return calendar.is_working(local.date()) and calendar.opens <= local.hour < calendar.closes


def working_day(now: datetime, zone: str, calendar: Calendar) -> date:
    """The day on which somebody in `zone` can next be told: today until closing time, else the next working day."""
    local = now.astimezone(ZoneInfo(zone))
    if calendar.is_working(local.date()) and local.hour < calendar.closes:
        return local.date()
    return add_working_days(local.date(), 1, calendar)
