"""Lengths of time and distances of days, in the words that pages and terminal share."""

from __future__ import annotations

from datetime import date, timedelta

MINUTE, HOUR, DAY = 60, 3600, 86400


def span(length: timedelta) -> str:
    """A length of time to one unit: `40 s`, `6 min`, `3 h`, `12 days`."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < 2 * DAY:
        return f"{seconds // HOUR} h"
    return f"{seconds // DAY} days"


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def distance(day: date, today: date) -> str:
    """How far a day is from today: `today`, `tomorrow`, `in 3 days`, `23 days ago`."""
    apart = (day - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if apart in near:
        return near[apart]
    return f"in {apart} days" if apart > 0 else f"{-apart} days ago"
