"""What every figure means. The pages link each figure here; the conditions themselves are in `ledger.queries`."""

from __future__ import annotations

from dataclasses import dataclass

from service.ledger.queries import WINDOW_DAYS
from service.usecases.survey import CLOCK_LATE, FEW, KEPT, MOSTLY_KEPT
from service.usecases.sync_health import LATE_AFTER


@dataclass(frozen=True, slots=True)
class Definition:
    anchor: str
    name: str
    text: str
    why: str = ""


_LATE = f"{LATE_AFTER.seconds // 60} minutes"

FIGURES = (
    Definition(
        "open",
        "Open",
        "Action items on which somebody still has to act: pending, held, open or doing.",
        "Pending and held items have no issue yet. They count, because the promise has been made.",
    ),
    Definition(
        "overdue",
        "Overdue",
        "Open action items whose first due date lies before today. Where the postmortem gave no date, the tracker's "
        "counts; where nobody gave one, the escalation policy's does, from the day its sweep has seen it pass.",
        "A date that was moved later does not make a promise less late. Such items count as re-planned beside it, and "
        "escalation follows the date in force.",
    ),
    Definition(
        "stalled",
        "Stalled",
        "Open action items that now meet a condition of their escalation policy: overdue, idle, unassigned or not "
        "started. Due soon is a reminder, not a stall. Snoozed items count, and are named beside the figure.",
    ),
    Definition(
        "schedule",
        "Closed on schedule",
        f"Of all action items first due in the last {WINDOW_DAYS} days, open ones included, those that were done on "
        "that date or before it. The due date is fixed when the action is first accepted. Declined and withdrawn "
        "items are not counted and shown apart. Items due today count from tomorrow.",
        "Counting only what was closed would flatter; so would counting by a date that was moved.",
    ),
    Definition(
        "coverage",
        "Due date known",
        "How many of all action items had a due date when they were accepted. The rate speaks only for these.",
    ),
    Definition(
        "verdict",
        "The sentence above the figures",
        f"Kept: at least {100 * KEPT:.0f} % closed on schedule. Mostly kept: at least {100 * MOSTLY_KEPT:.0f} %. "
        f"Slipping: less. Under {FEW} promises due there is no judgement.",
    ),
    Definition(
        "owner",
        "Without a known owner",
        "Open action items whose holder is not in the directory: the assignee as the tracker was last read, and before "
        "that the owner whom the postmortem names. Nobody can be reminded of them; the team's lead is told instead.",
    ),
)

SYNC = (
    Definition("in-step", "In step", "What should have left has left, and the tracker was read when it should be."),
    Definition(
        "late",
        "Late",
        f"A message has waited to leave, a delivery to be read, or the tracker to be read, for more than {_LATE} past "
        "the time at which it was due.",
    ),
    Definition("failing", "Failing", "The last call, read or delivery failed. The sentence says why, and the cure."),
    Definition("paused", "Paused", "A person stopped what leaves. What is due waits and nothing is lost."),
    Definition("observing", "Observing", "What would leave is written into the journal, and nothing leaves."),
    Definition("held", "Held", "The target's mode is hold, and new issues wait for a person."),
    Definition(
        "missed",
        "Missed",
        "Postmortems that our own daily look into the source found in the last 30 days, although no delivery had "
        "announced them. What the first look finds was there before us and is not counted.",
    ),
    Definition(
        "silent",
        "Silent",
        "Nothing was announced for longer than ever before, at least 14 days, by a source that sent five deliveries or "
        "more. Senders switch a webhook off after failures; the sender's own page says whether it is on.",
    ),
    Definition("lag", "Lag", "How long the first message (or delivery) that is due has waited."),
    Definition("queue", "Queue", "Messages due now and not yet out. Later: due at an instant still ahead."),
    Definition(
        "clock",
        "The clock",
        f"The process that rings for everything that is due. It beats every few seconds; after {CLOCK_LATE.seconds} s "
        "of silence it counts as stopped.",
    ),
    Definition(
        "refusals",
        "Refused at the door",
        "Requests to a hook that were not authentic, too large or to an unknown name, in the last 24 hours. They are "
        "counted by hook and minute; their content is never kept.",
    ),
)

DEFINITIONS = (("The figures", FIGURES), ("The sync", SYNC))
