"""What the environment says: where things are. Secrets are never part of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses and folders. `redis_url` empty: no bell is configured; `up` starts an embedded one."""

    home: Path
    config: Path
    database_url: str
    redis_url: str

    @property
    def socket(self) -> Path:
        """Where the embedded Valkey listens."""
        return self.home / "queue" / "valkey.sock"


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Reads DATABASE_URL, REDIS_URL, AFTERACTION_CONFIG and AFTERACTION_HOME, with their documented defaults."""
    home = Path(environ.get("AFTERACTION_HOME") or "var").resolve()
    return Settings(
        home=home,
        config=Path(environ.get("AFTERACTION_CONFIG") or "afteraction.toml").resolve(),
        database_url=environ.get("DATABASE_URL") or f"sqlite:///{home / 'afteraction.sqlite'}",
        redis_url=environ.get("REDIS_URL") or f"unix://{home / 'queue' / 'valkey.sock'}",
    )
