"""How instants, days, people and states read on a page. Registered as filters of the templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from config.model import Config
from service.domain.escalation import policy_for
from service.domain.stalls import DueOrigin, ItemStanding, effective_due
from service.domain.workdays import Calendar
from service.ledger.queries import ItemLine
from service.usecases.durations import distance, span

CONDITIONS = {
    "overdue": "overdue",
    "idle": "idle",
    "unassigned": "unassigned",
    "not_started": "not started",
    "due_soon": "due soon",
    "undeliverable": "undeliverable",
}


@dataclass(frozen=True, slots=True)
class Due:
    """The date that an item is held to; `by_policy` where nobody named one."""

    on: date
    by_policy: bool


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one page: names from the configuration, times seen from one instant."""

    config: Config
    at: datetime

    def ago(self, instant: datetime | None, missing: str = "never") -> Markup:
        """An instant as its distance, exact on hover and in print."""
        if instant is None:
            return Markup('<span class="absent">{}</span>').format(missing)
        apart = self.at - instant
        words = f"{span(apart)} ago" if apart.total_seconds() >= 0 else f"in {span(-apart)}"
        return _time(instant.astimezone(UTC).isoformat(timespec="seconds"), exactly(instant), words)

    def day(self, day: date | None, missing: str = "no date") -> Markup:
        """A day as its distance, exact on hover and in print."""
        if day is None:
            return Markup('<span class="absent">{}</span>').format(missing)
        return _time(day.isoformat(), date_words(day), distance(day, self.at.date()))

    def instant(self, instant: datetime | None) -> Markup:
        """An instant written out, for lists that are in order of time."""
        if instant is None:
            return Markup('<span class="absent">unknown</span>')
        utc = instant.astimezone(UTC)
        return Markup('<time datetime="{}">{} {:%H:%M}</time>').format(
            utc.isoformat(timespec="seconds"), date_words(utc.date(), weekday=False), utc
        )

    def person(self, person_id: str | None, missing: str = "nobody") -> Markup | str:
        if person_id is None:
            return Markup('<span class="absent">{}</span>').format(missing)
        person = self.config.people.get(person_id)
        return person.name if person else person_id

    def team(self, team_id: str | None, missing: str = "no team") -> Markup | str:
        if team_id is None:
            return Markup('<span class="absent">{}</span>').format(missing)
        team = self.config.teams.get(team_id)
        return team.name if team else team_id

    def holder(self, line: ItemLine) -> Markup | str:
        """Who holds it now: the assignee as last read, before that the promised owner; else the words used there."""
        known, words = (
            (line.assignee_person, line.assignee_name) if line.assignee_read else (line.owner_person, line.owner_text)
        )
        return self.person(known) if known else words or self.person(None)

    def due(self, line: ItemLine) -> Due | None:
        """The date in force; by policy where nobody named one and the item is not closed."""
        if line.due_on is not None:
            return Due(line.due_on, by_policy=False)
        policy = policy_for(line.team, line.severity, self.config.policies)
        if policy is None or not line.state.is_open:
            return None
        standing = ItemStanding(
            line.id, line.state, line.created_at, priority=line.priority, released_at=line.released_at
        )
        found = effective_due(standing, policy, Calendar())
        return Due(found[0], by_policy=found[1] is DueOrigin.POLICY) if found else None

    def is_past(self, day: date | None) -> bool:
        return day is not None and day < self.at.date()


def filters() -> dict[str, Callable[..., Any]]:
    """The filters that templates use; each asks the `Words` of the page, which stand in its context as `said`."""

    def bound(name: str) -> Callable[..., Any]:
        @pass_context
        def by_words(context: Context, *arguments: Any) -> Any:
            return getattr(context["said"], name)(*arguments)

        return by_words

    return {name: bound(name) for name in ("ago", "day", "instant", "person", "team")}


def _time(machine: str, exact: str, words: str) -> Markup:
    return Markup('<time datetime="{0}" title="{1}">{2}</time>').format(machine, exact, words)


def date_words(day: date, *, weekday: bool = True) -> str:
    """`Mon 23 Nov 2026`, never a form that two countries read differently."""
    return f"{day:%a} {day.day} {day:%b %Y}" if weekday else f"{day.day} {day:%b %Y}"


def exactly(instant: datetime) -> str:
    utc = instant.astimezone(UTC)
    return f"{date_words(utc.date())} {utc:%H:%M:%S} UTC"


def percent(part: int, whole: int) -> str:
    """A rate as whole per cent; never rounded up to all or down to none."""
    if whole == 0:
        return "–"
    rate = 100 * part / whole
    rounded = min(99, max(1, round(rate))) if 0 < part < whole else round(rate)
    return f"{rounded} %"


def safe_link(url: str | None) -> str | None:
    """A link from outside, if it can only be a web page."""
    return url if url and url.lower().startswith(("http://", "https://")) else None


def condition(name: str) -> str:
    return CONDITIONS.get(name, name.replace("_", " "))


def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def number(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


def month(name: str) -> str:
    """`2026-11` as `Nov 2026`."""
    return f"{date.fromisoformat(name + '-01'):%b %Y}"


def anchor(code: str, held: bool) -> str:
    """Where a group of items stands on the page of what needs a person."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in code) or "other"
    return f"{'held' if held else 'flagged'}-{plain}"


def short_key(key: str) -> str:
    """An issue's key without the owner of its repository: `platform#412`."""
    return key.rpartition("/")[2]
