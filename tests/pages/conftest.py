"""A filled ledger, made once and copied for each test, and a client that looks at its pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service.doors import PASSWORD, PROXIES
from service.ledger import Ledger
from service.ledger.columns import metadata
from tests.pages.filled import Parts, fill, web


@pytest.fixture(autouse=True)
def _no_password_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (PASSWORD, f"{PASSWORD}_FILE", PROXIES):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "ledger.sqlite"
    with closing(Ledger(f"sqlite:///{path}")) as ledger:
        metadata.create_all(ledger.engine)
        fill(ledger)
    return path


@pytest.fixture
def filled(filled_file: Path, tmp_path: Path) -> Iterator[Ledger]:
    path = tmp_path / "ledger.sqlite"
    shutil.copyfile(filled_file, path)
    with closing(Ledger(f"sqlite:///{path}")) as ledger:
        yield ledger


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(f"sqlite:///{tmp_path / 'empty.sqlite'}")) as ledger:
        metadata.create_all(ledger.engine)
        yield ledger


@pytest.fixture
def parts(filled: Ledger) -> Parts:
    return Parts(filled)


@pytest.fixture
def client(parts: Parts) -> FlaskClient:
    return web(parts).test_client()
