"""Turns a revision of a postmortem into items and outbox messages, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from service.domain.corrections import corrected, with_corrections
from service.domain.facts import PostmortemFacts, State
from service.domain.identity import first_identity
from service.domain.matching import Known, Stated
from service.domain.placement import SELF_HEALING
from service.domain.revising import revise
from service.ledger import Item, Postmortem, UnitOfWork
from service.ledger.inbox import HANDED_IN
from service.usecases.context import Context
from service.usecases.listeners import ABSORBED, standing, tell_absorbed, wanted
from service.usecases.place import ADOPT, OPEN, follow_up, place_item, team_of
from service.usecases.promises import bring_back, changes_between, known_as, leave_doubt, stand, withdraw
from service.usecases.understand import StatedItem, Understood

AMBIGUOUS = (
    "It may be one of the actions that this revision no longer lists, or one that was withdrawn before: say which with "
    "held merge or held settle."
)


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What a revision did: `applied`, `same`, `stale` or `recorded` (a draft or a reopened one)."""

    outcome: str
    postmortem_id: int
    sentence: str


def absorb(
    context: Context, uow: UnitOfWork, understood: Understood, delivery_id: int, now: datetime, *, fetched: bool = False
) -> Absorbed:
    """Compares a revision with what the ledger has, places what is new, and asks for what must become true outside.
    `fetched`: it is what its source has by now, and no revision came since, however old the delivery is.

    Locks the postmortem's row first, so that two workers with two revisions of it take turns. Nothing is committed.
    """
    postmortem = uow.postmortems.lock(understood.facts, now)
    outcome = _outcome(postmortem, understood, arrived_later=fetched or delivery_id > postmortem.delivery_id)
    said = (understood.revision, understood.facts.status, understood.digest)
    uow.postmortems.record_revision(postmortem, delivery_id, said, outcome, now)
    subject = ("postmortem", postmortem.id)
    if outcome in ("stale", "same"):
        uow.journal.append(f"postmortem.{outcome}", subject, now, {"revision": understood.revision})
        return Absorbed(outcome, postmortem.id, f"This revision is {outcome} and changed nothing.")
    facts = _settled_facts(context, uow, postmortem, understood, delivery_id, now)
    uow.postmortems.save(
        postmortem,
        facts,
        now,
        revision=understood.revision if understood.revision is not None else postmortem.revision,
        document_digest=understood.digest,
        delivery_id=max(delivery_id, postmortem.delivery_id),
        merged_into=understood.merged_into,
    )
    uow.journal.append(
        "postmortem.absorbed",
        subject,
        now,
        {"status": facts.status, "revision": understood.revision, "items": len(understood.items)},
    )
    before = standing(uow, postmortem) if wanted(context, ABSORBED) and outcome == "applied" else None
    revision = _Revision(context, uow, uow.postmortems.get(postmortem.id), now)
    if facts.status == "final" and not understood.merged_into:
        revision.apply(understood.items)
    elif facts.status == "deleted" or understood.merged_into:
        revision.withdraw(uow.items.of_postmortem(postmortem.id, lock=True))
    if before is not None:
        tell_absorbed(context, uow, postmortem.id, before, now)
    return Absorbed(outcome, postmortem.id, f"Absorbed as {facts.status} with {len(understood.items)} action items.")


def _outcome(postmortem: Postmortem, understood: Understood, *, arrived_later: bool) -> str:
    if postmortem.document_digest == understood.digest and postmortem.revision == understood.revision:
        return "same"
    # A deletion seldom has a number of its own: what then comes back has the one that it had before.
    back = postmortem.status == "deleted" and understood.revision == postmortem.revision
    if understood.revision is not None and postmortem.revision is not None and not back:
        newer = understood.revision > postmortem.revision
    else:
        newer = arrived_later
    if not newer:
        return "stale"
    return "applied" if understood.facts.status in ("final", "deleted") else "recorded"


