"""Markdown documents that lie in a folder of this machine or in a repository on GitHub."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from connectors.conformance.bench import Delivery, SourceBench
from connectors.conformance.source import NOW, SourceConformance
from connectors.markdown import CONNECTOR
from connectors.markdown.settings import MarkdownSettings
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from connectors.spi import FetchById, Ignored, Missing, NotAuthentic, Source, Unavailable, Unreadable
from tests.connectors.tool_bench import CALL_SECONDS, SECRETS, ToolBench

BEFORE, AFTER = "1" * 40, "2" * 40
TEXT = "# Checkout down\n\n## Action items\n\n- Add an alert\n"
MINE = "---\nid: INC-7\n---\n" + TEXT
State = tuple[list[str], str]


def made(**table: Any) -> Source:
    assert CONNECTOR.source is not None
    return CONNECTOR.source.make("notes", CONNECTOR.source.settings(table))


def swept(source: Source, cursor: str | None = None) -> State:
    page = source.finalized_since(cursor)
    assert page is not None
    assert not page.more
    return sorted(page.source_ids), page.cursor


def told(source: Source, cursor: str | None) -> tuple[list[tuple[str, str]], str]:
    """What a sweep comes to: each document's id and status, and the cursor."""
    names, position = swept(source, cursor)
    documents = [source.fetch(name) for name in names]
    return sorted({(each.id, each.status) for each in documents}), position


class RepositoryBench(ToolBench):
    vendor = "repository"
    final_id = "checkout.md"

    def __init__(self, sandbox: Sandbox, **table: Any) -> None:
        super().__init__(sandbox)
        keys = {"token_env": "REPO_TOKEN", "webhook_secret_env": ["REPO_NEW", "REPO_OLD"], "path": "docs/postmortems"}
        place = {"repository": "acme/handbook", "api_url": f"{sandbox.url}/repository", "call_seconds": CALL_SECONDS}
        self.source = made(**keys, **place, **table)
        self.files: dict[str, str] = {}
        self.commit(BEFORE, {"docs/postmortems/checkout.md": TEXT, "src/main.py": "", "README.md": "# Handbook"})

    def commit(self, sha: str, files: Mapping[str, str]) -> None:
        self.files = dict(files)
        self.shelves.put("commits", sha, {"files": dict(files)})
        self.shelves.put("branches", "main", {"sha": sha})

    def signed(self, delivery: Delivery, at: datetime, by: str = "new") -> dict[str, str]:
        digest = hmac.new(SECRETS[by].encode(), delivery.body, hashlib.sha256).hexdigest()
        named = {"x-github-event": "push", "x-github-delivery": delivery.key, **dict(delivery.headers)}
        return {"x-hub-signature-256": f"sha256={digest}", **named}

    def push(self, *commits: Mapping[str, Sequence[str]], **members: Any) -> Delivery:
        repository = {"full_name": "acme/handbook"}
        body = {"ref": "refs/heads/main", "before": BEFORE, "repository": repository, "commits": commits, **members}
        return Delivery(json.dumps(body).encode())

    def final(self) -> Delivery:
        return self.push({"added": ["docs/postmortems/checkout.md"]})

    def foreign(self) -> Sequence[Delivery]:
        touched = {"added": ["docs/postmortems/checkout.md"]}
        return [
            Delivery(b'{"zen": "Design for failure."}', headers=(("x-github-event", "ping"),)),
            self.push({"added": ["src/main.py"], "modified": ["docs/postmortems/README.md"]}),
            self.push(touched, ref="refs/heads/topic"),
            self.push(touched, repository={"full_name": "acme/other"}),
        ]

    def add_final(self, number: int) -> str:
        return self.add(f"{number}.md", TEXT)

    def add_draft(self) -> str:
        return self.add("draft.md", "---\nstatus: WIP\n---\n" + TEXT)

    def add(self, name: str, text: str) -> str:
        self.commit(AFTER, {**self.files, f"docs/postmortems/{name}": text})
        return name


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPO_TOKEN", "sandbox-repository-token")
    monkeypatch.setenv("REPO_NEW", SECRETS["new"])
    monkeypatch.setenv("REPO_OLD", SECRETS["old"])


@pytest.fixture(scope="module")
def standing() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None)) as running:
        yield running


@pytest.fixture
def repository(standing: Sandbox) -> RepositoryBench:
    standing.world.reset(["sources", "faults", "stats"])
    return RepositoryBench(standing)


class TestContract(SourceConformance):
    """Pushes are JSON only by their header, which the suite's hostile bodies do not carry: `parse` is tried below."""

    @pytest.fixture
    def bench(self, repository: RepositoryBench) -> SourceBench:
        repository.json_bodies = False
        return repository


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b"\xff", b"{}", b'{"ref": 1}'])
def test_a_broken_push_is_unreadable(repository: RepositoryBench, body: bytes) -> None:
    with pytest.raises(Unreadable):
        repository.source.parse({"x-github-event": "push"}, body)


def test_a_push_names_what_it_leaves_changed_and_what_it_took_away(repository: RepositoryBench) -> None:
    at = "docs/postmortems/"
    pushed = repository.push(
        {"added": [at + "a.md", at + "b.md"], "modified": ["src/main.py"], "removed": [at + "old.md"]},
        {"modified": [at + "2026/c.md"], "removed": [at + "b.md"]},
    )
    found = repository.source.parse({"x-github-event": "push"}, pushed.body)
    assert isinstance(found, FetchById)
    assert sorted(found.source_ids) == ["2026/c.md", "a.md", f"gone:{BEFORE}:b.md", f"gone:{BEFORE}:old.md"]
    assert [each.startswith("gone:") for each in found.source_ids] == [True, True, False, False]


