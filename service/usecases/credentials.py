"""Asks trackers when our tokens end, and has operators told 30, 7 and 1 days ahead and when one has ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.model import Config
from connectors.spi import ConnectorError, Credential
from service.domain.credentials import days_told
from service.ledger import CredentialRow, UnitOfWork
from service.usecases.context import Context
from service.usecases.durations import days, span
from service.usecases.operators import TOKEN_ENDS, tell_operators

ONE_DAY = timedelta(days=1)
READ = "credential.read"


def watch_credentials(context: Context) -> int:
    """Asks whom it is time to ask, and tells of what ends; returns how many notices were decided.

    A token that ends soon, and a tracker that did not answer, are asked after each time: one that was replaced is then
    known within the hour.
    """
    for name, tracker in context.trackers.items():
        if not tracker.capabilities.expiry:
            continue
        with context.ledger.read() as uow:
            row = uow.credentials.get(name)
        now = context.now()
        if row is None or _is_due(row, now):
            _ask(context, name, now)
    with context.ledger.begin() as uow:
        now = context.now()
        told = sum(_tell(context, uow, row, now) for row in uow.credentials.all() if row.tracker in context.trackers)
        uow.commit()
    return told


def _is_due(row: CredentialRow, now: datetime) -> bool:
    near = row.expires_at is not None and days_told(row.expires_at, now) is not None
    failed = row.read_at != row.asked_at
    # What was asked in the future was asked by a clock that was set back since.
    return near or failed or not now - ONE_DAY < row.asked_at <= now


def _ask(context: Context, name: str, now: datetime) -> None:
    try:
        found: Credential | None = context.trackers[name].credential()
    except ConnectorError:
        # What is wrong shows at the tracker's targets, whose calls fail likewise.
        found = None
    with context.ledger.begin() as uow:
        if found is None:
            uow.credentials.ask_failed(name, now)
        else:
            _keep(uow, name, found, now)
        uow.commit()


def _keep(uow: UnitOfWork, name: str, found: Credential, now: datetime) -> None:
    before = uow.credentials.get(name)
    if before is None or before.expires_at != found.expires_at:
        data = {"account": found.account, "expires_at": found.expires_at}
        uow.journal.append(READ, ("tracker", name), now, data)
    uow.credentials.keep(name, found.account, found.expires_at, now)


def _tell(context: Context, uow: UnitOfWork, row: CredentialRow, now: datetime) -> int:
    ahead = days_told(row.expires_at, now) if row.expires_at else None
    if row.expires_at is None or ahead is None:
        return 0
    # One token at one distance: a token with another end begins anew.
    return tell_operators(context, uow, (TOKEN_ENDS, row.tracker, f"{row.expires_at.isoformat()} {ahead}"), now)


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token that ends, as pages and terminal show it. `soon`: operators have been told, or are about to be."""

    tracker: str
    account: str
    expires_at: datetime
    soon: bool
    sentence: str
    cure: str


def token_lines(config: Config, rows: Iterable[CredentialRow], now: datetime) -> tuple[TokenLine, ...]:
    """Every token whose end its tracker tells, the first to end first."""
    known = [row for row in rows if row.tracker in config.trackers and row.expires_at is not None]
    lines = [
        TokenLine(
            tracker=row.tracker,
            account=row.account,
            expires_at=row.expires_at,
            soon=days_told(row.expires_at, now) is not None,
            sentence=token_sentence(row, now),
            cure=token_cure(config, row),
        )
        for row in known
        if row.expires_at is not None
    ]
    return tuple(sorted(lines, key=lambda line: line.expires_at))


def token_sentence(row: CredentialRow, now: datetime) -> str:
    """When it ends or ended."""
    assert row.expires_at is not None
    at = f"on {row.expires_at:%Y-%m-%d at %H:%M} UTC"
    whose = f"The token of {row.tracker}" + (f" (account {row.account})" if row.account else "")
    left = row.expires_at - now
    if left <= timedelta():
        return f"{whose} ended {at}, {span(-left)} ago."
    # To the nearest day: what is looked at once an hour leaves a little after its day has begun.
    return f"{whose} ends {at}, in {days(round(left / ONE_DAY)) if left > 2 * ONE_DAY else span(left)}."


def token_cure(config: Config, row: CredentialRow) -> str:
    configured = config.trackers.get(row.tracker)
    secret = getattr(configured.settings, "token", None) if configured else None
    if secret is None:
        return "Make a new one and put it in the old one's place; no restart is needed where it stands in a file."
    return f"Make a new one and put it into {secret.name}; where {secret.name}_FILE names a file, no restart is needed."
