"""Decides where one item goes and asks for its issue; or holds it and says why."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from service.domain.facts import ItemFacts, PostmortemFacts, State
from service.domain.identity import marker
from service.domain.placement import Held, Placed, apply_brake, choose_route, mode_holds, tracker_of
from service.ledger import Item, Postmortem, UnitOfWork
from service.usecases.context import TRACKER, Context

OPEN, UPDATE, ADOPT = "open_issue", "update_issue", "adopt_issue"
BACKLOG = "backlog"
SILENT = "Finalized before the go-live date: nobody is mailed until it is released."


def go_live(context: Context) -> datetime | None:
    """The beginning (UTC) of the day from which we create and mail."""
    day = context.config.service.go_live_on
    return datetime.combine(day, time(), UTC) if day is not None else None


def before_go_live(context: Context, postmortem: Postmortem) -> bool:
    """Whether a postmortem was finalized before we create and mail; one of which nobody knows counts as old."""
    since = go_live(context)
    return since is not None and (postmortem.finalized_at is None or postmortem.finalized_at < since)


def is_muted(context: Context, item: Item, postmortem: Postmortem) -> bool:
    """Whether nobody is to be mailed of an item before a person has released it."""
    return item.released_at is None and before_go_live(context, postmortem)


def team_of(context: Context, facts: ItemFacts, postmortem: PostmortemFacts) -> str | None:
    """The team that a promise names, else its owner's, else the postmortem's."""
    owner = context.roster.owner(facts.owner)
    own = next((t.id for t in context.roster.teams.values() if owner and owner.id in t.members), None)
    named = context.roster.team([facts.team])
    if named:
        return named.id
    shared = context.roster.team(postmortem.teams, postmortem.services)
    return own or (shared.id if shared else None)


def place_item(context: Context, uow: UnitOfWork, postmortem: Postmortem, item: Item, now: datetime) -> Held | None:
    """Asks for the item's issue, or adopts the one it names, or holds it. Returns why it was held."""
    if item.issue_url:
        return _adopt(context, uow, postmortem, item, now)
    placed = choose_route(item.facts, item.team, postmortem.facts, context.config)
    if isinstance(placed, Held):
        return _hold(uow, item, placed, now)
    token = marker(context.secret, placed.target.tracker, postmortem.source, postmortem.source_id, item.identity)
    uow.items.update(item.id, route=placed.route.name, target=placed.target.name, marker=token)
    held = _must_wait(context, uow, postmortem, item, placed, now)
    if held is not None:
        return _hold(uow, item, held, now)
    uow.items.update(item.id, state=State.PENDING.value, attention_code=None, attention=None)
    uow.targets.ensure(placed.target.name, "tracker")
    uow.outbox.put(OPEN, item.id, placed.target.name, now)
    return None


def _must_wait(
    context: Context, uow: UnitOfWork, postmortem: Postmortem, item: Item, placed: Placed, now: datetime
) -> Held | None:
    """What a person's release overrides: the go-live date, the target's hold, the brake."""
    if is_muted(context, item, postmortem):
        day = context.config.service.go_live_on
        return Held(BACKLOG, f"Finalized before the go-live date {day}: release it with held release --code backlog.")
    held = mode_holds(placed.target, released=item.released_at is not None)
    if held is not None:
        if held.code == "observe":
            data = {"target": placed.target.name, "title": item.title}
            uow.journal.append("target.would_create", ("item", item.id), now, data)
        return held
    return None if item.released_at is not None else _brake(context, uow, postmortem, placed, now)


def _brake(context: Context, uow: UnitOfWork, postmortem: Postmortem, placed: Placed, now: datetime) -> Held | None:
    service = context.config.service
    made = uow.items.count_asked_for(postmortem.id, OPEN, service.creates_per_postmortem)
    held = apply_brake(1, made, service.creates_per_postmortem, "for one postmortem")
    if held is not None:
        return held
    lately = uow.outbox.created_since(OPEN, placed.target.name, now - timedelta(hours=1))
    return apply_brake(1, lately, service.creates_per_hour, f"in an hour for target {placed.target.name}")


def _adopt(context: Context, uow: UnitOfWork, postmortem: Postmortem, item: Item, now: datetime) -> Held | None:
    tracker = tracker_of(item.issue_url or "", context.browse_urls)
    if tracker is None:
        sentence = (
            f"It already has an issue at {item.issue_url}, which no configured tracker serves: "
            "configure that tracker, or settle it with held settle."
        )
        return _hold(uow, item, Held("linked_elsewhere", sentence), now)
    # The item stays silent if its postmortem is older than the go-live date, but it is recorded and adopted.
    code, sentence_or_none = (BACKLOG, SILENT) if is_muted(context, item, postmortem) else (None, None)
    token = marker(context.secret, tracker, postmortem.source, postmortem.source_id, item.identity)
    uow.items.update(item.id, state=State.PENDING.value, marker=token, attention_code=code, attention=sentence_or_none)
    uow.targets.ensure(TRACKER + tracker, "tracker")
    uow.outbox.put(ADOPT, item.id, TRACKER + tracker, now)
    return None


def _hold(uow: UnitOfWork, item: Item, held: Held, now: datetime) -> Held:
    if item.attention_code != held.code or item.state is not State.HELD:
        uow.journal.append("item.held", ("item", item.id), now, {"code": held.code, "why": held.sentence})
    uow.items.hold(item.id, held.code, held.sentence)
    return held


def target_at(context: Context, tracker: str, place: str, target: str) -> str:
    """Whose place an issue stands in: `target` while it has that place, else another target of ours, else only the
    tracker's, of which nobody knows who may see it.
    """
    having = [
        each.name
        for each in context.config.targets.values()
        if (each.tracker, each.place.casefold()) == (tracker, place.casefold())
    ]
    return target if target in having else next(iter(having), TRACKER + tracker)


def follow_up(uow: UnitOfWork, item: Item, now: datetime) -> None:
    """Asks for the item's issue to be told what changed, if it has one."""
    if item.issue_id is None:
        return
    issue = uow.issues.get(item.issue_id)
    uow.targets.ensure(issue.target, "tracker")
    uow.outbox.put(UPDATE, item.id, issue.target, now)
