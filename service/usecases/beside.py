"""What a route wants beside the issue itself, once that exists: a parent above it, a link back to the postmortem."""

from __future__ import annotations

from datetime import datetime

from config.model import RouteConfig
from connectors.spi import Visibility
from service.domain.placement import Held, may_leave
from service.ledger import Issue, Item, Postmortem, UnitOfWork
from service.usecases.context import Context

PUT_UNDER, LINK = "put_under", "link_issue"


def ask_beside(context: Context, uow: UnitOfWork, item: Item, now: datetime) -> None:
    """Asks for it; each may be asked for and done again freely. What issue the item has by now is read anew."""
    route = route_of(context, item)
    if route is None or (route.parent is None and not route.link_back):
        return
    issue_id = uow.items.get(item.id).issue_id
    if issue_id is None:
        return
    target = uow.issues.get(issue_id).target
    if route.parent is not None:
        uow.outbox.put(PUT_UNDER, item.id, target, now)
    if route.link_back:
        uow.outbox.put(LINK, item.id, target, now)


def route_of(context: Context, item: Item) -> RouteConfig | None:
    """The item's route as it is configured now."""
    return next((route for route in context.config.routes if route.name == item.route), None)


def withheld(context: Context, uow: UnitOfWork, item: Item, issue: Issue, postmortem: Postmortem) -> Held | None:
    """Why nothing may be written to an issue that is there."""
    target = context.config.targets.get(issue.target)
    if target is not None and target.mode == "observe":
        return Held("observe", f"Target {target.name} only observes: its issues are not told of changes.")
    row = uow.targets.get(issue.target)
    place = (row.visibility if row else None) or Visibility.UNKNOWN
    return may_leave(postmortem.facts.visibility, place, route_of(context, item))
