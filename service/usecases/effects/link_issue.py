"""Puts a web link to its postmortem beside an issue's text, and one to the incident's own issue."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.spi import Visibility
from service.domain.identity import marker
from service.domain.placement import tracker_of
from service.ledger import Issue, Message, Postmortem, UnitOfWork
from service.texts import parent_title
from service.usecases.beside import route_of, withheld
from service.usecases.context import Context
from service.usecases.effects.work import Budget, Prepared, Skip, Work, check_place
from service.usecases.redacting import redacted

# So long after an issue was made nobody is taken to have moved it.
FRESH = timedelta(minutes=10)


def prepare(context: Context, uow: UnitOfWork, message: Message, now: datetime) -> Prepared:
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
    budget = Budget(context.lease_seconds(issue.target), context.capabilities(issue.tracker).call_seconds)
    fresh = item.opened_at is not None and now - item.opened_at < FRESH
    public = postmortem.facts.visibility is Visibility.PUBLIC

    def perform() -> None:
        if not (fresh or public):
            check_place(tracker, issue.ref, issue.place)
            budget.spend()
        for number, (url, title) in enumerate(_links(context, postmortem, issue)):
            if number:
                budget.spend()
            tracker.link(issue.ref, f"afteraction-{token}{'-incident' if number else ''}", url, title)

    def settle(uow: UnitOfWork, _nothing: None, at: datetime) -> str:
        uow.journal.append("issue.linked", ("item", item.id), at, {"key": issue.key})
        return f"Linked {issue.key} to its postmortem."

    return Work(perform, settle)


def _links(context: Context, postmortem: Postmortem, issue: Issue) -> list[tuple[str, str]]:
    """To the postmortem, and to the incident's own issue where that is in the same tracker."""
    review = redacted(postmortem.facts, context.redactor)
    page = review.url or f"{context.base_url}/postmortems/{postmortem.id}"
    links = [(page, context.redactor.redact(parent_title(review)).text)]
    own = review.issue_url
    if own and own != issue.url and tracker_of(own, context.browse_urls) == issue.tracker:
        links.append((own, f"Incident: {own.rstrip('/').rpartition('/')[2]}"))
    return links
