"""Makes an item's issue exactly once: intent, one request, and a probe wherever the answer is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from config.model import TargetConfig
from connectors.spi import Category, Created, IssueDraft, IssueRef, Place, Reading, Rejected, Visibility
from service.domain.facts import ItemFacts, PostmortemFacts, State
from service.domain.following import next_state
from service.domain.identity import marker
from service.domain.placement import Held, Placed, may_leave, mode_holds
from service.domain.wishes import fields_of, is_confidential, key_of, obstacle, refused, unsupported
from service.ledger import Issue, Item, Message, Postmortem, UnitOfWork
from service.redaction import redact
from service.texts import issue_body, issue_title, said_of_item
from service.usecases.beside import ask_beside
from service.usecases.context import Context
from service.usecases.effects.work import Prepared, Skip, Wait, Work
from service.usecases.place import follow_up, target_at
from service.usecases.redacting import redacted

CLOSE_DUPLICATE = "close_duplicate"
# The tracker's clock may be behind ours; a probe that starts too late would miss the very issue it looks for.
CLOCK_SKEW = timedelta(hours=1)
# How often a creation looks whether one at another target, which may have succeeded, has been cleared up.
ELSEWHERE = timedelta(seconds=5)


def prepare(context: Context, uow: UnitOfWork, message: Message, now: datetime) -> Prepared:
    item = uow.items.lock(message.subject)
    if item.issue_id is not None:
        return Skip("It has its issue.")
    instance = uow.instance.get()
    assert instance is not None
    postmortem = uow.postmortems.get(item.postmortem_id)
    in_doubt = message.sent_at or (instance.restored_at if not message.probed else None)
    if in_doubt is not None:
        return _probe(context, item, postmortem, message, (in_doubt, instance.created_at, now))
    if item.state is not State.PENDING:
        return Skip(f"No longer needed: the action is {item.state.value}.")
    if item.issue_url:
        return Skip("No longer needed: the postmortem names an issue that stands for it.")
    if item.target != message.target:
        return Skip(f"No longer needed: the action goes to {item.target} now.")
    if uow.outbox.in_doubt_elsewhere(message):
        return Wait(now + ELSEWHERE)
    placed = _placed(context, item)
    held = placed if isinstance(placed, Held) else _refused(context, uow, item, postmortem, placed)
    if held is not None:
        uow.items.hold(item.id, held.code, held.sentence)
        uow.journal.append("item.held", ("item", item.id), now, {"code": held.code, "why": held.sentence})
        return Skip(f"Held: {held.code}.")
    assert isinstance(placed, Placed)
    return _create(context, item, postmortem, placed)


def _placed(context: Context, item: Item) -> Placed | Held:
    """The item's route and target as they are configured now; a route that leads elsewhere by now does not count."""
    target = context.config.targets.get(item.target or "")
    route = next((route for route in context.config.routes if route.name == item.route), None)
    if target is None or route is None or route.target != target.name or item.marker is None:
        return Held("no_route", "Its route or target is no longer configured: release it to route it anew.")
    return Placed(route, target)


def _refused(context: Context, uow: UnitOfWork, item: Item, postmortem: Postmortem, placed: Placed) -> Held | None:
    row = uow.targets.get(placed.target.name)
    place = (row.visibility if row else None) or Visibility.UNKNOWN
    privacy = may_leave(postmortem.facts.visibility, place, placed.route)
    held = privacy or mode_holds(placed.target, released=item.released_at is not None)
    return held or _not_taken(context, item, postmortem, placed, (row.described if row else None) or {})


def _not_taken(
    context: Context, item: Item, postmortem: Postmortem, placed: Placed, described: Mapping[str, Any]
) -> Held | None:
    """Why the place would refuse the issue, as far as the place itself has told."""
    tracker = placed.target.tracker
    lacking = next(unsupported(placed.route, tracker, context.capabilities(tracker)), None)
    if lacking is not None:
        return Held(lacking.code, f"{lacking.sentence} {lacking.cure}")
    place = context.place(placed)
    known = described.get(key_of(place))
    found = obstacle(known)
    if found is not None:
        return Held("place_refuses", f"{found[1]} {found[2]}")
    if not place.per_issue:
        return None
    return refused(known, fields_of(place.per_issue, _said(context, item, *_redacted(context, item, postmortem))))


def _said(context: Context, item: Item, promise: ItemFacts, review: PostmortemFacts) -> Mapping[str, str]:
    team = context.roster.teams.get(item.team or "")
    return said_of_item(replace(promise, priority=item.priority), review, team.name if team else None)


