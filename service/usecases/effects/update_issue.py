"""Brings an issue up to what its item says: title and body while they are still ours, and one comment of ours."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from connectors.spi import AccessDenied, Created, Missing, Overtaken, Rejected, Tracker, Visibility
from service.domain.facts import State
from service.ledger import Issue, Item, Message, Postmortem, UnitOfWork
from service.redaction import redact
from service.texts import changes_comment
from service.usecases.beside import withheld
from service.usecases.context import Context
from service.usecases.effects.open_issue import text_of
from service.usecases.effects.work import Budget, Prepared, Skip, Wait, Work, check_place
from service.usecases.place import follow_up, target_at
from service.usecases.redacting import redacted


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the issue should say: `rewrite` None leaves title and body alone; `comment` None leaves no comment.

    `digest`: of what `rewrite` says; `written`: of what we last wrote, several where an answer was lost. `place`: where
    alone it may be said, None for what everybody may read.
    """

    ref: str
    place: str | None
    marker: str
    rewrite: tuple[str, str] | None
    digest: str
    written: tuple[str, ...]
    comment: str | None
    comment_ref: str | None

    def ours(self) -> tuple[str, ...]:
        """What the issue may say if nobody but us wrote it."""
        return tuple(dict.fromkeys((*self.written, self.digest)))


@dataclass(frozen=True, slots=True)
class _Done:
    written: Created | None
    theirs: bool
    comment_ref: str | None
    new_comment: bool


def prepare(context: Context, uow: UnitOfWork, message: Message, now: datetime) -> Prepared:
    item = uow.items.lock(message.subject)
    if item.issue_id is None or item.marker is None:
        return Skip("It has no issue.")
    issue = uow.issues.get(item.issue_id)
    if issue.gone_at is not None:
        return Skip("Its issue is gone.")
    if message.sent_at is not None and now < message.sent_at + context.quiet(issue.tracker):
        # An earlier comment may still be on its way; looking for it too soon would make a second one.
        return Wait(message.sent_at + context.quiet(issue.tracker))
    target = target_at(context, issue.tracker, issue.place, issue.target)
    if target != message.target:
        # Who may see an issue, and how fast it may be written to, is known of the target whose place it is in now.
        uow.issues.update(issue.id, target=target)
        follow_up(uow, item, now)
        return Skip(f"Its issue stands with {target} by now and is told there.")
    postmortem = uow.postmortems.get(item.postmortem_id)
    held = withheld(context, uow, item, issue, postmortem)
    if held is not None:
        uow.items.update(item.id, attention_code=held.code, attention=held.sentence)
        uow.journal.append("issue.withheld", ("item", item.id), now, {"why": held.sentence})
        return Skip(f"Not told: {held.code}.")
    plan = _plan(context, item, issue, postmortem)
    if plan.rewrite is None and plan.comment is None:
        return Skip("It says what it should.")
    if plan.rewrite is not None:
        # Noted before it leaves: if the answer is lost, our own words must not be taken for a person's.
        uow.issues.update(issue.id, written_digest=" ".join(plan.ours()))
    return _work(context, item, issue, plan)


def _plan(context: Context, item: Item, issue: Issue, postmortem: Postmortem) -> _Plan:
    withdrawn = item.state is State.WITHDRAWN
    # Once a comment of ours says "withdrawn", it must also say when that was taken back.
    returned = not withdrawn and item.comment_ref is not None and (item.state_before is not None or not item.changes)
    comment = None
    if item.changes or withdrawn or returned:
        text = changes_comment(
            redacted(item.changes, context.redactor),
            redacted(postmortem.facts, context.redactor),
            withdrawn=withdrawn,
            returned=returned,
        )
        comment = redact(text).text
    rewrite = None
    # Another item may have adopted an issue that was made for this one, or the other way round.
    made_for_it = issue.origin == "made" and issue.marker == item.marker
    if made_for_it and item.facts_digest != item.written_facts_digest and not withdrawn:
        rewrite = text_of(context, item, postmortem)
    digest = context.trackers[issue.tracker].text_digest(*rewrite) if rewrite else ""
    written = tuple((issue.written_digest or "").split())
    place = None if postmortem.facts.visibility is Visibility.PUBLIC else issue.place
    return _Plan(issue.ref, place, item.marker or "", rewrite, digest, written, comment, item.comment_ref)


