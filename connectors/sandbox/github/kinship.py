"""How issues of the stand-in stand to each other, and of which types they may be."""

from __future__ import annotations

from typing import Any

from flask import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.github.door import problem, tagged, visit
from connectors.sandbox.github.hub import RelationError
from connectors.sandbox.github.model import Repo


def list_types(repo: Repo) -> Response:
    now = visit()
    if not now.has("issue type list"):
        raise problem(404, "Not Found")
    return tagged([now.shapes.issue_type(repo, name) for name in now.hub.types(repo)])


def list_sub_issues(repo: Repo, number: int) -> Response:
    now = _able()
    issue = now.issue(repo, number)
    found = [each for each in now.hub.everything() if each.parent == issue.id and not each.gone]
    return tagged([now.shapes.issue(each, _repo_of(each.repo)) for each in found])


def add_sub_issue(repo: Repo, number: int) -> Response:
    now = _able()
    parent = now.issue(now.writable(repo), number)
    body: dict[str, Any] = now.body()
    child = now.hub.by_id(int(body.get("sub_issue_id") or 0))
    if child is None or child.gone:
        raise problem(404, "Not Found")
    try:
        now.hub.put_under(child.id, parent.id, replacing=bool(body.get("replace_parent")))
    except RelationError as error:
        raise problem(422, f"An error occured while adding the sub-issue to the parent issue. {error}") from error
    return answer(now.shapes.issue(parent, repo), 201)


def read_parent(repo: Repo, number: int) -> Response:
    now = _able()
    issue = now.issue(repo, number)
    parent = now.hub.by_id(issue.parent) if issue.parent else None
    if parent is None or parent.gone:
        raise problem(404, "Not Found")
    return tagged(now.shapes.issue(parent, _repo_of(parent.repo)))


def _able() -> Any:
    now = visit()
    if not now.has("sub-issues"):
        raise problem(404, "Not Found")
    return now


def _repo_of(repo_id: int) -> Repo:
    repo = visit().hub.repo(repo_id)
    assert repo is not None
    return repo
