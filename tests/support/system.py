"""What a machine may lack: a test that needs it is skipped there, or fails where everything is said to be installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = "AFTERACTION_REQUIRE_SYSTEM"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def missing(what: str, cure: str) -> NoReturn:
    """Skips the test; fails it where AFTERACTION_REQUIRE_SYSTEM=1 says that nothing is missing."""
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{what} is missing: {cure}", pytrace=False)
    pytest.skip(f"{what} is missing: {cure}")  # the tests that need no system package run without it


def postgresql_bin() -> Path:
    """The folder of initdb and postgres: the newest that the distribution installed, else the one on PATH."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = sorted(installed, key=lambda path: int(path.parent.parent.name), reverse=True)
    found = newest[0] if newest else shutil.which("postgres")
    if found is None:
        missing("PostgreSQL", "install the package postgresql.")
    return Path(found).resolve().parent


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's executable; start it with CHROMIUM_FLAGS."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        missing("Chromium", "install the package chromium.")
    return found
