"""Who reads what: a private postmortem is for operators; others see that it is there and nothing of what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from service.domain.facts import Actor, Role
from service.doors import Refused
from service.ledger import queries

PRIVATE_ACTION = "Private action"
PRIVATE_POSTMORTEM = "Private postmortem"
NOT_FOR_YOU = Refused(
    "door.private",
    "This belongs to a private postmortem, which operators may read.",
    "Ask an operator, or have your name added to the operators under [service] in afteraction.toml.",
)

ONLY_OPERATORS = Refused(
    "door.role",
    "Only operators decide.",
    "Ask an operator, or have your name added to the operators under [service] in afteraction.toml.",
)


def may_decide(actor: Actor | None) -> bool:
    return reads_private(actor)


def reads_private(actor: Actor | None) -> bool:
    return actor is not None and actor.role in (Role.OPERATOR, Role.ADMIN)


def is_private(story: queries.ItemStory | queries.PostmortemStory) -> bool:
    return story.postmortem.facts.visibility.value == "private"


def masked(value: Any) -> Any:
    """The same lists with every word of a private postmortem taken out; what is counted stays counted."""
    if isinstance(value, (list, tuple)):
        return [masked(each) for each in value]
    if isinstance(value, queries.HeldGroup):
        return replace(value, items=tuple(masked(value.items)))
    if isinstance(value, queries.Letter):
        return replace(value, about=None)
    if isinstance(value, queries.ItemLine) and value.visibility == "private":
        return replace(
            value,
            title=f"{PRIVATE_ACTION} {value.id}",
            attention=None,
            owner_text=None,
            assignee_name=None,
            postmortem_title=PRIVATE_POSTMORTEM,
        )
    if isinstance(value, queries.PostmortemLine) and value.visibility == "private":
        return replace(value, title=f"{PRIVATE_POSTMORTEM} {value.id}")
    return value
