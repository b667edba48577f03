"""Opens an item's own issue again, because the promise was withdrawn and is made again."""

from __future__ import annotations

from datetime import datetime

from connectors.spi import Category
from service.domain.facts import State
from service.ledger import Message, UnitOfWork
from service.usecases.context import Context
from service.usecases.effects.work import Budget, Prepared, Skip, Work, check_issue


def prepare(context: Context, uow: UnitOfWork, message: Message, _now: datetime) -> Prepared:
    item = uow.items.lock(message.subject)
    if item.issue_id is None or item.state is not State.OPEN:
        return Skip(f"No longer needed: the action is {item.state.value}.")
    issue = uow.issues.get(item.issue_id)
    if issue.gone_at is not None:
        return Skip("Its issue is gone.")
    target = context.config.targets.get(issue.target)
    if target is not None and target.mode == "observe":
        return Skip(f"Target {target.name} only observes: its issues are not opened again.")
    tracker = context.trackers[issue.tracker]
    budget = Budget(context.lease_seconds(issue.target), context.capabilities(issue.tracker).call_seconds)

    def perform() -> str:
        check_issue(tracker, issue)
        budget.spend()
        return tracker.transition(issue.ref, Category.TODO)

    def settle(uow: UnitOfWork, status: str, at: datetime) -> str:
        uow.items.lock(item.id)
        # Noted as read, so that the tracker's own word of it is not taken for a person's movement.
        uow.issues.update(issue.id, status=status, category=Category.TODO.value)
        uow.issues.make_due([issue.id], at)
        uow.journal.append("issue.reopened", ("item", item.id), at, {"key": issue.key, "status": status})
        return f"Opened {issue.key} again."

    return Work(perform, settle)
