"""Makes true outside what the outbox names: claim, decide, intend, call once, settle."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from connectors.spi import ConnectorError, IssueBusy, Missing, Moved
from service.ledger import Message, Target, UnitOfWork
from service.ledger.events import SEND_EVENT
from service.usecases.announce import TELL, announce_due
from service.usecases.beside import LINK, PUT_UNDER
from service.usecases.context import TRACKER, Context, said
from service.usecases.effects import (
    adopt_issue,
    close_duplicate,
    link_issue,
    open_issue,
    open_parent,
    put_under,
    reopen_issue,
    send_event,
    send_notice,
    tell_operator,
    tell_source,
    update_issue,
)
from service.usecases.effects.put_under import OPEN_PARENT
from service.usecases.effects.work import Prepared, Skip, Wait, Work
from service.usecases.looking import look_at_place
from service.usecases.operators import TELL_OPERATOR

Prepare = Callable[[Context, UnitOfWork, Message, datetime], Prepared]

EFFECTS: Mapping[str, Prepare] = {
    "open_issue": open_issue.prepare,
    "update_issue": update_issue.prepare,
    "reopen_issue": reopen_issue.prepare,
    "close_duplicate": close_duplicate.prepare,
    "adopt_issue": adopt_issue.prepare,
    OPEN_PARENT: open_parent.prepare,
    PUT_UNDER: put_under.prepare,
    LINK: link_issue.prepare,
    "send_notice": send_notice.prepare,
    TELL: tell_source.prepare,
    TELL_OPERATOR: tell_operator.prepare,
    SEND_EVENT: send_event.prepare,
}

# A tracker that is away is spared by its circuit; one message need not wait longer than it takes to look again.
LONGEST_WAIT_SECONDS = 60.0
FAULT_WAIT = timedelta(seconds=60)
MOVED_WAIT = timedelta(seconds=30)


def dispatch_due(context: Context, go_on: Callable[[], bool]) -> int:
    """Carries out due messages until none is left that may go now, or `go_on` says stop. Returns how many.

    What that changed is handed on at once, and so is what others have changed.
    """
    done = 0
    while go_on():
        handed_on = announce_due(context)
        before = done
        while go_on() and dispatch_one(context):
            done += 1
        if done == before and not handed_on:
            break
    return done


def dispatch_one(context: Context) -> bool:
    """Claims one message and carries it out; False when nothing may go now."""
    claimed = claim(context)
    if claimed is None:
        return False
    message, target = claimed
    work: Work | None = None
    try:
        look_at_place(context, target)
        work = _prepare(context, message)
        if work is not None:
            result = work.perform()
    except ConnectorError as error:
        _settle_error(context, message, error, work)
        return True
    if work is not None:
        _settle(context, message, work, result)
    return True


def claim(context: Context) -> tuple[Message, Target] | None:
    """Takes the message that waits longest among targets that may be written to, and the target's next slot."""
    now = context.now()
    tried: set[str] = set()
    while True:
        # One target a transaction: who waits for a target's row while holding another's might wait for ever.
        with context.ledger.begin() as uow:
            clock = uow.clock()
            name = next((q.target for q in uow.outbox.queues(now, clock) if q.target not in tried), None)
            claimed = _claim_of(context, uow, name, now, clock) if name is not None else None
            uow.commit()
        if claimed is not None or name is None:
            return claimed
        tried.add(name)


def _claim_of(
    context: Context, uow: UnitOfWork, name: str, now: datetime, clock: float
) -> tuple[Message, Target] | None:
    target = uow.targets.lock(name)
    if target is None or target.paused_at is not None or not _may_go(uow, target, now, clock):
        return None
    limits = context.limits(name)
    if uow.targets.opens(name, limits, clock) > clock:
        return None
    message = uow.outbox.claim(name, now, clock, context.lease_seconds(name))
    if message is None:
        return None
    uow.targets.take_slot(name, limits, message.id, (clock, clock + context.lease_seconds(name)))
    return message, target


def _may_go(uow: UnitOfWork, target: Target, now: datetime, clock: float) -> bool:
    """One target never holds more than half of the workers, and one call at a time tries a circuit that opened."""
    in_flight = uow.targets.in_flight(target.name, clock)
    if in_flight == 0:
        return True
    return not uow.targets.trials_only(target) and in_flight < uow.instance.workers_alive(now) // 2


