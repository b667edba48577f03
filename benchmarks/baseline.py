"""The yardstick of the accept path: what one would write by hand, and no more.

It checks the same signature and stores the same bytes durably in one transaction, with the engine's settings of the
house. It has no refusals to count, no limit on sizes, no rotation of secrets and no second kind of sender.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from typing import Any

from flask import Flask, request
from sqlalchemy import (
    Column,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
)
from sqlalchemy.exc import IntegrityError

metadata = MetaData()
inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("webhook_id", String, unique=True, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("body", LargeBinary, nullable=False),
)


def open_engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 30})

        @event.listens_for(engine, "connect")
        def pragmas(connection: Any, _record: Any) -> None:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")

        return engine
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"), pool_size=10, max_overflow=10)


def create_tables(url: str) -> None:
    engine = open_engine(url)
    metadata.create_all(engine)
    engine.dispose()


def create() -> Flask:
    """The application, by DATABASE_URL and BASELINE_SECRET."""
    app = Flask("baseline", static_folder=None)
    engine = open_engine(os.environ["DATABASE_URL"])
    key = base64.b64decode(os.environ["BASELINE_SECRET"].removeprefix("whsec_"))

    @app.post("/hooks/<name>")
    def receive(name: str) -> tuple[str, int]:
        body = request.get_data()
        identity, stamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
            return "The timestamp is wrong.\n", 401
        digest = hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
        good = "v1," + base64.b64encode(digest).decode()
        given = request.headers.get("webhook-signature", "").split()
        if not any(hmac.compare_digest(good, each) for each in given):
            return "The signature is wrong.\n", 401
        try:
            with engine.begin() as connection:
                connection.execute(insert(inbox).values(webhook_id=identity, received_at=time.time(), body=body))
        except IntegrityError:
            return f"{name}: stored before.\n", 202
        return f"{name}: stored.\n", 202

    return app
