"""`POST /hooks/<name>`: what each failure means to the sender is fixed, and everything authentic is stored."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from connectors.spi import Hook, NotAuthentic
from service.intake.letterbox import Arrival, Letterbox
from service.usecases.context import Context

MAX_BODY = 5 * 1024 * 1024
# What a reader may need later; everything else, credentials of proxies above all, is forgotten at the door.
KEPT_HEADERS = frozenset(
    {"content-type", "user-agent", "x-github-event", "x-github-delivery", "x-atlassian-webhook-identifier"}
)
KEPT_PREFIXES = ("webhook-id", "webhook-timestamp", "svix-id", "x-afteraction-", "x-webhook-", "x-gitlab-event")

log = logging.getLogger("afteraction.intake")


def intake(context: Context) -> Blueprint:
    """The blueprint of the webhook door."""
    door = Blueprint("intake", __name__)
    letterbox = Letterbox(context.ledger)
    hooks: dict[str, Hook | None] = {
        **{name: source.hook for name, source in context.sources.items()},
        **{name: tracker.hook for name, tracker in context.trackers.items()},
    }

    @door.post("/hooks/<name>")
    def receive(name: str) -> Response:
        now = context.now()
        hook = hooks.get(name)
        if hook is None:
            # Unknown names are not counted by name: whoever guesses them would fill the ledger.
            return _refuse(context, "unknown", "unknown", (404, f"No hook named {name} is configured."), now)
        try:
            body = _body()
        except RequestEntityTooLarge:
            return _refuse(context, name, "too_large", (413, "The body is larger than 5 MiB."), now)
        except ClientDisconnected:
            return _refuse(context, name, "cut_short", (400, "The body ended before its stated length."), now)
        headers = {key.lower(): value for key, value in request.headers.items()}
        try:
            key = hook.authenticate(headers, body, now)
        except NotAuthentic as error:
            return _refuse(context, name, error.code, (401, error.sentence), now)
        return _store(letterbox, Arrival(name, key, _kept(headers), body, now))

    return door


def _body() -> bytes:
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise RequestEntityTooLarge
    # A stream without a stated length ends silently at its limit: one byte more shows that there was more.
    request.max_content_length = MAX_BODY + 1
    body = request.get_data(cache=False)
    if len(body) > MAX_BODY:
        raise RequestEntityTooLarge
    return body


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in KEPT_HEADERS or name.startswith(KEPT_PREFIXES)}


def _store(letterbox: Letterbox, arrival: Arrival) -> Response:
    try:
        new = letterbox.store(arrival)
    except SQLAlchemyError as error:
        log.warning("intake.cannot_store hook=%s reason=%s", arrival.hook, type(error).__name__)
        return _answer(503, "The delivery cannot be stored now: send it again later.", {"Retry-After": "10"})
    return _answer(202, "Stored." if new else "Stored before.")


def _refuse(context: Context, name: str, reason: str, answer: tuple[int, str], now: datetime) -> Response:
    status, sentence = answer
    try:
        with context.ledger.begin() as uow:
            uow.inbox.refuse(name, reason, now)
            uow.commit()
    except SQLAlchemyError as error:
        log.warning("intake.cannot_count hook=%s reason=%s", name, type(error).__name__)
    return _answer(status, sentence)


def _answer(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return Response(sentence + "\n", status, {"X-Content-Type-Options": "nosniff", **(headers or {})}, "text/plain")
