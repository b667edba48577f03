"""A ledger with many action items, written in bulk: most promises kept or on their way, some overdue, some idle."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from connectors.spi import OwnerText, Visibility, text_digest
from service.domain.facts import ItemFacts, PostmortemFacts
from service.ledger import Ledger, codec
from service.ledger.tables import action_items, issues, postmortems

ITEMS_EACH = 5
STATES = ("open", "open", "doing", "done", "done", "verified", "declined", "open", "doing", "done")


def fill(ledger: Ledger, count: int, now: datetime) -> None:
    """So many items in postmortems of five each, every item with its issue, over the year before `now`."""
    with ledger.begin() as uow:
        posts = [_postmortem(number, now) for number in range(1, count // ITEMS_EACH + 1)]
        uow.connection.execute(insert(postmortems), posts)
        uow.connection.execute(insert(issues), [_issue(number, now) for number in range(1, count + 1)])
        uow.connection.execute(insert(action_items), [_item(number, now) for number in range(1, count + 1)])
        uow.commit()


def _made(number: int, now: datetime) -> datetime:
    return now - timedelta(days=1 + number * 7 % 360, minutes=number % 1440)


def _postmortem(number: int, now: datetime) -> dict[str, Any]:
    at, source_id = _made(number, now), f"INC-{number}"
    facts = PostmortemFacts(
        source="incidents",
        source_id=source_id,
        title=f"{source_id}: checkout refused payments",
        status="final",
        severity=f"sev{1 + number % 4}",
        visibility=Visibility.INTERNAL,
        teams=("payments",),
        finalized_at=at,
    )
    return {
        "id": number,
        "source": facts.source,
        "source_id": source_id,
        "status": facts.status,
        "title": facts.title,
        "severity": facts.severity,
        "visibility": facts.visibility.value,
        "facts": codec.postmortem_to_json(facts),
        "finalized_at": at,
        "created_at": at,
        "updated_at": at,
    }


def _issue(number: int, now: datetime) -> dict[str, Any]:
    category = {"done": "done", "verified": "done", "declined": "declined", "doing": "doing"}
    key = f"PAY-{number}"
    return {
        "id": number,
        "tracker": "jira",
        "target": "pay",
        "place": "PAY",
        "ref": str(number),
        "key": key,
        "url": f"http://127.0.0.1/browse/{key}",
        "origin": "made",
        "title": f"Action {number}",
        "status": "To Do",
        "category": category.get(STATES[number % len(STATES)], "todo"),
        "written_digest": text_digest(f"Action {number}", ""),
        "created_at": _made(number, now),
    }


def _item(number: int, now: datetime) -> dict[str, Any]:
    at = _made(number, now)
    state = STATES[number % len(STATES)]
    due = (at + timedelta(days=90)).date()
    facts = ItemFacts(f"Action {number}", kind="detect", priority=f"p{number % 5}", owner=OwnerText(name="dana"))
    return {
        "id": number,
        "postmortem_id": 1 + (number - 1) // ITEMS_EACH,
        "position": number % ITEMS_EACH,
        "identity": f"id:{number}",
        "marker": f"marker-{number}",
        "title": facts.title,
        "facts": codec.item_to_json(facts),
        "facts_digest": facts.digest(),
        "written_facts_digest": facts.digest(),
        "changes": [],
        "kind": "detect",
        "priority": facts.priority,
        "team": "payments",
        "owner_person": ("dana", "mateo", None)[number % 3],
        "promised_due_on": due,
        "first_due_on": due,
        "current_due_on": due,
        "assigned": bool(number % 3),
        "state": state,
        "target": "pay",
        "issue_id": number,
        "created_at": at,
        "opened_at": at,
        "closed_at": at + timedelta(days=40) if state in ("done", "verified", "declined") else None,
        "last_movement_at": at + timedelta(days=3),
    }