def _work(context: Context, item: Item, issue: Issue, plan: _Plan) -> Work:
    tracker = context.trackers[issue.tracker]
    budget = Budget(context.lease_seconds(issue.target), context.capabilities(issue.tracker).call_seconds)

    def settle(uow: UnitOfWork, done: _Done, at: datetime) -> str:
        now = uow.items.lock(item.id)
        values: dict[str, object] = {}
        if done.new_comment:
            values["our_comments"] = uow.issues.get(issue.id).our_comments + 1
        if done.written is not None:
            values["written_digest"] = done.written.text_digest
        elif done.theirs:
            # Not written, so no longer noted; what another worker wrote meanwhile stays noted.
            known = (uow.issues.get(issue.id).written_digest or "").split()
            kept = [each for each in known if each != plan.digest or each in plan.written]
            values["written_digest"] = " ".join(kept) or None
        if values:
            uow.issues.update(issue.id, **values)
        # Several items may share an issue: each has a comment of its own.
        uow.items.update(item.id, written_facts_digest=item.facts_digest, comment_ref=done.comment_ref)
        data = {"rewritten": done.written is not None, "text is the team's": done.theirs, "comment": plan.comment}
        uow.journal.append("issue.told", ("item", item.id), at, data)
        if (now.facts_digest, now.state, now.changes) != (item.facts_digest, item.state, item.changes):
            # Another revision came while we wrote; under a stale fence nobody else would ask for it again.
            follow_up(uow, now, at)
        return "Rewritten." if done.written else "Told by a comment."

    return Work(lambda: _perform(tracker, plan, budget), settle, intent=plan.comment is not None)


def _perform(tracker: Tracker, plan: _Plan, budget: Budget) -> _Done:
    written, theirs = None, False
    if plan.place is not None:
        check_place(tracker, plan.ref, plan.place)
        budget.spend()
    if plan.rewrite is not None:
        try:
            written = tracker.rewrite(plan.ref, *plan.rewrite, plan.marker, plan.ours())
        except Overtaken:
            theirs = True
    comment_ref, new = plan.comment_ref, False
    if plan.comment is not None:
        comment_ref, new = _put_comment(tracker, plan, plan.comment, budget)
    return _Done(written, theirs, comment_ref, new)


# Jira Cloud answers 400 to who edits another's comment, GitLab and Redmine 403.
_NOT_THIS_ONE = (Missing, AccessDenied, Rejected)


def _put_comment(tracker: Tracker, plan: _Plan, text: str, budget: Budget) -> tuple[str, bool]:
    """Edits the comment that is known, else one that carries its marker, else writes it; says whether it is new.

    A comment may have been deleted by a person, or may be only its author's to edit, who was another account of ours
    once. What must be said is said anew then; if the issue itself is the reason, this says so.
    """
    token = f"{plan.marker}-c"
    if plan.comment_ref is not None:
        budget.spend()
        with suppress(*_NOT_THIS_ONE):
            return tracker.comment(plan.ref, token, text, plan.comment_ref), False
    budget.spend()
    for found in tracker.comments_with(plan.ref, token):
        if found != plan.comment_ref:
            budget.spend()
            with suppress(*_NOT_THIS_ONE):
                # Where no comment was known, this one was not counted as ours yet.
                return tracker.comment(plan.ref, token, text, found), plan.comment_ref is None
    budget.spend()
    return tracker.comment(plan.ref, token, text, None), True
