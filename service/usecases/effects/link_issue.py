"""Puts one web link to its postmortem beside an issue's text."""

from __future__ import annotations

from datetime import datetime

from service.domain.identity import marker
from service.ledger import Message, UnitOfWork
from service.texts import parent_title
from service.usecases.beside import route_of, withheld
from service.usecases.context import Context
from service.usecases.effects.work import Prepared, Skip, Work
from service.usecases.redacting import redacted


def prepare(context: Context, uow: UnitOfWork, message: Message, _now: datetime) -> Prepared:
    item = uow.items.lock(message.subject)
    route = route_of(context, item)
    if item.issue_id is None or route is None or not route.link_back:
        return Skip("No link is wanted.")
    issue = uow.issues.get(item.issue_id)
    if issue.gone_at is not None:
        return Skip("Its issue is gone.")
    postmortem = uow.postmortems.get(item.postmortem_id)
    held = withheld(context, uow, item, issue, postmortem)
    if held is not None:
        return Skip(f"Not linked: {held.code}.")
    tracker = context.trackers[issue.tracker]
    # The same in any ledger that shares the secret: a link that is there is changed, never added to.
    token = marker(context.secret, issue.tracker, postmortem.source, postmortem.source_id, "link")
    facts = postmortem.facts

    def perform() -> None:
        review = redacted(facts, context.redactor)
        url = review.url or f"{context.base_url}/postmortems/{postmortem.id}"
        tracker.link(issue.ref, f"afteraction-{token}", url, context.redactor.redact(parent_title(review)).text)

    def settle(uow: UnitOfWork, _nothing: None, at: datetime) -> str:
        uow.journal.append("issue.linked", ("item", item.id), at, {"key": issue.key})
        return f"Linked {issue.key} to its postmortem."

    return Work(perform, settle)
