"""`check --online --create-one` before the stand-ins: one real issue, left closed, or the step that was refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.main import cli
from tests.support.house import House, write_config
from tests.usecases.surroundings import Outside, house, listening, opened, outside, shown

__all__ = ["house", "listening", "opened", "outside"]


def check(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.setenv("AFTERACTION_CONFIG", str(write_config(tmp_path, house.sandbox)))
    monkeypatch.setenv("AFTERACTION_HOME", str(tmp_path))
    url = house.ledger.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    return CliRunner().invoke(cli, ["check", *words])


@pytest.mark.parametrize(("target", "status"), [("pay", "Won't Do"), ("api", "closed")])
def test_one_real_issue_is_opened_edited_commented_on_and_closed(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, status: str
) -> None:
    result = check(house, tmp_path, monkeypatch, "--online", "--create-one", target)
    assert [line.split()[0] for line in result.output.splitlines()[:4]] == ["Opened", "Edited", "Commented", "Closed"]
    (issue,) = shown(house)
    assert len(issue["comments"]) == 1
    assert issue["title"].endswith("(edited)")
    assert status in f"{issue.get('status')} {issue.get('state')}"


def test_the_step_that_is_refused_is_a_fault_with_its_cure(
    house: House, outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside.fault("error_before", methods=["POST"], path="/comment$", status=403)
    result = check(house, tmp_path, monkeypatch, "--online", "--create-one", "pay")
    assert result.exit_code == 1
    assert "Opened PAY-1" in result.output
    assert "Commented" not in result.output


def test_nothing_is_made_where_something_else_is_wrong_or_unknown(
    house: House, outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        "There is no target nowhere"
        in check(house, tmp_path, monkeypatch, "--online", "--create-one", "nowhere").output
    )
    outside.fault("error_before", path="^/myself$", status=401)
    assert check(house, tmp_path, monkeypatch, "--online", "--create-one", "pay").exit_code == 1
    assert shown(house) == []
    assert check(house, tmp_path, monkeypatch, "--create-one", "pay").exit_code == 2
