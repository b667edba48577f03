"""Closes the later of two issues that were made for one item, and says so on it."""

from __future__ import annotations

from datetime import datetime

from connectors.spi import IssueRef
from service.ledger import Message, UnitOfWork
from service.texts import duplicate_comment
from service.usecases.context import Context
from service.usecases.effects.work import Prepared, Skip, Work


def prepare(context: Context, uow: UnitOfWork, message: Message, _now: datetime) -> Prepared:
    issue = uow.issues.get(message.subject)
    if issue.duplicate_of is None or issue.gone_at is not None:
        return Skip("There is no duplicate to close.")
    kept = uow.issues.get(issue.duplicate_of)
    original = IssueRef(kept.ref, kept.key, kept.url, kept.place)
    tracker = context.trackers[issue.tracker]

    def settle(uow: UnitOfWork, _nothing: None, at: datetime) -> str:
        for item in uow.items.of_issues([kept.id]):
            data = {"closed": issue.key, "kept": kept.key}
            uow.journal.append("issue.duplicate_closed", ("item", item.id), at, data)
        uow.issues.make_due([issue.id], at)
        return f"Closed {issue.key} as a duplicate of {kept.key}."

    return Work(lambda: tracker.close_as_duplicate(issue.ref, original, duplicate_comment(original)), settle)
