"""What preparing a message may come to, and how long its calls may take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.spi import ConnectorError, Missing, Moved, Reading, Tracker, Unavailable
from service.ledger import Issue, UnitOfWork


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing needs to leave (any more), and why."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before that instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """`perform` calls the vendor outside any transaction; `settle` writes what came of it, and returns the outcome.

    `intent`: the call may create something, so the ledger notes first that it is about to leave, and where to:
    `sent_to`, a tracker and a place in it, which the target may not be configured with later. `probe`: the call
    only looks whether an earlier one had its effect; `settle` then returns None if it had not. `failed` writes what
    came of a try that did not succeed, and says when the next one is, or None: never, a person must look.
    """

    perform: Callable[[], Any]
    settle: Callable[[UnitOfWork, Any, datetime], str | None]
    intent: bool = False
    probe: bool = False
    sent_to: tuple[str | None, str | None] = (None, None)
    failed: Callable[[UnitOfWork, ConnectorError, datetime], datetime | None] | None = None


Prepared = Skip | Wait | Work


class Budget:
    """The time a message's lease leaves for its calls: another one starts only if it can end within it."""

    def __init__(self, lease_seconds: float, call_seconds: float) -> None:
        self._ends = time.monotonic() + lease_seconds
        self._call = call_seconds

    def spend(self) -> None:
        """Raises Unavailable if another call might outlive the lease; what was done so far may be repeated."""
        if time.monotonic() + self._call > self._ends:
            raise Unavailable(
                "dispatch.lease_spent",
                "The target answered so slowly that the rest must wait for another turn.",
                "Nothing to do: it goes on by itself.",
            )


def check_issue(tracker: Tracker, issue: Issue) -> None:
    """Raises as `check_place` does; and Missing where another promise's issue stands under the ref by now."""
    for reading in check_place(tracker, issue.ref, issue.place):
        if reading.markers and issue.marker not in (None, *reading.markers):
            sentence = f"Another issue has the number of {issue.key} by now."
            raise Missing("dispatch.another_issue", sentence, "Nothing to do: what became of ours is looked for.")


def check_place(tracker: Tracker, ref: str, place: str) -> Sequence[Reading]:
    """The issue as it is now. Raises Moved where it is in another place: some trackers lead what we write to wherever
    that is, and who may see it there has not been looked at. Raises Missing where it is gone: another may have its
    number.
    """
    found = tracker.read([ref])
    if ref in found.gone:
        raise Missing(
            "dispatch.issue_gone", "The issue is gone or not visible to us.", "Nothing to do: it is looked for."
        )
    for reading in found.readings:
        issue = reading.issue
        if issue.place.casefold() != place.casefold():
            sentence = f"{issue.key} is in {issue.place} by now, and not in {place}, where it was last seen."
            raise Moved("dispatch.issue_moved", sentence, "Nothing to do: it is told where it is, if it may be.")
    return found.readings