def test_a_removed_document_is_deleted_by_the_id_that_it_had(repository: RepositoryBench) -> None:
    at = "docs/postmortems/"
    repository.commit(BEFORE, {at + "mine.md": MINE, at + "plain.md": TEXT})
    repository.commit(AFTER, {at + "other.md": TEXT})
    found = [repository.source.fetch(f"gone:{BEFORE}:{name}") for name in ("mine.md", "plain.md")]
    assert [(each.id, each.status) for each in found] == [("INC-7", "deleted"), ("plain.md", "deleted")]


@pytest.mark.parametrize("new", ["2026/mine.md", "renamed.md"])
def test_a_document_with_an_id_of_its_own_may_be_moved(repository: RepositoryBench, new: str) -> None:
    at = "docs/postmortems/"
    repository.commit(BEFORE, {at + "mine.md": MINE, at + "other.md": TEXT})
    repository.commit(AFTER, {at + new: MINE + "\n- And another\n", at + "other.md": TEXT})
    found = repository.source.fetch(f"gone:{BEFORE}:mine.md")
    assert (found.id, found.status) == ("INC-7", "final")


def test_a_pushed_document_that_has_gone_since_is_deleted_and_a_strange_name_missing(
    repository: RepositoryBench,
) -> None:
    assert repository.source.fetch("was-there.md").status == "deleted"
    for name in ("../secrets.txt", ".git/config", "main.py", "README.md"):
        with pytest.raises(Missing):
            repository.source.fetch(name)


def test_a_listing_that_was_cut_short_lets_nothing_look_gone(
    repository: RepositoryBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cursor = swept(repository.source)
    repository.shelves.put("branches", "main", {"sha": "3" * 40})
    from connectors.sandbox.sources import repository as stand_in

    real = stand_in.answer
    monkeypatch.setattr(
        stand_in, "answer", lambda body, *rest: real({**body, "truncated": True} if "tree" in body else body, *rest)
    )
    repository.shelves.put("commits", "3" * 40, {"files": {}})
    with pytest.raises(Unavailable):
        repository.source.finalized_since(cursor)


def test_a_repository_too_large_to_be_listed_at_once_is_listed_where_its_documents_lie(
    repository: RepositoryBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.sandbox.sources import repository as stand_in

    monkeypatch.setattr(stand_in, "MOST", 3)
    many = {f"src/{number}.py": "" for number in range(20)}
    repository.commit(AFTER, {**repository.files, **many})
    names, cursor = swept(repository.source)
    assert names == ["checkout.md"]
    repository.commit("3" * 40, many)
    assert told(repository.source, cursor)[0] == [("checkout.md", "deleted")]


def test_a_push_is_not_believed_by_the_secret_of_posted_documents(repository: RepositoryBench) -> None:
    delivery, hook = repository.final(), repository.source.hook
    assert hook is not None
    assert hook.authenticate(repository.signed(delivery, NOW), delivery.body, NOW) == delivery.key
    with pytest.raises(NotAuthentic):
        hook.authenticate({"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x"}, b"", NOW)


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


def test_a_repository_whose_folder_was_moved_lets_nothing_look_gone(repository: RepositoryBench) -> None:
    at = "docs/postmortems/"
    repository.commit(BEFORE, {at + "a.md": TEXT, at + "b.md": MINE})
    _, cursor = swept(repository.source)
    repository.commit(AFTER, {"docs/pm/a.md": TEXT, "docs/pm/b.md": MINE})
    with pytest.raises(Unavailable):
        repository.source.finalized_since(cursor)
    for name in ("a.md", "b.md"):
        with pytest.raises(Unavailable, match="none of its 2 documents"):
            repository.source.fetch(f"gone:{BEFORE}:{name}")


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


@pytest.mark.parametrize(
    ("word", "rule", "status"),
    [
        ("", None, "final"),
        ("Published", None, "final"),
        ("Complete", None, "final"),
        ("in_review", None, "draft"),
        ("Work in progress", None, "draft"),
        ("reopened", None, "reopened"),
        ("Deleted", ["deleted"], "deleted"),
        ("Published", ["done"], "draft"),
        ("Done", ["done"], "final"),
        ("final", ["done"], "draft"),
        ("draft", ["draft"], "final"),
    ],
)
def test_a_documents_own_word_for_its_status_goes_by_a_table(word: str, rule: list[str] | None, status: str) -> None:
    table = {} if rule is None else {"final_when": {"status": rule}}
    assert CONNECTOR.source is not None
    settings: MarkdownSettings = CONNECTOR.source.settings(table)
    assert settings.status(word) == status


def test_every_fault_of_the_table_is_told_at_once() -> None:
    assert CONNECTOR.source is not None
    for table, wrong in (
        ({"directory": "x", "repository": "a/b", "token_env": "T"}, {"directory"}),
        ({"repository": "a/b"}, {"token_env"}),
        ({"path": "x", "branch": "y"}, {"path", "branch"}),
        ({"repository": "a b", "files": [], "scan_seconds": 1}, {"repository", "files", "scan_seconds"}),
    ):
        with pytest.raises(ValidationError) as caught:
            CONNECTOR.source.settings(table)
        assert set(caught.value.normalized_messages()) & wrong


def test_a_push_for_a_source_that_has_no_repository_is_ignored() -> None:
    body = json.dumps({"ref": "refs/heads/main", "repository": {"full_name": "a/b"}, "commits": []}).encode()
    assert isinstance(made().parse({"x-github-event": "push"}, body), Ignored)
