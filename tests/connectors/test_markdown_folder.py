"""Markdown documents that lie in a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.spi import Unavailable, Unreadable
from tests.connectors.test_markdown_places import MINE, TEXT, made, swept, told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "checkout.md").write_text(TEXT)
    (tmp_path / "mine.md").write_text(MINE)
    (tmp_path / "draft.md").write_text("---\nstatus: in_review\n---\n" + TEXT)
    for name in ("README.md", "template.md", "notes.txt", ".hidden.md"):
        (tmp_path / name).write_text(TEXT)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.md").write_text(TEXT)
    return tmp_path


def test_a_folder_is_scanned_for_documents_and_nothing_else(folder: Path) -> None:
    source = made(directory=str(folder))
    found, _ = told(source, None)
    assert found == [("2026/checkout.md", "final"), ("INC-7", "final"), ("draft.md", "draft")]
    assert (source.hook, source.capabilities.lists_changes) == (None, True)
    assert list(source.check()) == []


Act = Callable[[Path], object]
CHANGES: dict[str, tuple[Act, list[tuple[str, str]]]] = {
    "nothing": (lambda _: None, []),
    "a change": (
        lambda f: (f / "2026" / "checkout.md").write_text(TEXT + "\n- One more\n"),
        [("2026/checkout.md", "final")],
    ),
    "a new one": (lambda f: (f / "new.md").write_text(TEXT), [("new.md", "final")]),
    "a finished one": (
        lambda f: (f / "draft.md").write_text("---\nstatus: done\n---\n" + TEXT),
        [("draft.md", "final")],
    ),
    "a deletion": (lambda f: (f / "2026" / "checkout.md").unlink(), [("2026/checkout.md", "deleted")]),
    "a deletion by id": (lambda f: (f / "mine.md").unlink(), [("INC-7", "deleted")]),
    "a move by id": (lambda f: (f / "mine.md").rename(f / "2026" / "moved.md"), [("INC-7", "final")]),
    "one that is put aside": (lambda f: (f / "mine.md").rename(f / "mine.txt"), [("INC-7", "deleted")]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_in_a_folder_since_is_found(folder: Path, name: str) -> None:
    source = made(directory=str(folder))
    _, cursor = swept(source)
    act, expected = CHANGES[name]
    act(folder)
    assert told(source, cursor)[0] == expected


def test_a_folder_that_is_not_there_lets_nothing_look_gone(folder: Path, tmp_path: Path) -> None:
    source = made(directory=str(folder))
    _, cursor = swept(source)
    folder.rename(tmp_path.with_name("away"))
    try:
        with pytest.raises(Unavailable):
            source.finalized_since(cursor)
        assert [finding.code for finding in source.check()] == ["markdown.no_folder"]
    finally:
        tmp_path.with_name("away").rename(folder)


def test_a_folder_that_holds_nothing_any_more_lets_nothing_look_gone(folder: Path) -> None:
    source = made(directory=str(folder))
    _, cursor = swept(source)
    for path in folder.rglob("*.md"):
        path.unlink()
    with pytest.raises(Unavailable, match="none of its 3 documents") as caught:
        source.finalized_since(cursor)
    assert "mount" in caught.value.cure.lower()
    (folder / "mine.md").write_text(MINE)
    assert told(source, cursor)[0] == [("2026/checkout.md", "deleted"), ("INC-7", "final"), ("draft.md", "deleted")]


def test_no_link_leads_out_of_a_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.md"
    outside.write_text(TEXT)
    (folder / "link.md").symlink_to(outside)
    (folder / "loop.md").symlink_to(folder / "loop.md")
    source = made(directory=str(folder))
    assert not [name for name, _ in told(source, None)[0] if name in ("link.md", "loop.md")]
    assert source.fetch("link.md").status == "deleted"


def test_a_name_that_is_not_utf_8_is_told_and_keeps_no_other_document_from_being_read(folder: Path) -> None:
    before = told(made(directory=str(folder)), None)[0]
    (folder / os.fsdecode(b"st\xf6rung.md")).write_text(TEXT)
    source = made(directory=str(folder))
    assert told(source, None)[0] == before
    assert [finding.code for finding in source.check()] == ["markdown.strange_name"]
    assert "st\\xf6rung.md" in source.check()[0].sentence


def test_a_file_that_goes_while_the_folder_is_looked_through_is_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.markdown.shelf import Folder

    real = Folder._inside
    monkeypatch.setattr(Folder, "_inside", lambda self, path: real(self, path) and path.unlink() is None)
    assert swept(made(directory=str(folder)))[0] == []


def test_a_copy_that_kept_the_id_of_another_document_does_not_take_its_place(folder: Path) -> None:
    source = made(directory=str(folder))
    _, cursor = swept(source)
    (folder / "a copy.md").write_text(MINE.replace("Checkout", "Search"))
    names, cursor = swept(source, cursor)
    with pytest.raises(Unreadable, match=r"a copy\.md.*INC-7.*mine\.md"):
        source.fetch(names[0])
    (folder / "mine.md").write_text(MINE + "- One more\n")
    found, cursor = told(source, cursor)
    assert found == [("INC-7", "final")]
    (folder / "a copy.md").write_text(MINE.replace("INC-7", "INC-8"))
    found, cursor = told(source, cursor)
    assert found == [("INC-8", "final")]
    (folder / "mine.md").rename(folder / "2026" / "mine.md")
    assert told(source, cursor)[0] == [("INC-7", "final")]


def test_of_two_documents_with_one_id_the_first_has_it(folder: Path) -> None:
    (folder / "other.md").write_text(MINE)
    names, _ = swept(made(directory=str(folder)))
    assert "mine.md" in names
    assert "other.md" not in names


def test_one_file_that_cannot_be_read_keeps_no_other_from_being_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.read_bytes

    def read_bytes(self: Path) -> bytes:
        if self.name == "mine.md":
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    source = made(directory=str(folder))
    names, cursor = swept(source)
    assert names == ["2026/checkout.md", "draft.md", "mine.md"]
    with pytest.raises(Unavailable, match=r"mine\.md"):
        source.fetch("mine.md")
    monkeypatch.undo()
    (folder / "mine.md").rename(folder / "moved.md")
    assert told(source, cursor)[0] == [("INC-7", "final"), ("mine.md", "deleted")]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read_is_told(folder: Path) -> None:
    source = made(directory=str(folder))
    (folder / "mine.md").chmod(0)
    with pytest.raises(Unavailable, match=r"mine\.md"):
        source.fetch("mine.md")