def _probe(
    context: Context,
    item: Item,
    postmortem: Postmortem,
    message: Message,
    instants: tuple[datetime, datetime, datetime],
) -> Prepared:
    """Looks for the issue by what the message alone says: the item may have been routed elsewhere meanwhile, and the
    target may have been given another place.
    """
    in_doubt, first_start, now = instants
    target = _sent_to(context, message)
    trusted_at = in_doubt + context.quiet(target.tracker)
    if now < trusted_at:
        return Wait(trusted_at)
    tracker = context.trackers[target.tracker]
    place = Place(target.place, target.issue_type, target.constants)
    token = marker(context.secret, target.tracker, postmortem.source, postmortem.source_id, item.identity)
    # Without an intent of this ledger's own, an issue may be as old as anything that shares its secret.
    back_to = (message.sent_at or first_start - timedelta(days=400)) - CLOCK_SKEW

    def settle(uow: UnitOfWork, found: Sequence[Reading], at: datetime) -> str | None:
        ours = [reading for reading in found if reading.ours is not False]
        if not ours:
            return None
        uow.targets.ensure(target.name, "tracker")
        for reading in ours:
            link(context, uow, item.id, reading, target, at)
        return f"Found after an unknown answer: {ours[0].issue.key}."

    return Work(lambda: tracker.find(place, token, back_to), settle, probe=True)


def _sent_to(context: Context, message: Message) -> TargetConfig:
    """The message's target as it was when its request left: whose place that is now decides who may see it."""
    target = context.config.targets.get(message.target)
    if target is None:
        sentence = f"Whether its issue was made in target {message.target} is not known, and that is not configured."
        raise Rejected("outbox.target_lost", sentence, "Configure the target again, then retry this message.")
    tracker, place = message.sent_tracker, message.sent_place
    if message.sent_at is None or tracker is None or place is None:
        return target
    if (tracker, place) == (target.tracker, target.place):
        return target
    if tracker not in context.trackers:
        sentence = f"Whether its issue was made in tracker {tracker} is not known, and that is not configured."
        raise Rejected("outbox.tracker_lost", sentence, "Configure the tracker again, then retry this message.")
    return TargetConfig(target_at(context, tracker, place, target.name), tracker, place, target.mode)


def _create(context: Context, item: Item, postmortem: Postmortem, placed: Placed) -> Work:
    tracker = context.trackers[placed.target.tracker]

    def create() -> Created:
        # Written outside the transaction, which others wait for.
        return tracker.create(context.place(placed), draft_of(context, item, postmortem, placed))

    def settle(uow: UnitOfWork, created: Created, at: datetime) -> str:
        current = uow.items.lock(item.id)
        issue = note_issue(
            uow,
            current,
            created.issue,
            placed.target,
            at,
            marker=item.marker or "",
            written_digest=created.text_digest,
            category=Category.TODO.value,
        )
        if issue.duplicate_of is None:
            _opened(uow, (item, current), created, at)
        ask_beside(context, uow, current, at)
        return f"Made {issue.key}."

    return Work(create, settle, intent=True, sent_to=(placed.target.tracker, context.place(placed).name))


def _opened(uow: UnitOfWork, items: tuple[Item, Item], created: Created, at: datetime) -> None:
    """Notes what was written; what the postmortem changed while we wrote is told afterwards. `items`: the item as it
    was written, and as it is now.
    """
    written, current = items
    uow.items.update(current.id, written_facts_digest=written.facts_digest)
    if created.dropped:
        uow.journal.append("issue.dropped", ("item", current.id), at, {"left out": list(created.dropped)})
    if current.facts_digest != written.facts_digest or current.state is State.WITHDRAWN:
        follow_up(uow, uow.items.get(current.id), at)


def text_of(context: Context, item: Item, postmortem: Postmortem) -> tuple[str, str]:
    """Title and body as they would be written now, with every credential taken out."""
    return _text(context, item, postmortem, *_redacted(context, item, postmortem))


def _redacted(context: Context, item: Item, postmortem: Postmortem) -> tuple[ItemFacts, PostmortemFacts]:
    return redacted(item.facts, context.redactor), redacted(postmortem.facts, context.redactor)


def _text(
    context: Context, item: Item, postmortem: Postmortem, promise: ItemFacts, review: PostmortemFacts
) -> tuple[str, str]:
    person = context.roster.people.get(item.owner_person or "")
    team = context.roster.teams.get(item.team or "")
    body = issue_body(
        promise,
        review,
        f"{context.base_url}/postmortems/{postmortem.id}",
        person.name if person else None,
        team.name if team else None,
        context.item_url(item.id),
    )
    return redact(issue_title(promise)).text, redact(body).text


def draft_of(context: Context, item: Item, postmortem: Postmortem, placed: Placed) -> IssueDraft:
    """The issue as it would be made now."""
    person = context.roster.people.get(item.owner_person or "")
    promise, review = _redacted(context, item, postmortem)
    title, body = _text(context, item, postmortem, promise, review)
    return IssueDraft(
        title=title,
        body=body,
        marker=item.marker or "",
        labels=(*placed.target.labels, *placed.route.labels, *promise.labels),
        priority=item.priority,
        due_on=item.promised_due_on,
        assignee=context.roster.account(placed.target.tracker, person),
        link=review.url or f"{context.base_url}/postmortems/{postmortem.id}",
        fields=fields_of(context.place(placed).per_issue, _said(context, item, promise, review)),
        confidential=is_confidential(placed.route, review.visibility, context.capabilities(placed.target.tracker)),
    )


