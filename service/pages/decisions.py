"""What a person may decide about an item, as a form sends it: which decisions fit, and what each does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from service.domain.corrections import corrected
from service.domain.facts import Actor, State
from service.ledger import Item
from service.usecases.context import Context
from service.usecases.promises import CLOSED_MEANWHILE
from service.usecases.release import Which, release
from service.usecases.settle import (
    CannotSettle,
    Correction,
    correct,
    settle_dismissed,
    settle_new,
    settle_same,
)

LONGEST = 2_000

NAMES = {"title": "Action", "owner": "Owner", "team": "Team", "due_on": "Due", "priority": "Priority"}

DONE = {
    "release": "Released, with your reason.",
    "new": "Settled as an action of its own.",
    "merge": "Merged: both are one promise from now on.",
    "dismiss": "Dismissed, with your reason.",
    "correct": "Corrected. It stays so until the document itself says something else there.",
    "still": "Noted, and it still has to wait: see why below.",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One button: the word that it sends, and what it says."""

    word: str
    label: str


MERGE, CORRECT = Choice("merge", "It is the same as that one"), Choice("correct", "Only save the correction")
DISMISS = Choice("dismiss", "It is no action")
RELEASE = Choice("release", "Release it")

# By why it is held; what is not named is released or dismissed.
CHOICES: Mapping[str, tuple[Choice, ...]] = {
    "ambiguous": (Choice("new", "It is a new action"), MERGE, DISMISS),
    "doubtful": (Choice("new", "It is an action"), MERGE, DISMISS),
    "linked_elsewhere": (Choice("new", "Make an issue of its own"), DISMISS),
    "issue_gone": (Choice("release", "Make another issue"), Choice("dismiss", "Let it go")),
    "duplicate_unknown": (Choice("release", "Make another issue"), Choice("dismiss", "Let it go")),
    CLOSED_MEANWHILE: (Choice("release", "Open the issue again"), Choice("dismiss", "Leave it closed")),
    "observe": (DISMISS,),
    "no_private_route": (DISMISS,),
}


def choices(state: State, code: str | None) -> tuple[Choice, ...]:
    """The decisions that fit; none for what is not held."""
    return CHOICES.get(code or "", (RELEASE, DISMISS)) if state is State.HELD else ()


def can_correct(item: Item) -> bool:
    return item.state is State.HELD and item.issue_id is None


def stated_fields(item: Item) -> dict[str, str]:
    """The fields of the form as the item has them."""
    facts, owner = item.facts, item.facts.owner
    return {
        "title": facts.title,
        "owner": (owner.email or owner.name or "") if owner else "",
        "due_on": facts.due_on.isoformat() if facts.due_on else "",
        "priority": facts.priority or "",
        "team": facts.team or "",
    }


def document_says(item: Item) -> list[tuple[str, str]]:
    """What a person corrected, as the document still has it."""
    return [(NAMES[name], _words(getattr(item.said, name))) for name in corrected(item.facts, item.said)]


def _words(value: object) -> str:
    return str(getattr(value, "email", None) or getattr(value, "name", None) or value or "")


def decide(context: Context, item: Item, form: Mapping[str, str], actor: Actor) -> str:
    """Does what the form asks for; returns the word of what came of it. Raises CannotSettle."""
    word, reason = form.get("decision", ""), " ".join(form.get("reason", "").split())[:LONGEST]
    if not reason:
        raise CannotSettle("Give a reason: it stands in the journal beside your name.")
    if word not in {choice.word for choice in (*choices(item.state, item.attention_code), CORRECT)}:
        raise CannotSettle(f"Item {item.id} is {item.state.value}, and that decision does not fit it any more.")
    correction = _correction(item, form)
    if correction is not None and word in ("new", "release", "correct"):
        correct(context, item.id, correction, actor, reason)
    elif word == "correct":
        raise CannotSettle("Nothing was changed in the form: correct a field first.")
    return _carry_out(context, item, word, form, (actor, reason))


def _carry_out(context: Context, item: Item, word: str, form: Mapping[str, str], by: tuple[Actor, str]) -> str:
    if word == "new":
        return "still" if settle_new(context, item.id, *by) else "new"
    if word == "release":
        released = release(context, Which(items=(item.id,)), *by)
        return "still" if any(each.refused for each in released) else "release"
    if word == "dismiss":
        settle_dismissed(context, item.id, *by)
    elif word == "merge":
        other = form.get("other", "")
        if not (other.isascii() and other.isdigit()):
            raise CannotSettle("Say which action it is the same as.")
        settle_same(context, item.id, int(other), *by)
    return word


def _correction(item: Item, form: Mapping[str, str]) -> Correction | None:
    """What the form changes of the item; None where it changes nothing, or has no such fields."""
    now = stated_fields(item)
    values = {
        field.name: form[field.name][:LONGEST]
        for field in fields(Correction)
        if field.name in form and form[field.name].strip() != now[field.name].strip()
    }
    return Correction(**values) if values else None
