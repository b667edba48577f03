"""Enough GraphQL for issues: `nodes`, `node`, `repository`, `viewer`, and the mutations that relate issues. An executor
that gives exactly the members that were asked for. Like GitHub, errors come with HTTP 200."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.github.door import Visit, visit
from connectors.sandbox.github.hub import RelationError
from connectors.sandbox.github.model import Comment, Issue, Repo
from connectors.sandbox.github.parser import Field, GraphqlError, Parser
from connectors.sandbox.github.shapes import instant, node_id, number_of

Json = dict[str, Any]


def answer_query() -> Response:
    now = visit()
    body = now.body()
    errors: list[Json] = []
    executor = Executor(now, errors)
    try:
        operation = Parser(str(body.get("query", "")), body.get("variables") or {}).operation()
        data = executor.mutation(operation.fields) if operation.kind == "mutation" else executor.root(operation.fields)
    except GraphqlError as error:
        return answer({"errors": [{"message": str(error)}]})
    return answer({"data": data} | ({"errors": errors} if errors else {}))


class Executor:
    """Resolves selections for one visitor; what cannot be resolved is null and has an entry in `errors`."""

    def __init__(self, now: Visit, errors: list[Json]) -> None:
        self._now, self._errors = now, errors

    def root(self, fields: tuple[Field, ...]) -> Json:
        data: Json = {}
        for field in fields:
            path: list[str | int] = [field.alias]
            if field.name == "nodes":
                data[field.alias] = self._nodes(field, path)
            elif field.name == "node":
                data[field.alias] = self._node(str(field.arguments.get("id")), field, path)
            elif field.name == "repository":
                data[field.alias] = self._repository(field, path)
            elif field.name == "viewer":
                data[field.alias] = self._plain(self._user(self._now.user.login), field.selection)
            elif field.name == "rateLimit":
                limit = {"cost": 1, "limit": 5000, "remaining": 5000, "used": 0, "resetAt": instant(0)}
                data[field.alias] = self._plain(limit, field.selection)
            else:
                self._fail("undefinedField", f"Field '{field.name}' doesn't exist on type 'Query'", path)
        return data

    def mutation(self, fields: tuple[Field, ...]) -> Json:
        data: Json = {}
        for field in fields:
            path: list[str | int] = [field.alias]
            given = field.arguments.get("input") or {}
            if field.name == "addSubIssue" and self._now.has("sub-issues"):
                data[field.alias] = self._add_sub_issue(field, given, path)
            else:
                raise GraphqlError(f"Field '{field.name}' doesn't exist on type 'Mutation'")
        return data

    def _add_sub_issue(self, field: Field, given: Mapping[str, Any], path: list[str | int]) -> Json | None:
        parent, child = (self._found(str(given.get(name))) for name in ("issueId", "subIssueId"))
        for name, found in (("issueId", parent), ("subIssueId", child)):
            if found is None:
                self._fail("NOT_FOUND", f"Could not resolve to a node with the global id of '{given.get(name)}'", path)
                return None
        assert parent is not None
        assert child is not None
        replacing = bool(given.get("replaceParent"))
        try:
            made = self._now.hub.put_under(child[0].id, parent[0].id, replacing=replacing)
        except RelationError as error:
            self._fail(
                "UNPROCESSABLE", f"An error occured while adding the sub-issue to the parent issue. {error}", path
            )
            return None
        result = {"subIssue": self._issue(made, child[1]), "issue": self._issue(*parent)}
        plain: Json = self._plain(result, field.selection)
        return plain

    def _fail(self, kind: str, message: str, path: list[str | int]) -> None:
        self._errors.append({"type": kind, "path": path, "message": message})

    def _nodes(self, field: Field, path: list[str | int]) -> list[Any] | None:
        ids = field.arguments.get("ids") or []
        if len(ids) > 100:
            self._fail("ARGUMENT_LIMIT", f"You may not provide more than 100 node ids; you provided {len(ids)}.", path)
            return None
        return [self._node(str(each), field, [*path, at]) for at, each in enumerate(ids)]

    def _node(self, node: str, field: Field, path: list[str | int]) -> Json | None:
        found = self._found(node)
        if found is None:
            self._fail("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'", path)
            return None
        plain: Json = self._plain(self._issue(*found), field.selection)
        return plain

    def _found(self, node: str) -> tuple[Issue, Repo] | None:
        """The issue of a node id, where it is now, if the visitor may see it."""
        issue = self._now.hub.by_id(number_of(node)) if node.partition("_")[0] in {"I", "PR"} else None
        if issue is not None and issue.moved_to is not None:
            issue = self._now.hub.issue(*issue.moved_to)
        repo = self._now.hub.repo(issue.repo) if issue else None
        if issue is None or repo is None or issue.gone or not self._now.sees(repo):
            return None
        return issue, repo

    def _repository(self, field: Field, path: list[str | int]) -> Json | None:
        full_name = f"{field.arguments.get('owner')}/{field.arguments.get('name')}"
        repo = self._now.hub.repo(full_name) or self._now.hub.renamed(full_name)
        if repo is None or not self._now.sees(repo):
            message = f"Could not resolve to a Repository with the name '{full_name}'."
            self._fail("NOT_FOUND", message, path)
            return None
        special = {"issue", "issueOrPullRequest", "issues", "pullRequests"}
        plain = tuple(each for each in field.selection if each.name not in special)
        data: Json = self._plain(self._repo(repo), plain) if plain else {}
        for each in field.selection:
            if each.name in {"issues", "pullRequests"}:
                data[each.alias] = self._plain(self._issues(repo, each), each.selection)
            elif each.name in special:
                data[each.alias] = self._numbered(repo, each, path)
        return data

    def _numbered(self, repo: Repo, field: Field, path: list[str | int]) -> Json | None:
        number = int(field.arguments.get("number") or 0)
        issue = self._now.hub.issue(repo.id, number)
        if issue is None or issue.gone:
            message = f"Could not resolve to an issue or pull request with the number of {number}."
            self._fail("NOT_FOUND", message, [*path, field.alias])
            return None
        plain: Json = self._plain(self._issue(issue, repo), field.selection)
        return plain

    def _issues(self, repo: Repo, field: Field) -> Json:
        """A page of what the repository's list shows, with its lag, by a cursor that is a place in the order."""
        asked, pulls = field.arguments, field.name == "pullRequests"
        given = asked.get("filterBy") or {}
        since = int(datetime.fromisoformat(given["since"]).timestamp()) if given.get("since") else 0
        labels = {name.lower() for name in given.get("labels") or ()}
        found = [
            issue
            for issue in self._now.hub.listed(repo.id)
            if issue.pull_request == pulls
            and issue.updated // 1000 >= since
            and labels <= {name.lower() for name in issue.labels}
        ]
        order = asked.get("orderBy") or {}
        by_update = order.get("field") == "UPDATED_AT"
        found.sort(key=lambda issue: _position(issue, by_update=by_update), reverse=order.get("direction") == "DESC")
        if asked.get("after"):
            place = [int(each) for each in base64.b64decode(asked["after"]).decode().split(":")]
            found = [issue for issue in found if list(_position(issue, by_update=by_update)) > place]
        size = int(asked.get("first") or asked.get("last") or 0)
        if not 1 <= size <= 100:
            raise GraphqlError("You must provide a `first` or `last` value of 1 to 100 to properly paginate.")
        page = found[-size:] if "last" in asked else found[:size]
        end = ":".join(map(str, _position(page[-1], by_update=by_update))) if page else ""
        info = {"hasNextPage": len(found) > len(page), "endCursor": base64.b64encode(end.encode()).decode() or None}
        nodes = [self._issue(issue, repo) for issue in page]
        return {"totalCount": len(found), "pageInfo": info, "nodes": nodes}

    def _plain(self, value: Any, selection: tuple[Field, ...]) -> Any:
        """Cut a resolved value down to the selection."""
        if isinstance(value, list):
            return [self._plain(each, selection) for each in value]
        if not selection or not isinstance(value, Mapping):
            return value
        cut: Json = {}
        for field in selection:
            if field.on not in {None, "Node", value.get("__typename")} and field.on not in value.get(
                "__interfaces", ()
            ):
                continue
            if field.name not in value:
                self._fail("undefinedField", f"Field '{field.name}' doesn't exist here", [field.alias])
                continue
            found = self._argued(field, value[field.name])
            cut[field.alias] = self._plain(found, field.selection)
        return cut

    def _argued(self, field: Field, found: Any) -> Any:
        """A value as the field's arguments want it."""
        if field.name == "stateReason" and "enableDuplicate" in field.arguments and not self._now.has("duplicate"):
            raise GraphqlError("Field 'stateReason' doesn't accept argument 'enableDuplicate'")
        if field.name == "stateReason" and found == "DUPLICATE" and not field.arguments.get("enableDuplicate"):
            return "NOT_PLANNED"
        if isinstance(found, Mapping) and "nodes" in found and "pageInfo" not in found:
            if "first" in field.arguments:
                return {**found, "nodes": found["nodes"][: field.arguments["first"]]}
            if "last" in field.arguments:
                return {**found, "nodes": found["nodes"][-field.arguments["last"] :]}
        return found

    def _issue(self, issue: Issue, repo: Repo) -> Json:
        shapes = self._now.shapes
        parent = self._now.hub.by_id(issue.parent) if issue.parent else None
        return {
            **self._brief(issue, repo),
            "databaseId": issue.id,
            "fullDatabaseId": str(issue.id),
            "title": issue.title,
            "body": issue.body or "",
            "state": issue.state.upper(),
            "stateReason": issue.state_reason.upper() if issue.state_reason else None,
            "locked": issue.locked,
            "createdAt": instant(issue.created),
            "updatedAt": instant(issue.updated),
            "closedAt": instant(issue.closed),
            "url": f"{shapes.html}/{repo.full_name}/issues/{issue.number}",
            "author": self._user(issue.author),
            "assignees": _connection([self._user(login) for login in issue.assignees]),
            "labels": _connection([{"__typename": "Label", "name": name} for name in issue.labels]),
            "comments": _connection([self._comment(comment) for comment in issue.comments]),
            "milestone": None,
            "parent": self._brief_of(parent),
            "timelineItems": _connection(self._events(issue, repo)),
        }

    def _brief(self, issue: Issue, repo: Repo) -> Json:
        kind = "PullRequest" if issue.pull_request else "Issue"
        node = node_id("PR" if issue.pull_request else "I", issue.id)
        return {"__typename": kind, "id": node, "number": issue.number, "repository": self._repo(repo)}

    def _brief_of(self, issue: Issue | None) -> Json | None:
        repo = self._now.hub.repo(issue.repo) if issue else None
        return self._brief(issue, repo) if issue and repo and self._now.sees(repo) else None

    def _events(self, issue: Issue, repo: Repo) -> list[Json]:
        """Of the timeline, only what says of which issue this one is a duplicate."""
        if issue.duplicate_of is None:
            return []
        canonical = self._brief_of(self._now.hub.by_id(issue.duplicate_of))
        event = {"__typename": "MarkedAsDuplicateEvent", "canonical": canonical, "duplicate": self._brief(issue, repo)}
        return [event]

    def _comment(self, comment: Comment) -> Json:
        times = {"createdAt": instant(comment.created), "updatedAt": instant(comment.updated)}
        base = {"__typename": "IssueComment", "id": node_id("IC", comment.id), "databaseId": comment.id}
        return {**base, "body": comment.body, "author": self._user(comment.author), **times}

    def _repo(self, repo: Repo) -> Json:
        base = {"__typename": "Repository", "id": node_id("R", repo.id), "databaseId": repo.id, "name": repo.name}
        visibility = {"isPrivate": repo.private, "visibility": repo.visibility.upper()}
        owner = {"__typename": "Organization", "login": repo.owner}
        return {
            **base,
            **visibility,
            "nameWithOwner": repo.full_name,
            "owner": owner,
            "hasIssuesEnabled": repo.has_issues,
        }

    def _user(self, login: str) -> Json | None:
        """An app is named here without the `[bot]` that REST adds."""
        person = self._now.shapes.user(login)
        if person is None:
            return None
        kind = "Bot" if login.endswith("[bot]") else "User"
        base = {"__typename": kind, "__interfaces": ("Actor",), "login": login.removesuffix("[bot]")}
        return {**base, "id": person["node_id"], "databaseId": person["id"]}


def _position(issue: Issue, *, by_update: bool) -> tuple[int, int]:
    return (issue.updated // 1000, issue.id) if by_update else (issue.created // 1000, issue.id)


def _connection(nodes: list[Any]) -> Json:
    return {"totalCount": len(nodes), "nodes": nodes}
