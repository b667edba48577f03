"""Tells those who run the service what needs them: one mail a trouble, occasion and operator, through the outbox."""

from __future__ import annotations

import hashlib
from datetime import datetime

from service.domain.facts import Role
from service.ledger import UnitOfWork
from service.usecases.context import CHANNEL, Context

TELL_OPERATOR = "tell_operator"
TOKEN_ENDS, SOURCE_SILENT, LISTENER_GONE = "token_ends", "source_silent", "listener_gone"
# Which trouble it is, what it is about, and the occasion of it.
Cause = tuple[str, str, str]


def operator_addresses(context: Context) -> list[str]:
    """Whom mail reaches of those whom the configuration names as operators: people of the directory, and whoever is
    named by a mail address.
    """
    found: dict[str, None] = {}
    for entry in context.config.service.operators:
        name = _name(entry)
        person = context.roster.person(name) if name else None
        if person is not None and not person.left:
            found[person.email] = None
        elif person is None and name and "@" in name:
            found[name] = None
    return list(found)


def _name(entry: str) -> str | None:
    """The name of an entry such as `ada@example.com:admin`; None for whoever may only look."""
    name, _, word = entry.rpartition(":")
    role = word.strip().lower()
    if not name or role not in set(Role):
        return entry.strip()
    return None if role == Role.VIEWER else name.strip()


def tell_operators(context: Context, uow: UnitOfWork, cause: Cause, now: datetime) -> int:
    """Asks for every operator to be told who was not yet told of this; returns how many are."""
    channel = next(iter(context.config.channels), None)
    instance = uow.instance.get()
    if channel is None or instance is None:
        return 0
    addresses = operator_addresses(context)
    return sum(_tell(uow, instance.instance_id, cause, (address, channel), now) for address in addresses)


def _tell(uow: UnitOfWork, instance_id: str, cause: Cause, to: tuple[str, str], now: datetime) -> int:
    (trouble, about, occasion), (address, channel) = cause, to
    identity = " ".join((instance_id, *cause, address))
    notice = uow.operator_notices.add(
        trouble=trouble,
        about=about,
        occasion=occasion,
        address=address,
        message_id=f"<{hashlib.sha256(identity.encode()).hexdigest()[:32]}@afteraction>",
        created_at=now,
    )
    if notice is None:
        return 0
    uow.targets.ensure(CHANNEL + channel, "channel")
    uow.outbox.put(TELL_OPERATOR, notice.id, CHANNEL + channel, now)
    return 1
