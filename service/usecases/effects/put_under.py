"""Puts an item's issue under its parent, which is asked for by the first that wants one."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.model import OWN_PARENT, RouteConfig, TargetConfig
from connectors.spi import Rejected, Tracker
from service.domain.identity import marker
from service.ledger import Item, Message, Parent, UnitOfWork
from service.usecases.beside import route_of, withheld
from service.usecases.context import Context
from service.usecases.effects.work import Budget, Prepared, Skip, Wait, Work

OPEN_PARENT = "open_parent"
SOON = timedelta(seconds=1)
# A person must mend what stands in the way of a parent that was refused.
REFUSED = timedelta(seconds=60)


def prepare(context: Context, uow: UnitOfWork, message: Message, now: datetime) -> Prepared:
    item = uow.items.lock(message.subject)
    route = route_of(context, item)
    if item.issue_id is None or route is None or route.parent is None:
        return Skip("No parent is wanted.")
    issue = uow.issues.get(item.issue_id)
    if issue.gone_at is not None:
        return Skip("Its issue is gone.")
    target = context.config.targets.get(issue.target)
    if target is None:
        return Skip(f"Its issue stands in {issue.place} by now, which is no target's place.")
    if target.name != message.target:
        # Who may see a parent is known of the target whose place it is made in.
        uow.outbox.put(message.kind, item.id, target.name, now)
        return Skip(f"Its issue stands with {target.name} by now and is put under a parent there.")
    held = withheld(context, uow, item, issue, uow.postmortems.get(item.postmortem_id))
    if held is not None:
        return Skip(f"Not put under its parent: {held.code}.")
    parent = _parent(context, uow, item, (route, target), now)
    if parent.issue_id is None:
        return _asked_for(uow, parent, message, now)
    above = uow.issues.get(parent.issue_id)
    if above.gone_at is not None or above.tracker != issue.tracker:
        return Skip(f"Its parent {above.key} is gone: it stands by itself.")
    if above.id == issue.id:
        return Skip("It is the parent itself.")
    tracker = context.trackers[issue.tracker]
    budget = Budget(context.lease_seconds(issue.target), context.capabilities(issue.tracker).call_seconds)

    def settle(uow: UnitOfWork, there: bool, at: datetime) -> str:
        if not there:
            uow.issues.make_due([above.id], at)
            return f"Its parent {above.key} is gone: it stands by itself."
        uow.journal.append("issue.put_under", ("item", item.id), at, {"key": issue.key, "parent": above.key})
        return f"Put {issue.key} under {above.key}."

    return Work(lambda: _put(tracker, (issue.ref, above.ref), budget), settle)


def _put(tracker: Tracker, refs: tuple[str, str], budget: Budget) -> bool:
    """False where the parent was deleted and we did not know it yet: not every tracker says so as such."""
    issue, above = refs
    try:
        tracker.put_under(issue, above)
    except Rejected:
        budget.spend()
        if above not in tracker.read([above]).gone:
            raise
        return False
    return True


def _parent(
    context: Context, uow: UnitOfWork, item: Item, wanted: tuple[RouteConfig, TargetConfig], now: datetime
) -> Parent:
    """One of its own for each postmortem and place, or the one that the route names."""
    route, target = wanted
    if route.parent != OWN_PARENT:
        return uow.parents.ensure((target.tracker, "", route.parent or ""), route.name, now)
    postmortem = uow.postmortems.get(item.postmortem_id)
    identity = f"parent:{target.place}"
    token = marker(context.secret, target.tracker, postmortem.source, postmortem.source_id, identity)
    named = (target.tracker, target.place, f"postmortem:{postmortem.id}")
    return uow.parents.ensure(named, route.name, now, postmortem_id=postmortem.id, marker=token)


def _asked_for(uow: UnitOfWork, parent: Parent, message: Message, now: datetime) -> Skip | Wait:
    asked = uow.outbox.in_flight(OPEN_PARENT, parent.id)
    if asked is not None:
        return Wait(now + (REFUSED if asked.state == "dead" else SOON))
    if uow.outbox.is_given_up(OPEN_PARENT, parent.id):
        return Skip("A person gave its parent up: it stands by itself.")
    uow.outbox.put(OPEN_PARENT, parent.id, message.target, now)
    return Wait(now + SOON)
