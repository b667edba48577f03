"""Mails one operator of one trouble: decided once, written now, the same Message-ID at every try."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.spi import Notice
from service.ledger import Message, OperatorNotice, UnitOfWork
from service.texts import Mail, OperatorsMail, Problem, render_mail
from service.usecases.context import CHANNEL, LISTENER, Context
from service.usecases.credentials import token_cure, token_sentence
from service.usecases.durations import span
from service.usecases.effects.work import Prepared, Skip, Work
from service.usecases.operators import LISTENER_GONE, SOURCE_SILENT, TOKEN_ENDS, operator_addresses
from service.usecases.redacting import redacted

Describe = Callable[[Context, UnitOfWork, OperatorNotice, datetime], Problem | None]


def prepare(context: Context, uow: UnitOfWork, message: Message, now: datetime) -> Prepared:
    notice = uow.operator_notices.get(message.subject)
    if notice.sent_at is not None:
        return Skip("It was sent.")
    if notice.address not in operator_addresses(context):
        return _drop(uow, notice, message, "Nobody: they are no longer named as an operator.")
    problem = _PROBLEMS[notice.trouble](context, uow, notice, now)
    if problem is None:
        return _drop(uow, notice, message, "It is mended.")
    channel = context.channels[message.target.removeprefix(CHANNEL)]
    mail = _mail(context, uow, problem)
    sent = Notice(notice.message_id, notice.address, mail.subject, mail.text, mail.html, now)

    def settle(uow: UnitOfWork, _nothing: None, at: datetime) -> str:
        uow.operator_notices.settle(notice.id, "sent", at)
        data = {"address": notice.address, "trouble": notice.trouble, "about": notice.about, "subject": mail.subject}
        uow.journal.append("operator.told", ("operator_notice", notice.id), at, data)
        return f"Sent to {notice.address}."

    return Work(lambda: channel.send(sent), settle, intent=True)


def _drop(uow: UnitOfWork, notice: OperatorNotice, message: Message, why: str) -> Skip:
    uow.operator_notices.settle(notice.id, why, message.sent_at)
    return Skip(why)


def _mail(context: Context, uow: UnitOfWork, problem: Problem) -> Mail:
    position, head = uow.journal.head()
    sealed = f"{position}:{head}" if position else ""
    return render_mail("operators", OperatorsMail((redacted(problem),), f"{context.base_url}/health-of-sync", sealed))


def _token(context: Context, uow: UnitOfWork, notice: OperatorNotice, now: datetime) -> Problem | None:
    row = uow.credentials.get(notice.about)
    expected, _, _days = notice.occasion.partition(" ")
    if row is None or row.expires_at is None or row.expires_at.isoformat() != expected:
        return None
    return Problem(token_sentence(row, now), token_cure(context.config, row))


def _silence(_: Context, uow: UnitOfWork, notice: OperatorNotice, now: datetime) -> Problem | None:
    rhythm = uow.inbox.rhythm(notice.about)
    if rhythm is None or rhythm.last_at.isoformat() != notice.occasion:
        return None
    long = span(now - rhythm.last_at)
    sentence = f"The source {notice.about} announced nothing for {long}, which is longer than it was ever silent."
    cure = "Look at the sender whether it has switched its webhook off, and send a test delivery."
    return Problem(sentence, cure, f"{rhythm.last_at:%Y-%m-%d %H:%M} UTC")


def _gone(_: Context, uow: UnitOfWork, notice: OperatorNotice, _now: datetime) -> Problem | None:
    target = uow.targets.get(LISTENER + notice.about)
    if target is None or target.paused_at is None:
        return None
    sentence = f"The listener {notice.about} is paused: {target.pause_reason or 'it said that it is no more.'}"
    cure = f"Correct its address and give `afteraction resume {notice.about}`, or take the listener out."
    return Problem(sentence, cure, f"{target.paused_at:%Y-%m-%d %H:%M} UTC")


_PROBLEMS: Mapping[str, Describe] = {TOKEN_ENDS: _token, SOURCE_SILENT: _silence, LISTENER_GONE: _gone}
