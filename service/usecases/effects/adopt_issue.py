"""Takes the issue that a postmortem names as the item's own; it is never written but for our comment."""

from __future__ import annotations

from datetime import datetime

from connectors.spi import Missing, Reading
from service.domain.facts import State
from service.domain.following import next_state
from service.ledger import Item, Message, UnitOfWork
from service.usecases.context import TRACKER, Context
from service.usecases.effects.work import Prepared, Skip, Work


def prepare(context: Context, uow: UnitOfWork, message: Message, _now: datetime) -> Prepared:
    item = uow.items.lock(message.subject)
    if item.issue_id is not None or item.state is not State.PENDING or not item.issue_url:
        return Skip("There is nothing to adopt.")
    name = message.target.removeprefix(TRACKER)
    tracker = context.trackers[name]
    url = item.issue_url

    def settle(uow: UnitOfWork, reading: Reading | None, at: datetime) -> str:
        if reading is None:
            raise Missing("adopt.not_an_issue", f"{url} is not an issue.", "Correct the link in the postmortem.")
        now = uow.items.lock(item.id)
        if now.issue_id is not None or now.state is not State.PENDING or now.issue_url != url:
            return "No longer needed: the action changed while the issue was looked up."
        _adopt(context, uow, now, name, reading, at)
        return f"Adopted {reading.issue.key}."

    return Work(lambda: tracker.look_up(url), settle)


def _adopt(context: Context, uow: UnitOfWork, item: Item, name: str, reading: Reading, at: datetime) -> None:
    issue = uow.issues.by_refs(name, [reading.issue.ref]).get(reading.issue.ref)
    if issue is None:
        target = next(
            (t.name for t in context.config.targets.values() if (t.tracker, t.place) == (name, reading.issue.place)),
            TRACKER + name,
        )
        issue = uow.issues.add(
            name, reading.issue, at, target=target, origin="adopted", category=reading.category.value
        )
        uow.issues.apply(issue, reading, at)
    holder = context.roster.holder(name, reading.assignee)
    state = next_state(State.OPEN, reading.category)
    uow.items.update(
        item.id,
        issue_id=issue.id,
        state=state.value,
        opened_at=at,
        closed_at=None if state.is_open else at,
        assignee_read=True,
        assigned=reading.assignee is not None,
        assignee_person=holder.id if holder else None,
        current_due_on=reading.due_on,
        written_facts_digest=item.facts_digest,
    )
    data = {"key": reading.issue.key, "url": reading.issue.url}
    uow.journal.append("issue.adopted", ("item", item.id), at, data)
