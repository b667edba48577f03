"""A folder to work in that holds the good configuration, and a way to change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.config.stand_in import GOOD, SECRETS

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the good configuration with changes, and other files beside it, into the current folder."""
    monkeypatch.chdir(tmp_path)

    def into_folder(*changes: tuple[str, str], files: Mapping[str, str | bytes] | None = None) -> Path:
        text = GOOD
        for old, new in changes:
            assert old in text, f"{old!r} is not in the good configuration"
            text = text.replace(old, new)
        for name, content in {"afteraction.toml": text, **(files or {})}.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Path("afteraction.toml")

    return into_folder


@pytest.fixture
def secrets_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in SECRETS.items():
        monkeypatch.setenv(name, text)
