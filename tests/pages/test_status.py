"""What `afteraction status` prints, for a person and for a script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli.main import cli
from service.cli.status import as_document, as_text
from service.ledger import Ledger
from service.usecases.survey import survey
from tests.pages.filled import Parts


def test_it_answers_before_it_shows(filled: Ledger) -> None:
    lines = as_text(survey(Parts(filled))).splitlines()
    assert lines[0].startswith("Promises are mostly kept: 10 of 13 due")
    assert lines[1] == "2 are overdue, the oldest by 23 days; 3 are stalled."
    assert lines[2].startswith("Target platform has failed for 3 h: GitHub refused the token")
    assert lines[3] == "  Replace GITHUB_TOKEN and restart nothing."


def test_each_connection_has_a_line_with_its_sentence_and_cure(filled: Ledger) -> None:
    text = as_text(survey(Parts(filled)))
    assert "paused     channel  mail" in text
    assert "           Paused: The relay is being moved.\n           afteraction resume mail" in text


def test_a_script_gets_the_same_as_one_document(filled: Ledger) -> None:
    shown = json.loads(json.dumps(as_document(survey(Parts(filled)))))
    assert shown["items"]["overdue"] == 2
    assert shown["on_schedule"] == {"days": 90, "due": 13, "kept": 10, "dropped": 2}
    assert shown["needs_a_person"] == {"held": 4, "flagged": 0, "dead_letters": 2}
    assert shown["sync"]["state"] == "failing"
    states = {(line["kind"], line["name"]): line["state"] for line in shown["connections"]}
    assert states[("target", "identity")] == "held"
    assert shown["clock"]["ok"] is True


def test_an_empty_ledger_is_said_in_words(empty: Ledger) -> None:
    assert as_text(survey(Parts(empty))).startswith("Nothing has been promised yet.")


def test_the_command_tells_a_script_that_something_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFTERACTION_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("AFTERACTION_CONFIG", raising=False)
    runner = CliRunner()
    for command in (["init", "."], ["migrate"]):
        done = runner.invoke(cli, command)
        assert done.exit_code == 0, done.output
    shown = runner.invoke(cli, ["status", "--json"])
    assert shown.exit_code == 1
    assert json.loads(shown.stdout)["sync"]["sentence"].startswith("The clock has never run on this ledger")
    assert "no news" in runner.invoke(cli, ["status"]).stdout
