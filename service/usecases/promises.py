"""What becomes of one promise: it stands, is withdrawn, comes back, turns out to be one of its own."""

from __future__ import annotations

from datetime import datetime

from connectors.spi import Category
from service.domain.facts import Change, ItemFacts, State
from service.domain.following import STATE_OF
from service.domain.matching import Known
from service.domain.placement import Held
from service.ledger import Item, UnitOfWork
from service.usecases.context import Context
from service.usecases.place import follow_up, place_item

REOPEN = "reopen_issue"
CLOSED_MEANWHILE = "closed_meanwhile"
TRACKED = ("title", "description", "kind", "success_metric", "validation_plan", "due_on", "priority", "owner", "team")


def known_as(item: Item, links: tuple[str, ...] = ()) -> Known:
    """An item as revisions are compared with it: by what the document last said, whatever a person corrected."""
    return Known(
        item.id,
        item.source_item_id,
        item.said.title,
        active=item.state is not State.WITHDRAWN,
        earlier=item.earlier_titles,
        same_as=item.same_as,
        candidates=item.candidates,
        dismissed=item.is_dismissed,
        links=tuple(link for link in (item.issue_url, *links) if link),
    )


def stand(context: Context, uow: UnitOfWork, item: Item, now: datetime) -> Held | None:
    """Asks for the issue of a promise that is known to be one of its own; held while it is not sure to be a promise."""
    if item.doubt is None:
        return place_item(context, uow, uow.postmortems.get(item.postmortem_id), item, now)
    uow.items.hold(item.id, "doubtful", item.doubt)
    uow.journal.append("item.held", ("item", item.id), now, {"code": "doubtful", "why": item.doubt})
    return Held("doubtful", item.doubt)


def let_go(context: Context, uow: UnitOfWork, item: Item, now: datetime) -> Held | None:
    """What a person's word sets free: a new issue, or the own one opened again. Returns why it is still held."""
    # What became of it while it was silent is news from now on.
    uow.items.update(item.id, released_at=now, candidates=[], doubt=None, noted_state=State.PENDING.value)
    if item.attention_code == CLOSED_MEANWHILE:
        reopen(uow, item, now)
        return None
    if item.attention_code in ("issue_gone", "duplicate_unknown"):
        uow.items.update(
            item.id, issue_id=None, issue_url=None, written_facts_digest=None, changes=[], comment_ref=None
        )
    return stand(context, uow, uow.items.get(item.id), now)


def reopen(uow: UnitOfWork, item: Item, now: datetime) -> None:
    """Asks for the item's own issue to be opened again."""
    assert item.issue_id is not None
    issue = uow.issues.get(item.issue_id)
    uow.items.update(item.id, state=State.OPEN.value, closed_at=None, attention_code=None, attention=None)
    uow.targets.ensure(issue.target, "tracker")
    uow.outbox.put(REOPEN, item.id, issue.target, now)


def bring_back(
    context: Context, uow: UnitOfWork, item: Item, link: str | None, now: datetime, ended: State | None = None
) -> None:
    """A promise that was withdrawn is made again: its own issue stands for it, if it has one. `ended`: what the
    document says became of it.
    """
    if item.is_dismissed:
        uow.items.update(item.id, state=State.DECLINED.value)
    elif item.issue_id is not None:
        _bring_back_issue(uow, item, now)
    elif ended is not None:
        uow.items.update(item.id, state=ended.value, closed_at=now, issue_url=link)
    else:
        uow.items.update(item.id, state=State.PENDING.value, closed_at=None, issue_url=link)
        stand(context, uow, uow.items.get(item.id), now)


def _bring_back_issue(uow: UnitOfWork, item: Item, now: datetime) -> None:
    """What was closed before it was withdrawn stays as the team left it. What was closed as not to be done while it
    was withdrawn was closed because of that, and is opened again; what was closed as done may have been done.
    """
    assert item.issue_id is not None
    issue = uow.issues.get(item.issue_id)
    was_open = item.state_before is None or item.state_before.is_open
    if issue.gone_at is not None and was_open:
        sentence = f"Its issue {issue.key} is gone from the tracker: release it to make a new one, or settle it."
        uow.items.update(item.id, closed_at=None)
        return uow.items.hold(item.id, "issue_gone", sentence)
    state = STATE_OF[issue.category]
    if state.is_open or not was_open:
        closed_at = None if state.is_open else item.closed_at
        return uow.items.update(item.id, state=state.value, closed_at=closed_at)
    if issue.category is Category.DECLINED and issue.origin == "made":
        return reopen(uow, item, now)
    sentence = (
        f"The postmortem lists it again, and its issue {issue.key} was closed while it did not: release it to have the "
        "issue opened again, or dismiss it to leave the issue as it is."
    )
    uow.items.hold(item.id, CLOSED_MEANWHILE, sentence)
    return uow.journal.append("item.held", ("item", item.id), now, {"code": CLOSED_MEANWHILE, "why": sentence})


def withdraw(uow: UnitOfWork, item: Item, now: datetime) -> None:
    """The postmortem no longer promises it: its issue is told, and stays the team's to keep or close.

    What nobody had decided yet keeps its candidates, so that its words are judged anew should they return.
    """
    if item.state is State.WITHDRAWN:
        return
    uow.items.update(
        item.id,
        state=State.WITHDRAWN.value,
        state_before=item.state.value,
        closed_at=item.closed_at or now,
        attention_code=None,
        attention=None,
    )
    uow.journal.append("item.withdrawn", ("item", item.id), now)
    follow_up(uow, uow.items.get(item.id), now)


def leave_doubt(context: Context, uow: UnitOfWork, item: Item, left: tuple[int, ...], now: datetime) -> None:
    """Notes what a held item may still be; with nothing left, it is a promise of its own."""
    uow.items.update(item.id, candidates=list(left))
    if not left:
        stand(context, uow, uow.items.get(item.id), now)


def changes_between(old: ItemFacts, new: ItemFacts, now: datetime) -> tuple[Change, ...]:
    """What a revision changed of a promise, in words for the people who work on it."""
    differing = ((name, _show(getattr(old, name)), _show(getattr(new, name))) for name in TRACKED)
    return tuple(Change(now, name, before, after) for name, before, after in differing if before != after)


def _show(value: object) -> str:
    if value is None:
        return ""
    name = getattr(value, "name", None) or getattr(value, "email", None)
    return str(name or value)