def _prepare(context: Context, message: Message) -> Work | None:
    """Decides from the ledger what the message needs now; the lease is read again immediately before the send."""
    now = context.now()
    with context.ledger.begin() as uow:
        # A person (or a restore, or a freeze) may have stopped it after the claim: pausing stops at once.
        if uow.targets.is_paused(message.target):
            uow.outbox.postpone(message, now, counted=False)
            _give_back(context, uow, message)
            uow.commit()
            return None
        prepared = EFFECTS[message.kind](context, uow, message, now)
        if isinstance(prepared, Skip):
            if uow.outbox.finish(message, prepared.outcome, now):
                _clear_attention(uow, message)
            _give_back(context, uow, message)
            uow.commit()
            return None
        if isinstance(prepared, Wait):
            uow.outbox.postpone(message, prepared.until, counted=False)
            _give_back(context, uow, message)
            uow.commit()
            return None
        lasting = uow.clock() + context.call_seconds(message.target)
        if prepared.intent:
            ours = uow.outbox.intend(message, lasting, now, prepared.sent_to)
        else:
            ours = uow.outbox.still_ours(message, lasting)
        if ours:
            uow.commit()
    if not ours:
        _let_go(context, message)
        return None
    return prepared


def _let_go(context: Context, message: Message) -> None:
    """Too little of the lease is left for a whole call, or it is another's by now: nothing was sent."""
    with context.ledger.begin() as uow:
        uow.outbox.postpone(message, context.now(), counted=False)
        _give_back(context, uow, message)
        uow.commit()


def _give_back(context: Context, uow: UnitOfWork, message: Message) -> None:
    if limits := context.limits(message.target):
        uow.targets.give_back(message.target, limits, message.id, uow.clock())


def _landed(context: Context, uow: UnitOfWork, message: Message) -> None:
    if limits := context.limits(message.target):
        uow.targets.landed(message.target, limits, message.id, uow.clock())


def _settle(context: Context, message: Message, work: Work, result: object) -> None:
    """Writes what came of a call. Under a stale fence the effect is still recorded; only the message is not ours."""
    now = context.now()
    with context.ledger.begin() as uow:
        try:
            outcome = work.settle(uow, result, now)
        except ConnectorError as error:
            refusal: ConnectorError | None = error
        else:
            refusal = None
            if outcome is None:
                uow.outbox.not_there(message, now)
            else:
                uow.outbox.finish(message, outcome, now)
                _clear_attention(uow, message)
            uow.targets.succeeded(message.target, now)
            _landed(context, uow, message)
            uow.commit()
    if refusal is not None:
        _settle_error(context, message, refusal, work)


def _settle_error(context: Context, message: Message, error: ConnectorError, work: Work | None) -> None:
    """Where this attempt itself announced a request, and only there, its error can say that nothing was carried out;
    what an earlier attempt left in doubt stays in doubt until a probe has answered.
    """
    now = context.now()
    sent = work is not None and work.intent
    doubt = error.unknown or not sent
    with context.ledger.begin() as uow:
        _landed(context, uow, message)
        fresh = uow.outbox.get(message.id) or message
        if fresh.error_code != error.code:
            data = {"kind": message.kind, "code": error.code, "why": error.sentence, "attempt": message.attempts}
            uow.journal.append("message.failed", _subject(message), now, data)
        if work is not None and work.intent and error.unknown:
            uow.outbox.doubt(message, now, work.sent_to)
        if work is not None and work.failed is not None:
            _try_again(uow, message, error, work.failed(uow, error, now), now)
        elif error.fault_of_target:
            uow.targets.failed(message.target, said(error), now, fault=True)
            uow.outbox.postpone(message, now + FAULT_WAIT, said(error), counted=False, unknown=doubt)
        elif isinstance(error, Moved):
            # Where it is by now is read first; whether it may be told there is decided anew then.
            uow.outbox.postpone(message, now + MOVED_WAIT, said(error), unknown=doubt)
            uow.issues.make_due(_issues_of(uow, message), now)
        elif isinstance(error, Missing) and message.kind in NOT_THERE_IS_DONE:
            uow.outbox.finish(message, error.sentence, now)
            uow.issues.make_due(_issues_of(uow, message), now)
        elif error.permanent:
            if uow.outbox.bury(message, said(error), now, unknown=doubt):
                _ask_a_person(uow, message, error)
        else:
            uow.outbox.postpone(message, _later(context, uow, message, error, now), said(error), unknown=doubt)
        uow.commit()
    if error.retry_after is not None and error.code.endswith(".rate_limited"):
        _spare_account(context, message.target, error.retry_after)


