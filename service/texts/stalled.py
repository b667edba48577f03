"""What the mail about stalled actions says: its input, and each sentence that depends on the case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from service.domain.stalls import Condition, DueOrigin
from service.texts.words import counted, listed, long_date, one_line, opening

# A mail longer than this is not read; the page has the rest.
SHOWN = 20

URGENT = frozenset({"p0", "p1"})


@dataclass(frozen=True, slots=True)
class StalledLine:
    """One action item in somebody's notice.

    `key` is the issue's key, or another word that is safe to show to anybody. `private`: the reader's route does not
    list the postmortem, so the key alone is said. `since` and `working_days` are those of the `Fire`; `role` and
    `instead` too. `owner_name` is None where nobody who can be told owns it.
    """

    key: str
    title: str
    item_url: str
    condition: Condition
    since: date
    working_days: int
    role: str = "owner"
    instead: bool = False
    issue_url: str | None = None
    owner_name: str | None = None
    incident: str = ""
    priority: str | None = None
    due_on: date | None = None
    due_origin: DueOrigin | None = None
    private: bool = False

    @property
    def heading(self) -> str:
        return f"Private action {one_line(self.key, 60)}" if self.private else one_line(self.title, 160)

    @property
    def urgency(self) -> str:
        return self.priority.upper() if self.priority in URGENT else ""

    @property
    def lateness(self) -> str:
        """How late and since when, as a sentence without its full stop."""
        return f"{_first_upper(self.short)}{_since(self)}"

    @property
    def short(self) -> str:
        """How late, in a few words that can follow "is"."""
        days = counted(self.working_days, "working day")
        if self.condition is Condition.DUE_SOON:
            return f"due in {days}" if self.working_days else "due today"
        return SHORT[self.condition].format(days=days) if self.working_days else FRESH[self.condition]

    @property
    def move(self) -> str:
        """What the reader can do that moves it."""
        if self.role == "owner" and not self.instead:
            return OWN_MOVES[self.condition]
        if self.owner_name and self.condition is not Condition.UNASSIGNED:
            return f"{one_line(self.owner_name, 60)} owns it: ask what is in the way, or hand it to somebody else."
        return "Nobody who can be told owns it: give it an owner."

    @property
    def about(self) -> str:
        """The incident in half a sentence."""
        return "" if self.private or not self.incident else f"From: {opening(self.incident, 1, 140)}"


SHORT = {
    Condition.OVERDUE: "{days} overdue",
    Condition.IDLE: "without movement for {days}",
    Condition.NOT_STARTED: "not started after {days}",
    Condition.UNASSIGNED: "without an owner for {days}",
    Condition.UNDELIVERABLE: "not in the tracker for {days}",
}
# Nobody says "for 0 working days".
FRESH = {
    Condition.OVERDUE: "overdue",
    Condition.IDLE: "without movement",
    Condition.NOT_STARTED: "not started",
    Condition.UNASSIGNED: "without an owner",
    Condition.UNDELIVERABLE: "not in the tracker",
}
OWN_MOVES = {
    Condition.OVERDUE: "Finish it, set a date that holds, or hand it on.",
    Condition.DUE_SOON: "Finish it, or set a date that holds before this one passes.",
    Condition.IDLE: "Say in the issue where it stands, or what it waits for.",
    Condition.NOT_STARTED: "Start it, set a date that holds, or hand it on.",
    Condition.UNASSIGNED: "Give it an owner.",
    Condition.UNDELIVERABLE: "Nothing to do in the issue: an operator is told.",
}


@dataclass(frozen=True, slots=True)
class StalledMail:
    """Everything that one person is told on one working day, worst first.

    `name` is what the reader is called; `list_url` our page with all of it; `policy` the name of the policy that asked
    for it; `contact` whom to tell that it is not theirs.
    """

    name: str
    lines: tuple[StalledLine, ...]
    list_url: str
    policy: str = ""
    contact: str = ""
    shown: tuple[StalledLine, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", self.lines[:SHOWN])

    @property
    def more(self) -> int:
        return len(self.lines) - len(self.shown)

    @property
    def subject(self) -> str:
        """Count and worst case in words; never a title, which a locked phone would show."""
        worst, count = self.lines[0], len(self.lines)
        if count == 1:
            urgency = f"a {worst.urgency} " if worst.urgency else ""
            return f"1 action needs you: {urgency}{worst.short}"
        which = f"a {worst.urgency}" if worst.urgency else "one"
        return f"{count} actions need you: {which} is {worst.short}"

    @property
    def asked(self) -> str:
        """The first line: what the reader is asked to do."""
        these = "this action" if len(self.lines) == 1 else f"these {len(self.lines)} actions"
        please = f"{one_line(self.name, 40)}, please" if self.name.strip() else "Please"
        if all(line.role == "owner" and not line.instead for line in self.lines):
            it = "it waits" if len(self.lines) == 1 else "each waits"
            return f"{please} move {these} on, or say in the issue what {it} for."
        return f"{please} help {these} move on: an owner, a date that holds, or a reason to leave it."

    @property
    def why(self) -> str:
        """Why they got it."""
        present = {"instead" if line.instead else line.role for line in self.lines}
        reasons = [reason for name, reason in REASONS.items() if name in present]
        if len(reasons) > 1:
            because = f"among these actions {listed([f'some {many}' for _, many in reasons])}"
        else:
            one, many = reasons[0]
            because = f"this action {one}" if len(self.lines) == 1 else f"these actions {many}"
        policy = f"Policy “{one_line(self.policy, 60)}”: at" if self.policy else "At"
        return f"You get this because {because}. {policy} most one such mail a working day."

    @property
    def stop(self) -> str:
        """How to stop it."""
        ask = f" If they are not yours at all, tell {one_line(self.contact, 80)}." if self.contact else ""
        return (
            "It stops when the issue is done, declined, handed on or given a later date; to say “I know” until a date, "
            f"open the action's page.{ask}"
        )


REASONS = {
    "owner": ("is assigned to you", "are assigned to you"),
    "instead": ("has no one nearer to it who can be told", "have no one nearer to them who can be told"),
    "lead": ("belongs to the team that you lead", "belong to the team that you lead"),
    "manager": ("is urgent and does not move", "are urgent and do not move"),
}


def _since(line: StalledLine) -> str:
    day = long_date(line.since)
    if line.condition is Condition.OVERDUE:
        by_policy = line.due_origin is DueOrigin.POLICY
        return f"; due {day}, a date set by policy" if by_policy else f"; due {day}"
    if line.condition is Condition.DUE_SOON:
        return f", on {day}"
    due = f"; due {long_date(line.due_on)}" if line.due_on and line.due_origin is not DueOrigin.POLICY else ""
    return f", since {day}{due}"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
