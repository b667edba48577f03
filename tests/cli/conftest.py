"""A house that needs no network: its configuration, its ledger, and the demo's five documents."""

from __future__ import annotations

import shutil
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from service.cli.demo.folder import Ports, demo_folder
from service.cli.demo.writing import dated, environment, write_configuration

TODAY = date(2026, 3, 16)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's configuration without its processes, in the environment of every command that a test gives."""
    folder = demo_folder({"AFTERACTION_DEMO_HOME": str(tmp_path / "house")})
    write_configuration(folder, Ports(8000, 8100, 8125))
    for name, value in environment(folder, "unix:///nowhere.sock", {}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return folder.root


@pytest.fixture
def migrated(house: Path, sqlite_template: Path) -> Path:
    shutil.copy(sqlite_template, house / "var" / "afteraction.sqlite")
    return house


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """The demo's postmortems, dated from a day of their own."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for entry in files("service.cli.demo.postmortems").iterdir():
        if entry.name.endswith((".json", ".md")):
            text = dated(
                entry.read_text(encoding="utf-8"), TODAY, "http://127.0.0.1:8100/github/acme/checkout-web/issues/1"
            )
            (folder / entry.name).write_text(text, encoding="utf-8")
    return folder
