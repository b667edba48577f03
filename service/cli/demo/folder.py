"""The demo's own folder: what lies where in it, which day it began on, its ports and its secrets."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from service.cli.errors import Stop
from service.cli.ports import is_free

HOME = "AFTERACTION_DEMO_HOME"
HOST = "127.0.0.1"
FIRST_PORT = 8000
# The sandbox stands beside our own port: 8100 and 8125 where that is 8000.
SANDBOX_OFFSET, MAIL_OFFSET = 100, 125
SECRETS = (
    "POSTMORTEMS_SECRET",
    "WIKI_SECRET",
    "JIRA_TOKEN",
    "JIRA_WEBHOOK_SECRET",
    "GITHUB_TOKEN",
    "GITHUB_WEBHOOK_SECRET",
    "DANA_TOKEN",
)
SIGNING = ("POSTMORTEMS_SECRET", "WIKI_SECRET")


@dataclass(frozen=True, slots=True)
class Ports:
    web: int
    sandbox: int
    mail: int


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Paths under the demo's folder. `var` is its AFTERACTION_HOME."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "afteraction.toml"

    @property
    def var(self) -> Path:
        return self.root / "var"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def seed(self) -> Path:
        return self.root / "sandbox-seed.json"

    @property
    def ready(self) -> Path:
        return self.var / "sandbox-ready.json"

    @property
    def postmortems(self) -> Path:
        return self.root / "postmortems"

    @property
    def acted(self) -> Path:
        """Stands once the demo's people have done what they do at its beginning."""
        return self.var / "people-have-acted"

    @property
    def environment(self) -> Path:
        """For a shell: what makes the other commands speak of the demo."""
        return self.root / "env.sh"

    def secret(self, name: str) -> Path:
        return self.root / "secrets" / name.lower()

    def began_on(self) -> date:
        """The day that all dates of the demo are counted from: that of its first start."""
        path = self.root / "began"
        if not path.exists():
            path.write_text(f"{datetime.now(UTC).date()}\n", encoding="ascii")
        return date.fromisoformat(path.read_text(encoding="ascii").strip())


def demo_folder(environ: Mapping[str, str] = os.environ) -> DemoFolder:
    """The folder, made if need be. Raises Stop where it is somebody else's, or where another configuration is meant."""
    folder = DemoFolder(Path(environ.get(HOME) or "demo").resolve())
    given = environ.get("AFTERACTION_CONFIG")
    if given and Path(given).resolve() != folder.config:
        raise Stop(
            "The demo takes no configuration but its own: unset AFTERACTION_CONFIG, or start yours with afteraction up."
        )
    if folder.config.exists() and not (folder.root / "began").exists():
        raise Stop(f"{folder.root} holds a configuration that is not the demo's: set {HOME} to another folder.")
    try:
        folder.var.mkdir(parents=True, exist_ok=True)
        (folder.root / "secrets").mkdir(mode=0o700, exist_ok=True)
        folder.began_on()
        for name in SECRETS:
            _ensure_secret(folder.secret(name), name)
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise Stop(f"{folder.root} cannot be written to ({reason}): set {HOME} to a folder that you own.") from error
    return folder


def _ensure_secret(path: Path, name: str) -> None:
    """Written at the first start alone, whole or not at all, readable by its owner."""
    if path.exists():
        return
    key = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    text = f"whsec_{key}" if name in SIGNING else secrets.token_urlsafe(24)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    part.rename(path)


def ports_of(folder: DemoFolder, wanted: int | None) -> Ports:
    """The ports of the last start, or of the wanted one and its neighbours; the next free one where one is taken."""
    path = folder.root / "ports.json"
    last = Ports(**json.loads(path.read_text(encoding="ascii"))) if path.exists() else None
    if last is None or wanted not in (None, last.web):
        first = wanted or FIRST_PORT
        last = Ports(first, first + SANDBOX_OFFSET, first + MAIL_OFFSET)
    taken: set[int] = set()
    found = Ports(*(_next_free(port, taken) for port in (last.web, last.sandbox, last.mail)))
    path.write_text(json.dumps(asdict(found)), encoding="ascii")
    return found


def _next_free(port: int, taken: set[int]) -> int:
    for candidate in range(port, min(port + 200, 65536)):
        if candidate not in taken and is_free(candidate, HOST):
            taken.add(candidate)
            return candidate
    raise Stop(f"No port from {port} on is free on this machine: set PORT to the first of a free range.")
