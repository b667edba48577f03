"""Sends one person's notice of one working day: decided once, written now, the same Message-ID at every try."""

from __future__ import annotations

from datetime import datetime

from config.model import PersonConfig
from connectors.spi import Notice, Visibility
from service.domain.escalation import Directory
from service.domain.stalls import (
    STALLING_STATES,
    Condition,
    effective_due,
    spells,
)
from service.domain.workdays import local_day, working_days_between
from service.ledger import Item, Message, NoticeLine, NoticeRow, UnitOfWork
from service.redaction import redact
from service.texts import Mail, StalledLine, StalledMail, render_mail
from service.usecases.context import CHANNEL, Context
from service.usecases.effects.work import Prepared, Skip, Work
from service.usecases.place import is_muted
from service.usecases.standing import policy_from_json, standing_of


def prepare(context: Context, uow: UnitOfWork, message: Message, now: datetime) -> Prepared:
    notice = uow.notices.get(message.subject)
    person = context.config.people.get(notice.person)
    if notice.sent_at is not None:
        return Skip("It was sent.")
    if person is None or person.left:
        return _drop(uow, notice, message, "Nobody: the person is no longer in the directory.")
    told, untold = _sorted_out(context, uow, notice, person, now)
    if not told:
        return _drop(uow, notice, message, "Nothing is stalled any more.")
    channel = context.channels[message.target.removeprefix(CHANNEL)]
    mail = _mail(context, person, _lines(context, uow, told, (person, now)))
    sent = Notice(notice.message_id, person.email, mail.subject, mail.text, mail.html, now)

    def settle(uow: UnitOfWork, _nothing: None, at: datetime) -> str:
        uow.notices.settle(notice.id, "sent", at)
        if message.sent_at is None:
            # Else an earlier try, whose answer was lost, may have told of them.
            uow.notices.forget_steps(untold, person.id)
        data = {"person": person.id, "working_day": notice.working_day, "subject": mail.subject}
        uow.journal.append("notice.sent", ("notice", notice.id), at, data)
        return f"Sent to {person.id}."

    return Work(lambda: channel.send(sent), settle, intent=True)


def _drop(uow: UnitOfWork, notice: NoticeRow, message: Message, why: str) -> Skip:
    """Nothing is sent. If nothing of it was before, its steps may fire again, and the person may be told that day.

    After a try whose answer was lost the mail may have arrived: then it stays that day's.
    """
    uow.notices.settle(notice.id, why, message.sent_at)
    if message.sent_at is None:
        steps = [(row.stall_id, row.step) for row in uow.notices.lines(notice.id)]
        uow.notices.forget_steps(steps, notice.person)
    return Skip(why)


def _mail(context: Context, person: PersonConfig, lines: list[tuple[StalledLine, str]]) -> Mail:
    first_name = person.name.split()[0] if person.name.split() else person.name
    list_url = f"{context.base_url}/items?owner={person.id}"
    mail = render_mail("stalled", StalledMail(first_name, tuple(line for line, _ in lines), list_url, lines[0][1]))
    # What the lines say holds no credential any more; this is the second net.
    return Mail(*(redact(part).text for part in (mail.subject, mail.text, mail.html)))


def _sorted_out(
    context: Context, uow: UnitOfWork, notice: NoticeRow, person: PersonConfig, now: datetime
) -> tuple[list[NoticeLine], list[tuple[int, str]]]:
    """The steps to tell, and as (stall, step) those not to: mended, snoozed or silenced since they were decided."""
    told: list[NoticeLine] = []
    untold: list[tuple[int, str]] = []
    today = local_day(now, person.zone)
    for row in uow.notices.lines(notice.id):
        item = uow.items.get(row.item_id)
        snoozed = item.snoozed_until is not None and today < item.snoozed_until
        muted = is_muted(context, item, uow.postmortems.get(item.postmortem_id))
        if row.ended_on is not None or item.state not in STALLING_STATES or snoozed or muted:
            untold.append((row.stall_id, row.step))
        else:
            told.append(row)
    return told, untold


def _lines(
    context: Context, uow: UnitOfWork, told: list[NoticeLine], reader: tuple[PersonConfig, datetime]
) -> list[tuple[StalledLine, str]]:
    """One line an item, worst first, each with the name of the policy that asked for it."""
    ranked: dict[int, tuple[tuple[object, ...], StalledLine, str]] = {}
    for row in told:
        line = _line(context, uow, uow.items.get(row.item_id), row, reader)
        rank = _rank(line)
        if row.item_id not in ranked or rank < ranked[row.item_id][0]:
            ranked[row.item_id] = (rank, line, policy_from_json(row.policy_snapshot).name)
    return [(line, policy) for _, line, policy in sorted(ranked.values(), key=lambda found: found[0])]


def _rank(line: StalledLine) -> tuple[object, ...]:
    soon = line.condition is Condition.DUE_SOON
    length = line.working_days if soon else -line.working_days
    return list(Condition).index(line.condition), not line.urgency, length, line.key


def _line(
    context: Context, uow: UnitOfWork, item: Item, row: NoticeLine, reader: tuple[PersonConfig, datetime]
) -> StalledLine:
    person, now = reader
    postmortem = uow.postmortems.get(item.postmortem_id)
    issue = uow.issues.get(item.issue_id) if item.issue_id else None
    directory = Directory(context.config.people, context.config.teams, context.calendar)
    standing = standing_of(item, postmortem, directory)
    policy = policy_from_json(row.policy_snapshot)
    condition = Condition(row.condition)
    calendar = directory.calendar_of(person)
    spell = spells(standing, policy, now, calendar).get(condition)
    since = spell.since if spell else row.began_on
    due = effective_due(standing, policy, calendar)
    owner = context.config.people.get(standing.assignee_person_id or "")
    route = next((route for route in context.config.routes if route.name == item.route), None)
    listed = route is not None and person.id in route.readers
    return StalledLine(
        key=issue.key if issue else f"item {item.id}",
        title=context.redactor.redact(item.title).text,
        item_url=context.item_url(item.id),
        condition=condition,
        since=since,
        working_days=abs(working_days_between(since, local_day(now, person.zone), calendar)),
        role=row.role,
        instead=(row.role == "owner" and standing.assignee_person_id != person.id),
        issue_url=issue.url if issue else None,
        owner_name=owner.name if owner and not owner.left else None,
        incident=context.redactor.redact(postmortem.facts.title).text,
        priority=item.priority,
        due_on=due[0] if due else None,
        due_origin=due[1] if due else None,
        private=postmortem.facts.visibility is Visibility.PRIVATE and not listed,
    )
