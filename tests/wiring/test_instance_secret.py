"""The instance secret is made once, seen whole, and never replaced silently."""

from __future__ import annotations

import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from service.wiring import NotReady, instance_secret


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AFTERACTION_SECRET", raising=False)
    monkeypatch.delenv("AFTERACTION_SECRET_FILE", raising=False)


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        for turn in range(25):
            made = set(pool.map(instance_secret, [tmp_path / str(turn)] * 4))
            assert len(made) == 1
            assert len(made.pop()) >= 32


def test_the_file_is_its_owners_alone_and_stays(tmp_path: Path) -> None:
    first = instance_secret(tmp_path / "var")
    (path,) = (tmp_path / "var").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert instance_secret(tmp_path / "var") == first


def test_what_the_environment_gives_comes_first_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERACTION_SECRET", "given")
    assert instance_secret(tmp_path / "var") == b"given"
    assert not (tmp_path / "var").exists()


def test_a_file_that_is_named_and_missing_is_a_fault_and_not_a_new_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERACTION_SECRET_FILE", str(tmp_path / "mounted"))
    with pytest.raises(NotReady, match="AFTERACTION_SECRET_FILE"):
        instance_secret(tmp_path / "var")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(NotReady, match="empty"):
        instance_secret(tmp_path)
