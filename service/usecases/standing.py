"""Where an item stands, for the deciders of stalls and notices."""

from __future__ import annotations

from typing import Any

from config.model import PolicyConfig, StepConfig
from service.domain.escalation import Directory, zone_of
from service.domain.stalls import STALLING_STATES, ItemStanding
from service.ledger import Item, Postmortem


def standing_of(item: Item, postmortem: Postmortem, directory: Directory) -> ItemStanding:
    """Where an item stands now: the tracker's assignee and date where it was read, else what was promised."""
    read = item.assignee_read
    person = item.assignee_person if read else item.owner_person
    named = item.assigned if read else item.facts.owner is not None
    return ItemStanding(
        item_id=item.id,
        state=item.state,
        created_at=max(item.created_at, postmortem.finalized_at or item.created_at),
        priority=item.priority,
        promised_due_on=item.promised_due_on,
        current_due_on=item.current_due_on,
        assignee_person_id=person,
        assignee_known=person is not None or not named,
        last_movement_at=item.last_movement_at,
        started=item.state not in STALLING_STATES or item.state.value == "doing",
        snoozed_until=item.snoozed_until,
        released_at=item.released_at,
        team_id=item.team,
        zone=zone_of(person, item.team, directory),
    )


def policy_from_json(stored: dict[str, Any]) -> PolicyConfig:
    """A policy as it was when a stall began."""
    steps = tuple(StepConfig(**{**step, "priorities": tuple(step["priorities"])}) for step in stored["steps"])
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    return PolicyConfig(**{**values, "steps": steps})
