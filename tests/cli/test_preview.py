"""What `preview` shows, and that it leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli.demo.expected import ADOPTED, HELD, ISSUES
from service.cli.main import cli


def _preview(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["preview", *arguments], input=text)


def _planned(path: Path) -> list[dict[str, Any]]:
    result = _preview(str(path), "--json")
    assert result.exit_code == 0, result.output
    items: list[dict[str, Any]] = json.loads(result.stdout)["items"]
    return items


@pytest.mark.usefixtures("house")
def test_the_demos_documents_plan_exactly_the_issues_of_its_table(documents: Path) -> None:
    items = [item for path in sorted(documents.iterdir()) for item in _planned(path)]
    made = {(item["title"], item["tracker"], item["place"]) for item in items if item["action"] == "create"}
    assert made == {(each.title, each.tracker, each.place) for each in ISSUES if not each.adopted}
    assert [item["title"] for item in items if item["action"] == "hold"] == [HELD]
    adopted = [item["adopts"] for item in items if item["action"] == "adopt"]
    assert adopted == ["http://127.0.0.1:8100/github/acme/checkout-web/issues/1"]
    assert [each.title for each in ISSUES if each.adopted] == [ADOPTED]
    assert sum(item["action"] == "none" for item in items) == 3


@pytest.mark.usefixtures("house")
def test_each_issue_is_shown_with_its_whole_text_and_fields(documents: Path) -> None:
    item = next(item for item in _planned(documents / "card-payments.json") if item["title"].startswith("Renew"))
    assert item["route"] == "everything else"
    assert item["mode"] == "live"
    assert {name: item["issue"][name] for name in ("assignee", "priority", "due_on", "labels")} == {
        "assignee": "Mateo Silva",
        "priority": "p0",
        "due_on": "2026-03-11",
        "labels": ["postmortem"],
    }
    assert "Two renewals in a row happen without a person" in item["issue"]["body"]
    assert "- [x] Renewal against the acquirer's test environment (by 25 February 2026)" in item["issue"]["body"]
    assert "/items/…" in item["issue"]["body"]


@pytest.mark.usefixtures("house")
def test_a_person_reads_what_goes_where_and_why_something_does_not(documents: Path) -> None:
    shown = _preview(str(documents / "card-payments.json")).output
    assert "1. Alert 21 days before any certificate of the payment path expires" in shown
    assert "an issue in jira PAY by the route everything else" in shown
    assert "held: It already has an issue at https://support.acquirer.example/cases/88123" in shown
    assert "no issue: It is done already." in shown


def test_nothing_is_written_anywhere(house: Path, documents: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in house.rglob("*"))
    assert _preview(str(documents / "support-tool.json")).exit_code == 0
    assert sorted((path, path.stat().st_mtime_ns) for path in house.rglob("*")) == before


@pytest.mark.usefixtures("house")
def test_a_draft_creates_nothing_and_says_so() -> None:
    draft = json.dumps({"id": "D-1", "status": "draft", "title": "Not yet", "action_items": [{"title": "Do it"}]})
    assert "Nothing is created while it is draft." in _preview("-", text=draft).output


@pytest.mark.usefixtures("house")
def test_what_cannot_be_read_is_one_sentence_with_its_cure() -> None:
    missing = _preview("nowhere.json")
    assert missing.exit_code == 1
    assert missing.output == (
        "nowhere.json: it cannot be read (no such file or directory): check the path and that you may read the file.\n"
    )
    assert "standard input: The document is not JSON" in _preview("-", text="{").output


@pytest.mark.usefixtures("house")
def test_a_credential_in_an_action_is_never_shown() -> None:
    token = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    item = {"title": "Rotate the token", "description": f"It was {token} all the time.", "team": "payments"}
    document = {"id": "D-2", "status": "final", "title": "Leak", "action_items": [item]}
    shown = _preview("-", text=json.dumps(document)).output
    assert "Rotate the token" in shown
    assert token not in shown
