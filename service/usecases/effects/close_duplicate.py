"""Closes an issue whose action goes on in another: the later of two, or one that a person moved to another target."""

from __future__ import annotations

from datetime import datetime

from connectors.spi import Category, IssueRef, Tracker
from service.ledger import Issue, Message, UnitOfWork
from service.texts import duplicate_comment, moved_comment
from service.usecases.context import Context
from service.usecases.effects.work import Budget, Prepared, Skip, Work, check_issue

MOVED = "moved"


def prepare(context: Context, uow: UnitOfWork, message: Message, _now: datetime) -> Prepared:
    issue = uow.issues.get(message.subject)
    if issue.duplicate_of is None or issue.gone_at is not None:
        return Skip("There is no duplicate to close.")
    kept = uow.issues.get(issue.duplicate_of)
    original = IssueRef(kept.ref, kept.key, kept.url, kept.place)
    tracker = context.trackers[issue.tracker]
    budget = Budget(context.lease_seconds(issue.target), context.capabilities(issue.tracker).call_seconds)

    def perform() -> None:
        check_issue(tracker, issue)
        budget.spend()
        if issue.origin == MOVED:
            _close_moved(tracker, issue, original)
        else:
            tracker.close_as_duplicate(issue.ref, original, duplicate_comment(original))

    def settle(uow: UnitOfWork, _nothing: None, at: datetime) -> str:
        for item in uow.items.of_issues([kept.id]):
            data = {"closed": issue.key, "kept": kept.key}
            uow.journal.append("issue.duplicate_closed", ("item", item.id), at, data)
        uow.issues.make_due([issue.id], at)
        return f"Closed {issue.key}: the action goes on in {kept.key}."

    return Work(perform, settle)


def _close_moved(tracker: Tracker, issue: Issue, kept: IssueRef) -> None:
    """By comment and status alone: the other issue may be in a tracker that this one cannot link to."""
    marker = f"moved-{issue.id}"
    if not tracker.comments_with(issue.ref, marker):
        tracker.comment(issue.ref, marker, moved_comment(kept), None)
    tracker.transition(issue.ref, Category.DECLINED)