def _settled_facts(
    context: Context, uow: UnitOfWork, postmortem: Postmortem, understood: Understood, delivery_id: int, now: datetime
) -> PostmortemFacts:
    """A postmortem that does not say since when is final since we first saw it so; but where there is a go-live date
    and we never saw it as a draft, since the latest instant that it states of its incident, and, if a person handed
    it in without any, nobody knows since when: it counts as older than that date.
    """
    facts = understood.facts
    if facts.status == "deleted" and postmortem.document_digest:
        # What is gone says nothing any more; above all not that it was private.
        return replace(postmortem.facts, status="deleted")
    if facts.status == "draft" and postmortem.status in ("final", "reopened"):
        # Few tools have a word for it: what was final and is so no longer is being worked on again.
        facts = replace(facts, status="reopened")
    if facts.finalized_at is not None:
        return facts
    since = postmortem.finalized_at
    if since is None and facts.status == "final":
        if context.config.service.go_live_on is None or postmortem.status == "draft":
            since = now
        elif understood.known_at is not None:
            since = min(understood.known_at, now)
        elif postmortem.status != "final" and not _handed_in(uow, delivery_id):
            since = now
    return replace(facts, finalized_at=since)


def _handed_in(uow: UnitOfWork, delivery_id: int) -> bool:
    delivery = uow.inbox.get(delivery_id)
    return delivery is not None and delivery.key.startswith(HANDED_IN)


