"""The one place where parts meet. Nothing is opened before `build` is called."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from config.loading import load
from config.model import Config
from connectors.registry import load_connectors
from connectors.spi import Connector, Finding, Tracker
from service.domain.people import Roster
from service.domain.wishes import unsupported
from service.domain.workdays import Calendar
from service.ledger import Ledger
from service.ledger.migrating import head_findings
from service.redaction import redactor_of
from service.settings import Settings
from service.usecases.context import Context


class NotReady(Exception):
    """The service cannot start; one sentence says why and what to do."""


@dataclass(frozen=True)
class Components(Context):
    """Everything that runs: what use cases need, and what the processes around them need."""

    settings: Settings = None  # type: ignore[assignment]  # a frozen base with defaults forces one here
    schemas: Mapping[str, bytes] = field(default_factory=dict)
    redis: Callable[[], Redis] = None  # type: ignore[assignment]  # as above

    def bell_ok(self) -> bool:
        """Whether Redis answers; losing it costs time, never work."""
        try:
            return bool(self.redis().ping())
        except (RedisError, ValueError):
            return False

    def database_findings(self) -> Sequence[Finding]:
        return database_findings(self)


def build(settings: Settings, **overrides: Any) -> Components:
    """Everything, from the environment's settings. Raises ConfigError or NotReady with the cure.

    `overrides` replace parts by name, as tests and the demo need: config, connectors, now, ledger, secret.
    """
    connectors, faults = overrides.pop("connectors", None) or load_connectors()
    config: Config = overrides.pop("config", None) or load(settings.config, connectors)
    secret = overrides.pop("secret", None) or instance_secret(settings.home)
    ledger = overrides.pop("ledger", None) or _open_ledger(settings)
    service = config.service
    trackers = _made(config.trackers, connectors, "tracker")
    parts: dict[str, Any] = {
        "config": config,
        "ledger": ledger,
        "now": lambda: datetime.now(UTC),
        "secret": secret,
        "trackers": trackers,
        "sources": _made(config.sources, connectors, "source"),
        "channels": _made(config.channels, connectors, "channel"),
        "listeners": _made(config.listeners, connectors, "listener"),
        "browse_urls": {
            name: tracker.settings.browse_url
            for name, tracker in config.trackers.items()
            if getattr(tracker.settings, "browse_url", None)
        },
        "redactor": redactor_of(config.redaction),
        "roster": Roster(config.people, config.teams),
        "calendar": Calendar(
            weekend=frozenset(service.weekend), opens=service.working_hours[0], closes=service.working_hours[1]
        ),
        "settings": settings,
        "faults": (*faults, *_lacking(config, trackers)),
        "schemas": {name: read() for connector in connectors.values() for name, read in connector.schemas.items()},
        "redis": lambda: Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=2),
    }
    return Components(**{**parts, **overrides})


def _made(configured: Mapping[str, Any], connectors: Mapping[str, Connector], role: str) -> dict[str, Any]:
    return {
        name: getattr(connectors[entry.vendor], role).make(name, entry.settings) for name, entry in configured.items()
    }


def _lacking(config: Config, trackers: Mapping[str, Tracker]) -> list[Finding]:
    """What routes want and their trackers cannot do: the service runs, and holds what goes by such a route."""
    named = [(route, config.targets[route.target].tracker) for route in config.routes]
    return [each for route, name in named for each in unsupported(route, name, trackers[name].capabilities)]


def _open_ledger(settings: Settings) -> Ledger:
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return Ledger(settings.database_url)


def instance_secret(home: Path) -> bytes:
    """The instance secret: the environment's, else the file under the home, which the first start writes."""
    given = os.environ.get("AFTERACTION_SECRET")
    named = os.environ.get("AFTERACTION_SECRET_FILE")
    path = Path(named or home / "secret")
    if given:
        return given.strip().encode()
    if named and not path.exists():
        raise NotReady(f"AFTERACTION_SECRET_FILE names {path}, which is not there: put the instance secret into it.")
    if not path.exists():
        _write_secret(path)
    text = path.read_text(encoding="utf-8").strip()
    if not text:
        raise NotReady(f"The instance secret in {path} is empty: restore it from your backup of AFTERACTION_HOME.")
    return text.encode()


def _write_secret(path: Path) -> None:
    """Writes a new secret in one step: processes that start together must never see half of it, nor two of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent, prefix=".secret-") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)


def open_instance(components: Components) -> None:
    """Makes sure that this ledger, this secret and this configuration belong together; the first start binds them.

    Raises NotReady: another secret would give every promise another marker, and so a second issue.
    """
    findings = head_findings(components.ledger)
    if findings:
        raise NotReady(f"{findings[0].sentence} {findings[0].cure}")
    digest = hashlib.sha256(b"afteraction instance\0" + components.secret).hexdigest()
    demo = components.config.service.demo
    with components.ledger.begin() as uow:
        instance = uow.instance.get() or uow.instance.create(digest, demo, components.now())
        uow.commit()
    if instance.secret_digest != digest:
        raise NotReady(
            "The instance secret is not the one this ledger was made with: "
            "give AFTERACTION_SECRET (or the secret file under AFTERACTION_HOME) its old value."
        )
    if instance.demo != demo:
        kind = "a demo's" if instance.demo else "a real one"
        raise NotReady(f"This ledger is {kind} and the configuration is not: point AFTERACTION_HOME elsewhere.")


def database_findings(components: Components) -> Sequence[Finding]:
    """Whether the database answers and is at head, and which names it knows that the configuration lacks."""
    findings = list(head_findings(components.ledger))
    if findings:
        return findings
    with components.ledger.read() as uow:
        used = uow.postmortems.sources() | uow.issues.trackers()
    known = {*components.config.sources, *components.config.trackers}
    for name in sorted(used - known):
        sentence = f"The ledger has entries of {name}, which the configuration no longer names."
        cure = "Names are identity: give the source or tracker its old name again."
        findings.append(Finding("config.name_lost", sentence, cure))
    return findings
