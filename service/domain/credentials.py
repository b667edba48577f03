"""When operators are told that a token ends."""

from __future__ import annotations

from datetime import datetime, timedelta

# Days ahead at which they are told, each once; 0 is when it has ended.
DAYS_AHEAD = (30, 7, 1, 0)


def days_told(expires_at: datetime, now: datetime) -> int | None:
    """The last of these that was reached; None while none is. Those that nobody looked at in time are passed over."""
    left = expires_at - now
    return min((days for days in DAYS_AHEAD if left <= timedelta(days=days)), default=None)
