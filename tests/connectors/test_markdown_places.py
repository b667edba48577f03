"""Markdown documents that lie in a folder of this machine or in a repository on GitHub."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
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


def test_a_push_is_not_believed_by_the_secret_of_posted_documents(repository: RepositoryBench) -> None:
    delivery, hook = repository.final(), repository.source.hook
    assert hook is not None
    assert hook.authenticate(repository.signed(delivery, NOW), delivery.body, NOW) == delivery.key
    with pytest.raises(NotAuthentic):
        hook.authenticate({"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x"}, b"", NOW)


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