def _spare_account(context: Context, target: str, seconds: float) -> None:
    """A vendor that limits our account as a whole asks us to stay away from every target of it, and may lock out who
    goes on at another one. One target a transaction, as everywhere.
    """
    shared = {limit.name for limit in context.limits(target)} - {target}
    for name in sorted(context.config.targets):
        if name != target and shared & {limit.name for limit in context.limits(name)}:
            with context.ledger.begin() as uow:
                uow.targets.stay_away(name, seconds)
                uow.commit()


def _try_again(uow: UnitOfWork, message: Message, error: ConnectorError, until: datetime | None, now: datetime) -> None:
    """What an effect decided of its own failure: when the next try is, or that there is none."""
    if error.retry_after is not None and not isinstance(error, IssueBusy):
        uow.targets.stay_away(message.target, error.retry_after)
    elif not isinstance(error, (Missing, IssueBusy)):
        uow.targets.failed(message.target, said(error), now, fault=error.fault_of_target)
    if until is None:
        uow.outbox.bury(message, said(error), now, unknown=False)
    else:
        uow.outbox.postpone(message, until, said(error), counted=not isinstance(error, Missing))


def _issues_of(uow: UnitOfWork, message: Message) -> list[int]:
    if message.kind in (TELL, OPEN_PARENT):
        return []
    if message.kind == "close_duplicate":
        return [message.subject]
    item = uow.items.find(message.subject)
    return [item.issue_id] if item and item.issue_id else []


def _later(context: Context, uow: UnitOfWork, message: Message, error: ConnectorError, now: datetime) -> datetime:
    """When to try again: later with each attempt, as late as the vendor asks, and once a probe can be trusted."""
    wait = min(LONGEST_WAIT_SECONDS, 2.0 ** min(message.attempts - 1, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
    if isinstance(error, IssueBusy):
        wait = max(wait, error.retry_after or 0.0)
    elif error.retry_after is not None:
        # The vendor's own word: the target rests as long as it asks, and that is no failure of the target.
        wait = max(wait, error.retry_after)
        uow.targets.stay_away(message.target, error.retry_after)
    else:
        uow.targets.failed(message.target, said(error), now, fault=False)
    configured = context.config.targets.get(message.target)
    tracker = configured.tracker if configured else message.target.removeprefix(TRACKER)
    if error.unknown and tracker in context.trackers:
        wait = max(wait, context.quiet(tracker).total_seconds())
    return now + timedelta(seconds=wait)


# What these would change is no more: nothing is left to do.
NOT_THERE_IS_DONE = frozenset({"update_issue", "close_duplicate", PUT_UNDER, LINK, TELL})
ABOUT_ITEMS = frozenset({"open_issue", "adopt_issue", "update_issue"})


def _ask_a_person(uow: UnitOfWork, message: Message, error: ConnectorError) -> None:
    if message.kind in ABOUT_ITEMS:
        uow.items.note_refusal(message.subject, error.code, f"{error.sentence} {error.cure}".strip())


def _clear_attention(uow: UnitOfWork, message: Message) -> None:
    """What an earlier attempt asked a person to look at is mended."""
    if message.kind in ABOUT_ITEMS:
        uow.items.clear_refusal(message.subject)


def _subject(message: Message) -> tuple[str, object]:
    kinds = {
        "send_notice": "notice",
        "close_duplicate": "issue",
        OPEN_PARENT: "parent",
        SEND_EVENT: "event",
        TELL_OPERATOR: "operator_notice",
    }
    return kinds.get(message.kind, "item"), message.subject
