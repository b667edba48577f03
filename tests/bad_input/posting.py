"""Posts to the door as a sender does: signed as its vendor signs, or wrongly on purpose."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.ledger.rows import Delivery
from tests.support.house import SECRETS, House, signed


def client_of(house: House) -> FlaskClient:
    return create_app(house.components).test_client()


def post(
    client: FlaskClient, body: bytes, *, hook: str = "incidents", key: str | None = None, **headers: str
) -> TestResponse:
    """A well-signed delivery; `headers` replace single ones (`webhook_id="…"`)."""
    identity = key or hashlib.sha256(body).hexdigest()[:20]
    made = signed(identity, body, datetime.now(UTC))
    made |= {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"/hooks/{hook}", data=body, headers=made)


def vendor_headers(tracker: str, body: bytes, **more: str) -> dict[str, str]:
    secret = SECRETS[f"TEST_{tracker.upper()}_HOOK"].encode()
    name = "X-Hub-Signature" if tracker == "jira" else "X-Hub-Signature-256"
    digest = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return {name: f"sha256={digest}", **{key.replace("_", "-"): value for key, value in more.items()}}


def document(**values: Any) -> bytes:
    stated = {"id": "INC-1", "title": "Card payments were refused", "status": "final", "action_items": []}
    return json.dumps({**stated, **values}).encode()


def items(*stated: Any) -> bytes:
    return document(action_items=list(stated))


def stored(house: House) -> list[Delivery]:
    from sqlalchemy import select

    from service.ledger.rows import read_row
    from service.ledger.tables import deliveries

    with house.ledger.read() as uow:
        rows = uow.connection.execute(select(deliveries).order_by(deliveries.c.id)).all()
    return [read_row(Delivery, row) for row in rows]


def refusals(house: House) -> dict[tuple[str, str], int]:
    from sqlalchemy import select

    from service.ledger.tables import refusals as table

    with house.ledger.read() as uow:
        rows = uow.connection.execute(select(table)).all()
    counted: dict[tuple[str, str], int] = {}
    for row in rows:
        counted[row.hook, row.reason] = counted.get((row.hook, row.reason), 0) + row.count
    return counted
