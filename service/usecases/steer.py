"""What a person decides about the running of things: snooze, pause, resume, retry, discard, restored."""

from __future__ import annotations

from datetime import date, datetime

from service.domain.facts import Actor, State
from service.ledger import UnitOfWork
from service.usecases.context import CHANNEL, LISTENER, SOURCE, TRACKER, Context
from service.usecases.place import ADOPT, OPEN

GIVEN_UP = "A person gave up the request for its issue: release it to try once more, or settle it with held settle."


class UnknownSubject(Exception):
    """What was named does not exist; one sentence says so and where to look."""


def snooze(context: Context, item_id: int, until: date, actor: Actor, reason: str) -> str:
    """Nobody is told of the item until that day. Returns its title."""
    now = context.now()
    with context.ledger.begin() as uow:
        item = uow.items.find(item_id)
        if item is None:
            raise UnknownSubject(f"There is no item {item_id}: find it on the page of items.")
        uow.items.update(item_id, snoozed_until=until, snooze_reason=reason)
        uow.journal.decide(actor, "snooze", ("item", item_id), f"until {until}: {reason}", now)
        uow.commit()
    return item.title


def pause(context: Context, target: str | None, actor: Actor, reason: str) -> None:
    """Stops everything that leaves, or what goes to one target, at once."""
    now = context.now()
    with context.ledger.begin() as uow:
        if target is None:
            uow.instance.pause(reason, now)
        else:
            name, kind = _target(context, target)
            uow.targets.ensure(name, kind)
            uow.targets.pause(name, reason, now)
        uow.journal.decide(actor, "pause", ("target", target or "everything"), reason, now)
        uow.commit()


def resume(context: Context, target: str | None, actor: Actor, reason: str) -> None:
    """Starts again what a pause stopped; a target's circuit is closed as well. Issues whose vanishing froze the target
    are accepted as gone, unless the next sweep finds them.
    """
    now = context.now()
    with context.ledger.begin() as uow:
        if target is None:
            uow.instance.pause(None, None)
        else:
            name, kind = _target(context, target)
            uow.targets.ensure(name, kind)
            uow.targets.pause(name, None, None)
            uow.targets.close_circuit(name)
        uow.journal.decide(actor, "resume", ("target", target or "everything"), reason, now)
        uow.commit()


def _target(context: Context, name: str) -> tuple[str, str]:
    config = context.config
    if name in config.targets:
        return name, "tracker"
    if name in config.channels:
        return CHANNEL + name, "channel"
    if name in config.listeners:
        return LISTENER + name, "listener"
    if name in config.trackers:
        return TRACKER + name, "tracker"
    if name.removeprefix(SOURCE) in config.sources:
        return SOURCE + name.removeprefix(SOURCE), "source"
    known = ", ".join(sorted([*config.targets, *config.channels, *config.listeners])) or "none"
    raise UnknownSubject(f"There is no target {name}: the configured ones are {known}.")


def retry(context: Context, letter: str, actor: Actor, reason: str) -> None:
    """Makes a dead letter due again. `letter` is `d12` for a delivery, `m12` for an outbox message."""
    now = context.now()
    kind, number = parse_letter(letter)
    with context.ledger.begin() as uow:
        found = uow.inbox.revive(number, now) if kind == "d" else uow.outbox.revive(number, now)
        if not found:
            raise UnknownSubject(f"There is no dead letter {letter}: see dead-letters list.")
        uow.journal.decide(actor, "retry", ("dead_letter", letter), reason, now)
        uow.commit()


def discard(context: Context, letter: str, actor: Actor, reason: str) -> None:
    """Gives a dead letter up; it stays on record. An item whose issue it would have brought is held from then on."""
    now = context.now()
    kind, number = parse_letter(letter)
    with context.ledger.begin() as uow:
        found = uow.inbox.discard(number) if kind == "d" else _give_up(uow, number, now)
        if not found:
            raise UnknownSubject(f"There is no dead letter {letter}: see dead-letters list.")
        uow.journal.decide(actor, "discard", ("dead_letter", letter), reason, now)
        uow.commit()


def _give_up(uow: UnitOfWork, message_id: int, now: datetime) -> bool:
    message = uow.outbox.get(message_id)
    if message is None or message.kind not in (OPEN, ADOPT):
        return uow.outbox.discard(message_id, now)
    item = uow.items.lock(message.subject)
    if not uow.outbox.discard(message_id, now):
        return False
    # Where it was led to another target meanwhile, its issue is on its way there.
    on_its_way = any(uow.outbox.in_flight(kind, item.id) for kind in (OPEN, ADOPT))
    if item.state is State.PENDING and item.issue_id is None and not on_its_way:
        uow.items.hold(item.id, "given_up", GIVEN_UP)
        uow.journal.append("item.held", ("item", item.id), now, {"code": "given_up", "why": GIVEN_UP})
    return True


def parse_letter(letter: str) -> tuple[str, int]:
    kind, number = letter[:1], letter[1:]
    if kind not in ("d", "m") or not number.isascii() or not number.isdigit():
        raise UnknownSubject(f"{letter} is no dead letter's name: they look like d12 or m12, see dead-letters list.")
    return kind, int(number)


def restored(context: Context, actor: Actor, reason: str) -> int:
    """This ledger came from a backup or a copy: it pauses, probes before every creation, and reads from the start.

    Notices that were due may have been sent before: each waits for a person. Returns how many of them there are.
    """
    now = context.now()
    with context.ledger.begin() as uow:
        generation = uow.instance.restored(now)
        uow.cursors.rewind(now)
        waiting = uow.outbox.hold_back("send_notice")
        uow.journal.decide(actor, "restored", ("instance", generation), reason, now)
        uow.commit()
    return waiting
