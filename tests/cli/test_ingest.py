"""`ingest` puts documents where webhooks put them: once, readable, and under the source that is meant."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.errors import house
from service.cli.main import cli
from service.usecases.deliveries import absorb_due

DOCUMENT = json.dumps({"id": "INC-7", "status": "final", "title": "A title", "action_items": [{"title": "Do it"}]})


def _ingest(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["ingest", *arguments], input=text)


def _stored(house: Path) -> list[tuple[str, bytes]]:
    with sqlite3.connect(house / "var" / "afteraction.sqlite") as database:
        return database.execute("select hook, body from deliveries order by id").fetchall()


def test_each_document_is_stored_with_its_bytes_under_the_source_of_its_kind(migrated: Path, documents: Path) -> None:
    paths = [documents / "double-settlement.md", documents / "empty-baskets.json"]
    result = _ingest(*map(str, paths))
    assert result.exit_code == 0, result.output
    assert _stored(migrated) == [("wiki", paths[0].read_bytes()), ("postmortems", paths[1].read_bytes())]
    assert f"{paths[1]}: stored INC-1057 (final) for postmortems" in result.output


def test_the_same_document_twice_changes_nothing(migrated: Path) -> None:
    assert "stored INC-7 (final)" in _ingest("-", text=DOCUMENT).output
    again = _ingest("-", text=DOCUMENT)
    assert (again.exit_code, len(_stored(migrated))) == (0, 1)
    assert "was stored before; nothing changes." in again.output


def test_a_document_that_is_as_it_was_before_its_last_change_is_read_again(migrated: Path) -> None:
    changed = DOCUMENT.replace("A title", "A better title")
    for text in (DOCUMENT, changed, DOCUMENT):
        assert "stored INC-7 (final)" in _ingest("-", text=text).output
        with house() as components:
            absorb_due(components, lambda: True)
            with components.ledger.read() as uow:
                found = uow.postmortems.find("postmortems", "INC-7")
    assert found is not None
    assert found.facts.title == "A title"
    assert "nothing changes" in _ingest("-", text=DOCUMENT).output


def test_a_file_of_a_sources_own_folder_is_the_document_that_the_source_finds_there(
    migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shelf" / "2026").mkdir(parents=True)
    file = tmp_path / "shelf" / "2026" / "outage.md"
    file.write_text("# Outage\n\n## Action items\n\n- [ ] Do it\n")
    with (migrated / "afteraction.toml").open("a") as configuration:
        configuration.write(f'\n[sources.shelf]\ntype = "markdown"\ndirectory = "{tmp_path / "shelf"}"\n')
    assert "stored 2026/outage.md (final)" in _ingest("--source", "shelf", str(file)).output
    monkeypatch.chdir(file.parent)
    assert "2026/outage.md (final) for shelf was stored before" in _ingest("--source", "shelf", "outage.md").output
    assert "stored O-1 (final)" in _ingest("--source", "shelf", "outage.md", "--id", "O-1").output


def test_a_file_whose_name_is_not_utf_8_needs_an_id(migrated: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"st\xf6rung.md")
    (tmp_path / name).write_text("# Outage\n\n## Action items\n\n- [ ] Do it\n")
    refused = _ingest(name)
    assert (refused.exit_code, "Say --id ID" in refused.output) == (1, True)
    assert _ingest(name, "--id", "O-1").exit_code == 0
    assert len(_stored(migrated)) == 1


def test_a_changed_document_is_stored_beside_the_first(migrated: Path) -> None:
    _ingest("-", text=DOCUMENT)
    _ingest("-", text=DOCUMENT.replace("A title", "A better title"))
    assert len(_stored(migrated)) == 2


def test_what_cannot_be_read_is_told_and_the_others_are_stored(migrated: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "good.json").write_text(DOCUMENT)
    result = _ingest("bad.json", "good.json", "absent.md")
    assert result.exit_code == 1
    assert "bad.json: The document is not JSON" in result.output
    assert "absent.md: it cannot be read (no such file or directory)" in result.output
    assert len(_stored(migrated)) == 1


def test_a_markdown_document_has_its_path_as_its_id_unless_one_is_said(migrated: Path, tmp_path: Path) -> None:
    (tmp_path / "outage.md").write_text("# Outage\n\n## Action items\n\n- [ ] Do it\n")
    assert "stored outage.md (final)" in _ingest("outage.md").output
    assert "stored O-1 (final)" in _ingest("outage.md", "--id", "O-1").output
    assert len(_stored(migrated)) == 2


@pytest.mark.usefixtures("migrated")
def test_markdown_from_standard_input_needs_an_id() -> None:
    result = _ingest("-", text="# Outage\n")
    assert result.exit_code == 1
    assert "Say --id ID" in result.output
    assert _ingest("-", "--id", "O-2", text="# Outage\n").exit_code == 0


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-", "--source", "nobody"), "There is no source nobody: configured are postmortems, wiki."),
        (("a.json", "b.json", "--id", "X"), "An id is one document's: name one file with --id."),
        (("-", "--id", "X"), "a JSON document states its own id: leave --id out."),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_cure(arguments: tuple[str, ...], sentence: str) -> None:
    result = _ingest(*arguments, text=DOCUMENT)
    assert result.exit_code == 1
    assert sentence in result.output


@pytest.mark.usefixtures("migrated")
def test_a_body_that_no_door_would_take_is_refused() -> None:
    result = _ingest("-", text=DOCUMENT + " " * (5 * 1024 * 1024))
    assert result.exit_code == 1
    assert "it is larger than 5 MiB" in result.output


def test_several_sources_of_one_kind_ask_which_is_meant(migrated: Path) -> None:
    config = migrated / "afteraction.toml"
    second = '\n[sources.rooms]\ntype = "standard"\nsecret_env = "POSTMORTEMS_SECRET"\n'
    config.write_text(config.read_text() + second)
    result = _ingest("-", text=DOCUMENT)
    assert result.exit_code == 1
    assert "several sources may be meant (postmortems, rooms): say which with --source." in result.output
    assert _ingest("-", "--source", "rooms", text=DOCUMENT).exit_code == 0


def test_who_submitted_it_stands_in_the_journal(migrated: Path) -> None:
    _ingest("-", text=DOCUMENT)
    with sqlite3.connect(migrated / "var" / "afteraction.sqlite") as database:
        entries = database.execute("select actor_kind, subject from journal where event = 'delivery.ingested'")
        assert entries.fetchall() == [("person", "postmortems")]
