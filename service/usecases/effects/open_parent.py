"""Makes the one issue that a postmortem's issues stand under, exactly once; or finds the one that a route names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from config.model import OWN_PARENT
from connectors.spi import Category, Created, IssueDraft, IssueRef, Missing, Place, Reading, Rejected, Visibility
from service.domain.placement import Placed, may_leave
from service.domain.wishes import fields_of, is_confidential, key_of, obstacle, parent_place_of, refused
from service.ledger import Message, Parent, Postmortem, UnitOfWork
from service.texts import parent_body, parent_title, said_of_postmortem
from service.usecases.context import Context
from service.usecases.effects.open_issue import CLOCK_SKEW, CLOSE_DUPLICATE, ELSEWHERE
from service.usecases.effects.work import Prepared, Skip, Wait, Work
from service.usecases.redacting import redacted

PARENT = "parent"
_CURE = "Mend it, then retry this message with dead-letters retry."


def prepare(context: Context, uow: UnitOfWork, message: Message, now: datetime) -> Prepared:
    parent = uow.parents.lock(message.subject)
    if parent.issue_id is not None:
        return Skip("It is there.")
    placed = _placed(context, parent, message)
    if parent.postmortem_id is None:
        return _find_named(context, parent) if placed else Skip("No longer needed: no route names it.")
    instance = uow.instance.get()
    assert instance is not None
    in_doubt = message.sent_at or (instance.restored_at if not message.probed else None)
    if in_doubt is not None:
        return _probe(context, parent, message, (in_doubt, instance.created_at, now))
    if placed is None or placed.route.parent != OWN_PARENT:
        return Skip("No longer needed: its route wants no parent.")
    if uow.outbox.in_doubt_elsewhere(message):
        return Wait(now + ELSEWHERE)
    row = uow.targets.get(message.target)
    postmortem = uow.postmortems.get(parent.postmortem_id)
    held = may_leave(postmortem.facts.visibility, (row and row.visibility) or Visibility.UNKNOWN, placed.route)
    if held is not None or placed.target.mode == "observe":
        return Skip(f"Held: {held.code if held else 'observe'}.")
    place = parent_place_of(placed.target, placed.route)
    draft = parent_draft(context, postmortem, placed, parent.marker or "")
    _must_be_taken(((row and row.described) or {}).get(key_of(place)), draft)
    return _create(context, parent, placed, (place, draft))


def _placed(context: Context, parent: Parent, message: Message) -> Placed | None:
    target = context.config.targets.get(message.target)
    route = next((route for route in context.config.routes if route.name == parent.route), None)
    wanted = OWN_PARENT if parent.postmortem_id is not None else parent.identity
    return Placed(route, target) if target and route and route.parent == wanted else None


def _must_be_taken(known: dict[str, object] | None, draft: IssueDraft) -> None:
    """Raises Rejected where the place has told already that it would refuse the parent: nothing is sent."""
    found = obstacle(known)
    if found is not None:
        raise Rejected(*found)
    held = refused(known, draft.fields)
    if held is not None:
        raise Rejected(f"parent.{held.code}", f"The parent would be refused. {held.sentence}", _CURE)


def parent_draft(context: Context, postmortem: Postmortem, placed: Placed, token: str) -> IssueDraft:
    """The parent as it would be made now."""
    review = redacted(postmortem.facts, context.redactor)
    page = f"{context.base_url}/postmortems/{postmortem.id}"
    place = parent_place_of(placed.target, placed.route)
    able = context.capabilities(placed.target.tracker)
    return IssueDraft(
        title=context.redactor.redact(parent_title(review)).text,
        body=context.redactor.redact(parent_body(review, page)).text,
        marker=token,
        labels=(*placed.target.labels, *placed.route.labels),
        link=review.url or page,
        fields=fields_of(place.per_issue, said_of_postmortem(review)),
        confidential=is_confidential(placed.route, postmortem.facts.visibility, able),
    )


def _probe(
    context: Context, parent: Parent, message: Message, instants: tuple[datetime, datetime, datetime]
) -> Prepared:
    """Looks for the parent by its marker, once an unknown answer can be trusted to show."""
    in_doubt, first_start, now = instants
    tracker = context.trackers.get(parent.tracker)
    if tracker is None:
        sentence = f"Whether a parent was made in tracker {parent.tracker} is not known, and that is not configured."
        raise Rejected("outbox.tracker_lost", sentence, "Configure the tracker again, then retry this message.")
    trusted_at = in_doubt + context.quiet(parent.tracker)
    if now < trusted_at:
        return Wait(trusted_at)
    back_to = (message.sent_at or first_start - timedelta(days=400)) - CLOCK_SKEW

    def settle(uow: UnitOfWork, found: Sequence[Reading], at: datetime) -> str | None:
        ours = [reading for reading in found if reading.ours is not False]
        for reading in ours:
            _note(uow, parent.id, (reading.issue, message.target, reading.category, reading.text_digest), at)
        return f"Found after an unknown answer: {ours[0].issue.key}." if ours else None

    # Not where the target leads by now: what is in doubt was sent where it led then.
    place = (message.sent_at and message.sent_place) or parent.place
    return Work(lambda: tracker.find(Place(place), parent.marker or "", back_to), settle, probe=True)


def _create(context: Context, parent: Parent, placed: Placed, what: tuple[Place, IssueDraft]) -> Work:
    tracker = context.trackers[parent.tracker]

    def settle(uow: UnitOfWork, created: Created, at: datetime) -> str:
        _note(uow, parent.id, (created.issue, placed.target.name, Category.TODO, created.text_digest), at)
        return f"Made {created.issue.key}."

    return Work(lambda: tracker.create(*what), settle, intent=True, sent_to=(parent.tracker, what[0].name))


def _note(uow: UnitOfWork, parent_id: int, made: tuple[IssueRef, str, Category, str | None], at: datetime) -> None:
    """Records a parent that exists; the second of two is closed as a duplicate, for issues stand under the first."""
    ref, target, category, digest = made
    parent = uow.parents.lock(parent_id)
    issue = uow.issues.by_refs(parent.tracker, [ref.ref]).get(ref.ref)
    if issue is None:
        values = {"target": target, "origin": PARENT, "marker": parent.marker, "category": category.value}
        issue = uow.issues.add(parent.tracker, ref, at, **values, written_digest=digest)
    subject = ("postmortem", parent.postmortem_id)
    if parent.issue_id is None:
        uow.parents.set_issue(parent.id, issue.id)
        uow.journal.append("issue.parent_made", subject, at, {"key": ref.key, "url": ref.url})
    elif parent.issue_id != issue.id and issue.duplicate_of is None:
        uow.issues.update(issue.id, duplicate_of=parent.issue_id, origin="duplicate")
        uow.journal.append("issue.second", subject, at, {"key": ref.key, "url": ref.url})
        uow.outbox.put(CLOSE_DUPLICATE, issue.id, target, at)


def _find_named(context: Context, parent: Parent) -> Work:
    """An issue that is there: read once, and never written."""
    tracker = context.trackers[parent.tracker]

    def settle(uow: UnitOfWork, reading: Reading | None, at: datetime) -> str:
        if reading is None:
            sentence = f"The parent {parent.identity} is no issue of the tracker {parent.tracker}."
            raise Missing("parent.not_an_issue", sentence, f"Correct parent in the route {parent.route}.")
        known = uow.issues.by_refs(parent.tracker, [reading.issue.ref]).get(reading.issue.ref)
        if known is None:
            values = {"target": f"tracker:{parent.tracker}", "origin": PARENT, "category": reading.category.value}
            known = uow.issues.add(parent.tracker, reading.issue, at, **values)
            uow.issues.apply(known, reading, at)
        uow.parents.set_issue(parent.id, known.id)
        return f"Found {reading.issue.key}."

    return Work(lambda: tracker.look_up(parent.identity), settle)
