"""`held` decides as the page does: with a reason, under the name of whoever gives the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.errors import house as components
from service.cli.main import cli
from service.usecases.deliveries import absorb_due


def _say(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["held", *arguments])


@pytest.fixture
def held(migrated: Path) -> list[int]:
    """The numbers of two items, the second of which may be the first."""
    for revision, title in ((1, "Add an alert"), (2, "Alarm on the queue")):
        stated = [{"title": title}]
        document = {"id": "INC-7", "status": "final", "title": "A title", "revision": revision, "action_items": stated}
        CliRunner().invoke(cli, ["ingest", "-"], input=json.dumps(document))
    with components() as parts:
        absorb_due(parts, lambda: True)
        with parts.ledger.read() as uow:
            return [item.id for item in uow.items.of_postmortem(1)]


def _document(number: int) -> tuple[str, str, list[str]]:
    with components() as parts, parts.ledger.read() as uow:
        item = uow.items.get(number)
        return item.title, item.state.value, [row.event for row in uow.journal.history("item", number)]


def test_what_may_be_another_is_shown_with_it_and_merged_into_it(held: list[int]) -> None:
    first, second = sorted(held)
    assert f"May be item {first}: Add an alert" in _say("show", str(second)).output
    result = _say("merge", str(second), "--into", str(first), "--reason", "re-worded")
    assert (result.exit_code, result.output) == (0, f"Item {second} is the same as item {first} from now on.\n")
    assert _document(first)[0] == "Alarm on the queue"
    assert "decision.merge" in _document(second)[2]


def test_a_held_item_is_corrected_and_dismissed(held: list[int]) -> None:
    number = str(max(held))
    result = _say("correct", number, "--due", "2027-01-15", "--priority", "p1", "--reason", "asked")
    assert result.output == f"Item {number} is corrected: due on, priority.\n"
    assert _say("dismiss", number, "--reason", "a remark").output == f"Item {number} is dismissed.\n"
    _, state, events = _document(int(number))
    assert state == "declined"
    assert {"decision.correct", "item.corrected", "decision.dismiss"} <= set(events)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("merge", "99", "--into", "1", "--reason", "x"), "There is no item 99"),
        (("dismiss", "99", "--reason", "x"), "There is no item 99"),
        (("correct", "99", "--title", "x", "--reason", "x"), "There is no item 99"),
        (("dismiss", "1"), "Missing option '--reason'"),
        (("merge", "1", "--reason", "x"), "Missing option '--into'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(held: list[int], arguments: tuple[str, ...], sentence: str) -> None:
    result = _say(*arguments)
    assert result.exit_code != 0
    assert sentence in result.output
