"""Creation exactly once, as the house does it: one request, and a probe wherever the answer is not known."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from connectors.spi import ConnectorError, IssueDraft, IssueRef, Place, Rejected, Tracker

ATTEMPTS = 40


def create_once(tracker: Tracker, place: Place, draft: IssueDraft) -> IssueRef:
    """Makes one issue whatever becomes of requests and answers. Raises what is permanent, or AssertionError at last."""
    since, in_doubt = datetime.now(UTC) - timedelta(minutes=5), False
    for _ in range(ATTEMPTS):
        try:
            if in_doubt:
                time.sleep(tracker.capabilities.quiet_seconds)
                found = tracker.find(place, draft.marker, since)
                if found:
                    return found[0].issue
                in_doubt = False
            return tracker.create(place, draft).issue
        except Rejected:
            raise
        except ConnectorError as error:
            in_doubt = in_doubt or error.unknown
            time.sleep(min(error.retry_after or 0.0, 0.2))
    raise AssertionError(f"{draft.title} was not made in {ATTEMPTS} attempts.")


def create_naively(tracker: Tracker, place: Place, draft: IssueDraft) -> IssueRef:
    """What most tools do: ask again after any failure. Kept to show that the drill finds the duplicates this makes."""
    for _ in range(ATTEMPTS):
        try:
            return tracker.create(place, draft).issue
        except Rejected:
            raise
        except ConnectorError as error:
            time.sleep(min(error.retry_after or 0.0, 0.2))
    raise AssertionError(f"{draft.title} was not made in {ATTEMPTS} attempts.")