def note_issue(
    uow: UnitOfWork, item: Item, ref: IssueRef, target: TargetConfig, at: datetime, **values: object
) -> Issue:
    """Records an issue that exists: as the item's own, or, if it has another already, one of the two as a duplicate.
    The item was locked by the caller.
    """
    known = uow.issues.by_refs(target.tracker, [ref.ref]).get(ref.ref)
    if known is None:
        known = uow.issues.add(target.tracker, ref, at, target=target.name, origin="made", **values)
    if item.issue_id is None:
        state = item.state if item.state is State.WITHDRAWN else next_state(State.OPEN, known.category)
        uow.items.update(
            item.id, issue_id=known.id, state=state.value, opened_at=at, attention_code=None, attention=None
        )
        uow.journal.append("issue.made", ("item", item.id), at, {"key": ref.key, "url": ref.url})
        if item.moved_from is not None:
            _leave_behind(uow, item, item.moved_from, known, at)
    elif known.id != item.issue_id and known.duplicate_of is None:
        _settle_twins(uow, item, known, at)
        return uow.issues.get(known.id)
    return known


def _leave_behind(uow: UnitOfWork, item: Item, old_id: int, new: Issue, at: datetime) -> None:
    """The item was moved to another target: the issue that it had is closed, unless it carries another item still."""
    uow.items.update(item.id, moved_from=None)
    old = uow.issues.lock(old_id)
    if old.gone_at is None and old.id != new.id and not uow.items.of_issues([old.id]):
        uow.issues.update(old.id, duplicate_of=new.id, origin="moved")
        uow.targets.ensure(old.target, "tracker")
        uow.outbox.put(CLOSE_DUPLICATE, old.id, old.target, at)
        data = {"closed": old.key, "kept": new.key}
        uow.journal.append("issue.left", ("item", item.id), at, data)


def _settle_twins(uow: UnitOfWork, item: Item, found: Issue, at: datetime) -> None:
    """Two issues for one item: the later is closed as a duplicate, unless people work on it already."""
    linked = uow.issues.get(item.issue_id or 0)
    swap = _is_earlier(found, linked) and linked.category is Category.TODO
    kept, later = (found, linked) if swap else (linked, found)
    uow.issues.update(later.id, duplicate_of=kept.id, origin="duplicate")
    uow.journal.append("issue.second", ("item", item.id), at, {"key": later.key, "url": later.url})
    uow.outbox.put(CLOSE_DUPLICATE, later.id, later.target, at)
    if swap:
        for each in uow.items.of_issues([linked.id], lock=True):
            # What the kept one says, and whether a comment of ours is on it, is looked at anew.
            uow.items.update(each.id, issue_id=kept.id, comment_ref=None, written_facts_digest="")
            follow_up(uow, uow.items.get(each.id), at)


def _is_earlier(one: Issue, other: Issue) -> bool:
    """By the numbers of their keys, which a tracker counts up in each place; elsewhere nobody can tell."""
    if (one.tracker, one.place) != (other.tracker, other.place):
        return False
    numbers = [re.search(r"(\d+)$", issue.key) for issue in (one, other)]
    return all(numbers) and int(numbers[0][1]) < int(numbers[1][1])  # type: ignore[index]  # all matched


def _untouched(context: Context, uow: UnitOfWork, item: Item, target: TargetConfig, reading: Reading) -> str | None:
    """The digest of a found issue's text where it is still ours: nobody changed the issue, or it says what we would."""
    if reading.created_at is not None and reading.updated_at <= reading.created_at:
        return reading.text_digest
    title, body = text_of(context, item, uow.postmortems.get(item.postmortem_id))
    ours = context.trackers[target.tracker].text_digest(title, body)
    return ours if reading.text_digest == ours else None


def link(context: Context, uow: UnitOfWork, item_id: int, reading: Reading, target: TargetConfig, at: datetime) -> None:
    """Takes an issue of ours that was found by its marker, after an unknown answer or in a restored ledger."""
    item = uow.items.lock(item_id)
    issue = note_issue(
        uow,
        item,
        reading.issue,
        target,
        at,
        marker=next(iter(reading.markers), item.marker),
        written_digest=_untouched(context, uow, item, target, reading),
        category=reading.category.value,
        title=reading.title,
        status=reading.status,
    )
    if issue.duplicate_of is None and item.written_facts_digest is None:
        # What the lost request wrote is not known; whether it is still what is promised is looked at once.
        uow.items.update(item.id, written_facts_digest="")
        follow_up(uow, uow.items.get(item.id), at)
    ask_beside(context, uow, item, at)
    uow.issues.make_due([issue.id], at)
