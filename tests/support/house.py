"""A whole house in one process against the sandbox over real HTTP: what the workers do, done on demand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from config.loading import load
from connectors.registry import load_connectors
from connectors.sandbox.running import Sandbox
from connectors.spi import Connector
from service.ledger import Ledger
from service.settings import Settings
from service.usecases.deliveries import absorb_due
from service.usecases.dispatch import dispatch_due
from service.usecases.escalate import escalate
from service.usecases.reconcile import reconcile_due
from service.wiring import Components, build, open_instance

KEY = base64.b64encode(b"a secret of twenty-four b").decode()
SECRETS = {
    "TEST_INCIDENTS_SECRET": f"whsec_{KEY}",
    "TEST_NOTES_SECRET": f"whsec_{KEY}",
    "TEST_JIRA_TOKEN": "sandbox-jira-token",
    "TEST_GITHUB_TOKEN": "sandbox-github-token",
    "TEST_JIRA_HOOK": "jira-hook-secret",
    "TEST_GITHUB_HOOK": "github-hook-secret",
}

CONFIG = """
[service]
base_url = "http://127.0.0.1:8000"
weekend = []
working_hours = [0, 24]
lease_seconds = {lease}
call_seconds = {call}
{service}

[sources.incidents]
type = "standard"
secret_env = "TEST_INCIDENTS_SECRET"

[sources.notes]
type = "markdown"
secret_env = "TEST_NOTES_SECRET"

{extra}

[trackers.jira]
type = "jira"
api_url = "{sandbox}/jira"
user = "afteraction@acme.example"
token_env = "TEST_JIRA_TOKEN"
webhook_secret_env = "TEST_JIRA_HOOK"
quiet_seconds = {quiet}
overlap_seconds = {overlap}
call_seconds = {call}

[trackers.github]
type = "github"
api_url = "{sandbox}/github/api/v3"
browse_url = "{sandbox}/github"
token_env = "TEST_GITHUB_TOKEN"
webhook_secret_env = "TEST_GITHUB_HOOK"
quiet_seconds = {quiet}
call_seconds = {call}
rates = []

[targets.pay]
tracker = "jira"
place = "PAY"
mode = "{mode}"

[targets.api]
tracker = "github"
place = "{repository}"
mode = "{mode}"

[channels.mail]
type = "smtp"
host = "127.0.0.1"
port = {smtp_port}
from = "afteraction@acme.example"

{routes}

[[teams]]
id = "payments"
name = "Payments"
lead = "ruth"
members = ["dana", "mateo"]

[[people]]
id = "dana"
name = "Dana Okafor"
email = "dana.okafor@acme.example"
manager = "ruth"
[people.accounts]
jira = "712020:dana-okafor"
github = "dana-okafor"

[[people]]
id = "mateo"
name = "Mateo Silva"
email = "mateo.silva@acme.example"
manager = "ruth"
[people.accounts]
jira = "712020:mateo-silva"
github = "msilva"

[[people]]
id = "ruth"
name = "Ruth Bergman"
email = "ruth.bergman@acme.example"
[people.accounts]
jira = "712020:ruth-bergman"
github = "rbergman"
"""

ROUTES = """
[[routes]]
name = "api"
services = ["api"]
target = "api"

[[routes]]
name = "default"
target = "pay"
default = true
"""


@dataclass
class House:
    """The house and its surroundings. `work` does everything that is due until nothing is."""

    components: Components
    sandbox: Sandbox
    offset: timedelta = field(default_factory=timedelta)

    @property
    def ledger(self) -> Ledger:
        return self.components.ledger

    def work(self, rounds: int = 20) -> None:
        for _ in range(rounds):
            went_on = absorb_due(self.components, _always) + dispatch_due(self.components, _always)
            if not went_on:
                return

    def reconcile(self) -> int:
        return reconcile_due(self.components, _always)

    def escalate(self) -> int:
        return escalate(self.components)

    def pass_time(self, **delta: float) -> None:
        """Moves the house's clock; the trackers' clocks go on as they do."""
        self.offset += timedelta(**delta)

    def submit(self, document: dict[str, Any], hook: str = "incidents", key: str | None = None) -> None:
        """Stores a document as the door does once it is authentic."""
        body = json.dumps(document).encode()
        with self.ledger.begin() as uow:
            uow.inbox.store(hook, key or hashlib.sha256(body).hexdigest(), {}, body, self.components.now())
            uow.commit()

    def issues(self) -> list[dict[str, Any]]:
        """Every issue the two trackers hold."""
        dump = requests.get(f"{self.sandbox.url}/_sandbox/issues.json", timeout=10).json()
        return [*dump["jira"], *dump["github"]] if isinstance(dump, dict) else dump

    def mails(self) -> list[dict[str, Any]]:
        found = requests.get(f"{self.sandbox.url}/mailbox.json", timeout=10).json()
        return list(found["mails"] if isinstance(found, dict) else found)


def _always() -> bool:
    return True


def write_config(folder: Path, sandbox: Sandbox, **values: Any) -> Path:
    """The configuration above with some of its values replaced."""
    defaults: dict[str, Any] = {
        "sandbox": sandbox.url,
        "smtp_port": sandbox.smtp_port,
        "quiet": 0.1,
        "overlap": 60,
        "call": 5,
        "lease": 20,
        "mode": "live",
        "routes": ROUTES,
        "service": "",
        "repository": "acme/payments",
        "extra": "",
    }
    path = folder / "afteraction.toml"
    path.write_text(CONFIG.format(**{**defaults, **values}))
    return path


def open_house(
    folder: Path,
    sandbox: Sandbox,
    ledger: Ledger,
    *,
    now: Callable[[], datetime] | None = None,
    vendors: Mapping[str, Connector] | None = None,
    **values: Any,
) -> House:
    """A house on a migrated ledger. Secrets must be in the environment already. `extra` in the values is more of the
    configuration, which may name the stand-in `vendors`.
    """
    connectors, findings = load_connectors()
    assert not findings
    connectors = {**connectors, **(vendors or {})}
    path = write_config(folder, sandbox, **values)
    settings = Settings(home=folder, config=path, database_url="", redis_url="")
    house: House | None = None

    def clock() -> datetime:
        return datetime.now(UTC) + (house.offset if house else timedelta())

    components = build(
        settings,
        connectors=(connectors, []),
        config=load(path, connectors),
        ledger=ledger,
        secret=b"instance secret of the tests",
        now=now or clock,
    )
    open_instance(components)
    house = House(components, sandbox)
    return house


def signed(key: str, body: bytes, at: datetime, secret: str = KEY) -> dict[str, str]:
    """Standard Webhooks headers for a body, computed here so that no code is shared with the verifier."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(base64.b64decode(secret), f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": key, "webhook-timestamp": stamp, "webhook-signature": signature}
