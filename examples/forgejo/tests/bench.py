"""Forgejo's connector at its test bench, before the stand-in."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from afteraction_forgejo import CONNECTOR
from stand_in import BOT, PERSON, REPO, Forgejo, standing

from connectors.conformance.fault_proxy import FaultProxy, fault_proxy
from connectors.conformance.proxied import ProxiedBench
from connectors.spi import Account, Category, Place

SECRET = "hook secret of the bench"
STATES = {Category.TODO: "open", Category.DONE: "closed"}


class ForgejoBench(ProxiedBench):
    title = "Forgejo (third party)"
    place = Place(REPO)
    nowhere = Place("acme/none")
    token = BOT
    member = Account("dana")
    categories = frozenset(STATES)

    def __init__(self, forgejo: Forgejo, proxy: FaultProxy) -> None:
        super().__init__(proxy)
        self.forgejo = forgejo
        self.url = proxy.url
        role = CONNECTOR.tracker
        assert role is not None
        table = {"api_url": proxy.url, "token_env": "BENCH_TOKEN", "webhook_secret_env": "BENCH_HOOK"}
        table |= {"quiet_seconds": 0}
        self.tracker = role.make("forgejo", role.settings(table))
        self.hasty = role.make("forgejo", role.settings({**table, "call_seconds": 0.8}))

    def ask(self, method: str, ref: str, more: str = "", **document: Any) -> None:
        """A person does something to an issue."""
        path = f"{self.url}/api/v1/repos/{REPO}/issues/{ref.rpartition('#')[2]}{more}"
        requests.request(method, path, json=document, headers={"Authorization": f"token {PERSON}"}, timeout=10)

    def writes(self, ref: str, title: str | None = None, body: str | None = None) -> None:
        self.ask("PATCH", ref, **({"title": title} if title else {}), **({"body": body} if body else {}))

    def moves(self, ref: str, to: Category) -> None:
        self.ask("PATCH", ref, state=STATES[to])

    def comments(self, ref: str, text: str) -> None:
        self.ask("POST", ref, "/comments", body=text)

    def deletes(self, ref: str) -> None:
        self.ask("DELETE", ref)

    def count(self) -> int:
        return len(self.forgejo.issues)

    def webhook(self, ref: str) -> tuple[Mapping[str, str], bytes]:
        issue = {"number": int(ref.rpartition("#")[2])}
        body = json.dumps({"action": "closed", "issue": issue, "repository": {"full_name": REPO}}).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        named = {"event": "issues", "delivery": "f6266f16", "signature": signature}
        return {f"x-forgejo-{name}": value for name, value in named.items()}, body

    def side_effects(self, ref: str) -> Sequence[str]:
        return self.forgejo.effects(int(ref.rpartition("#")[2]))


@contextmanager
def at_bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForgejoBench]:
    """The connector before an empty Forgejo, with a proxy between them."""
    monkeypatch.setenv("BENCH_TOKEN", BOT)
    monkeypatch.setenv("BENCH_HOOK", SECRET)
    forgejo = Forgejo()
    with standing(forgejo) as port, fault_proxy(port) as proxy:
        yield ForgejoBench(forgejo, proxy)