class _Revision:
    """The newer revision of one locked postmortem, being applied."""

    def __init__(self, context: Context, uow: UnitOfWork, postmortem: Postmortem, now: datetime) -> None:
        self._context = context
        self._uow = uow
        self._postmortem = postmortem
        self._now = now
        self._done_by = now

    def apply(self, stated: tuple[StatedItem, ...]) -> None:
        known = {item.id: item for item in self._uow.items.of_postmortem(self._postmortem.id, lock=True)}
        if not known and self._postmortem.finalized_at is not None:
            # What the first final revision says is done was done when it became final, however late we hear of it.
            self._done_by = min(self._now, self._postmortem.finalized_at)
        made = revise(self._known(known.values(), stated), [_as_stated(each) for each in stated])
        for item_id, index in made.restated:
            self._restate(known[item_id], stated[index])
        self.withdraw(known[item_id] for item_id in made.withdrawn)
        for item_id, left in made.doubts.items():
            leave_doubt(self._context, self._uow, self._uow.items.get(item_id), left, self._now)
        taken = {item.identity for item in known.values()}
        for index in sorted(made.added, key=lambda i: (stated[i].facts.priority or "p9", i)):
            taken.add(self._add(stated[index], made.added[index], taken))

    def _known(self, items: Collection[Item], stated: tuple[StatedItem, ...]) -> list[Known]:
        named = any(each.link for each in stated)
        urls = self._uow.issues.urls(item.issue_id for item in items if item.issue_id) if named else {}
        return [known_as(item, (urls[item.issue_id],) if item.issue_id in urls else ()) for item in items]

    def _add(self, stated: StatedItem, candidates: tuple[int, ...], taken: Collection[str]) -> str:
        identity = first_identity(stated.source_item_id, stated.facts.title, taken)
        owner = self._context.roster.owner(stated.facts.owner)
        item = self._uow.items.add(
            self._postmortem.id,
            stated.facts,
            self._now,
            position=stated.index,
            source_item_id=stated.source_item_id,
            identity=identity,
            state=State.PENDING.value,
            team=team_of(self._context, stated.facts, self._postmortem.facts),
            owner_person=owner.id if owner else None,
            issue_url=stated.link,
            candidates=list(candidates),
            stated_done=stated.done,
            doubt=stated.doubtful,
        )
        self._uow.journal.append(
            "item.stated", ("item", item.id), self._now, {"title": item.title, "postmortem": self._postmortem.source_id}
        )
        if stated.ended is not None:
            self._uow.items.update(item.id, state=stated.ended.value, closed_at=self._done_by)
        elif candidates:
            self._uow.items.hold(item.id, "ambiguous", AMBIGUOUS)
            data = {"code": "ambiguous", "why": AMBIGUOUS}
            self._uow.journal.append("item.held", ("item", item.id), self._now, data)
        else:
            stand(self._context, self._uow, item, self._now)
        return identity

    def _restate(self, item: Item, stated: StatedItem) -> None:
        facts = with_corrections(item.facts, item.said, stated.facts)
        back = item.state is State.WITHDRAWN
        if stated.done != item.stated_done:
            self._uow.items.update(item.id, stated_done=stated.done)
        source_item_id = stated.source_item_id or item.source_item_id
        if stated.facts.digest() == item.said.digest() and not back:
            if (stated.index, source_item_id) != (item.position, item.source_item_id):
                self._uow.items.update(item.id, position=stated.index, source_item_id=source_item_id)
            return self._settle_unmade(item, stated)
        differing = changes_between(item.facts, facts, self._now)
        owner = self._context.roster.owner(facts.owner)
        self._uow.items.restate(
            item,
            facts,
            stated.facts,
            (*item.changes, *differing) if item.issue_id else (),
            position=stated.index,
            source_item_id=source_item_id,
            team=team_of(self._context, facts, self._postmortem.facts),
            owner_person=owner.id if owner else None,
        )
        event = "item.returned" if back else "item.changed"
        self._uow.journal.append(event, ("item", item.id), self._now, {c.field: [c.old, c.new] for c in differing})
        lapsed = set(corrected(item.facts, item.said)) - set(corrected(facts, stated.facts))
        if lapsed:
            self._uow.journal.append("item.uncorrected", ("item", item.id), self._now, {"fields": sorted(lapsed)})
        if back:
            bring_back(self._context, self._uow, self._uow.items.get(item.id), stated.link, self._now, stated.ended)
        else:
            self._settle_unmade(self._uow.items.get(item.id), stated)
            self._ask_again(self._uow.items.get(item.id))
        return follow_up(self._uow, self._uow.items.get(item.id), self._now)

    def _settle_unmade(self, item: Item, stated: StatedItem) -> None:
        """What a newer revision means for an item that has no issue yet: done, promised again, or linked meanwhile."""
        if item.issue_id is not None:
            return
        waits = item.state in (State.PENDING, State.HELD)
        if stated.ended is not None and waits:
            values = {"state": stated.ended.value, "closed_at": self._now, "attention_code": None, "attention": None}
            self._uow.items.update(item.id, **values, candidates=[], doubt=None)
            self._uow.journal.append(f"item.{stated.ended.value}", ("item", item.id), self._now)
        elif item.state is State.DONE and not stated.done:
            self._uow.items.update(item.id, state=State.PENDING.value, closed_at=None, issue_url=stated.link)
            stand(self._context, self._uow, self._uow.items.get(item.id), self._now)
        elif waits and self._linked_anew(item, stated):
            self._uow.items.update(item.id, issue_url=stated.link)
            place_item(self._context, self._uow, self._postmortem, self._uow.items.get(item.id), self._now)
        elif item.doubt is not None and stated.doubtful is None:
            # The document says by now that it is meant.
            self._uow.items.update(item.id, doubt=None)
            if item.attention_code == "doubtful":
                stand(self._context, self._uow, self._uow.items.get(item.id), self._now)
        else:
            self._heal(item)

    def _linked_anew(self, item: Item, stated: StatedItem) -> bool:
        """Whether the document names another issue than before. A person who let an item go has overruled the link."""
        undecided = item.attention_code not in ("ambiguous", "doubtful") and item.released_at is None
        return undecided and stated.link is not None and stated.link != item.issue_url

    def _heal(self, item: Item) -> None:
        """What was held for want of a route or for privacy is looked at again with the newer facts."""
        if item.state is State.HELD and item.attention_code in SELF_HEALING:
            place_item(self._context, self._uow, self._postmortem, item, self._now)

    def _ask_again(self, item: Item) -> None:
        """What a tracker refused to open or to adopt is worth another try now that a fact has changed."""
        if item.state is State.PENDING and item.issue_id is None:
            for kind in (OPEN, ADOPT):
                message = self._uow.outbox.in_flight(kind, item.id)
                if message is not None and message.state == "dead":
                    self._uow.outbox.revive(message.id, self._now)

    def withdraw(self, items: Iterable[Item]) -> None:
        for item in items:
            withdraw(self._uow, item, self._now)


def _as_stated(stated: StatedItem) -> Stated:
    return Stated(stated.index, stated.source_item_id, stated.facts.title, stated.link, stated.ended is not None)
