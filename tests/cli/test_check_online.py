"""`check --online --create-one` before the stand-ins: one real issue, left closed, or the step that was refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.main import cli
from tests.support.house import ROUTES, House, write_config
from tests.usecases.surroundings import Outside, house, listening, opened, outside, shown

__all__ = ["house", "listening", "opened", "outside"]


def check(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str, routes: str = ROUTES) -> Result:
    monkeypatch.setenv("AFTERACTION_CONFIG", str(write_config(tmp_path, house.sandbox, routes=routes)))
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


SECURITY = """
[targets.sec]
tracker = "jira"
place = "SEC"
mode = "live"

[[routes]]
name = "default"
target = "sec"
default = true
{more}
"""


def test_a_required_field_is_named_until_the_route_fills_it_and_then_one_issue_is_made(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = check(house, tmp_path, monkeypatch, "--online", routes=SECURITY.format(more=""))
    assert (bare.exit_code, "Risk class (customfield_10050)" in bare.output) == (1, True)
    filled = SECURITY.format(more='fields = { customfield_10050 = { value = "{severity}" } }')
    result = check(house, tmp_path, monkeypatch, "--online", "--create-one", "sec", routes=filled)
    assert (result.exit_code, len(shown(house))) == (0, 1)


def test_the_place_is_asked_for_the_parents_type_and_a_named_parent_must_be_there(
    house: House, outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ROUTES.replace("default = true", 'default = true\nparent = "postmortem"\nparent_type = "{}"')
    wrong = check(house, tmp_path, monkeypatch, "--online", routes=own.format("Saga"))
    assert "has no issue type Saga" in wrong.output
    assert check(house, tmp_path, monkeypatch, "--online", routes=own.format("Epic")).exit_code == 0
    address = f"{outside.sandbox.url}/jira/browse/PAY-99999"
    named = ROUTES.replace("default = true", f'default = true\nparent = "{address}"')
    gone = check(house, tmp_path, monkeypatch, "--online", routes=named)
    assert (gone.exit_code, "route default" in gone.output) == (1, True)
