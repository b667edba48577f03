"""Enough GraphQL for `nodes(ids:)`, `node`, `repository { issue }` and `viewer`: a parser for queries and an executor
that gives exactly the members that were asked for. Like GitHub, errors come with HTTP 200."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.github.door import Visit, visit
from connectors.sandbox.github.model import Comment, Issue, Repo
from connectors.sandbox.github.shapes import instant, node_id, number_of

TOKEN = re.compile(r'\s*(?:#[^\n]*\s*)*("(?:[^"\\]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d+|[{}()\[\]:!$=@|])[\s,]*')
Json = dict[str, Any]


class GraphqlError(ValueError):
    """The query cannot be read; the message goes into `errors`."""


@dataclass(frozen=True)
class Field:
    """One selection. `on` is the type condition of the fragment around it, if any."""

    alias: str
    name: str
    arguments: Mapping[str, Any]
    selection: tuple[Field, ...]
    on: str | None = None


def answer_query() -> Response:
    now = visit()
    body = now.body()
    try:
        fields = Parser(str(body.get("query", "")), body.get("variables") or {}).query()
    except GraphqlError as error:
        return answer({"errors": [{"message": str(error)}]})
    errors: list[Json] = []
    data = Executor(now, errors).root(fields)
    return answer({"data": data} | ({"errors": errors} if errors else {}))


class Parser:
    """Reads one query operation with variables, aliases, inline and named fragments."""

    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._tokens = self._split(text)
        self._variables = variables
        self._at = 0
        self._fragments: dict[str, tuple[Field, ...]] = {}

    def query(self) -> tuple[Field, ...]:
        starts = [at for at, token in enumerate(self._tokens) if token == "fragment"]  # noqa: S105 - a keyword
        for start in starts:
            self._at = start + 1
            name = self._take()
            self._take("on")
            self._fragments[name] = self._selection(self._take())
        self._at = 0
        if self._peek() == "query":
            self._take()
            if self._peek() not in {"{", "("}:
                self._take()
            if self._peek() == "(":
                self._skip_definitions()
        elif self._peek() != "{":
            raise GraphqlError("Only queries are answered here.")
        return self._selection(None)

    def _skip_definitions(self) -> None:
        while self._take() != ")":
            pass

    def _selection(self, on: str | None) -> tuple[Field, ...]:
        self._take("{")
        fields: list[Field] = []
        while self._peek() != "}":
            if self._peek() == "...":
                self._take()
                fields.extend(self._fragment())
            else:
                fields.append(self._field(on))
        self._take("}")
        return tuple(fields)

    def _fragment(self) -> tuple[Field, ...]:
        if self._peek() == "on":
            self._take()
            return self._selection(self._take())
        name = self._take()
        if name not in self._fragments:
            raise GraphqlError(f"Fragment {name} is not defined")
        return self._fragments[name]

    def _field(self, on: str | None) -> Field:
        alias = name = self._take()
        if self._peek() == ":":
            self._take()
            name = self._take()
        arguments: Json = {}
        if self._peek() == "(":
            self._take()
            while self._peek() != ")":
                key = self._take()
                self._take(":")
                arguments[key] = self._value()
            self._take(")")
        selection = self._selection(None) if self._peek() == "{" else ()
        return Field(alias, name, arguments, selection, on)

    def _value(self) -> Any:
        token = self._take()
        if token == "$":  # noqa: S105 - a sign
            return self._variables.get(self._take())
        if token == "[":  # noqa: S105 - a sign
            items = []
            while self._peek() != "]":
                items.append(self._value())
            self._take("]")
            return items
        if token.startswith('"'):
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if re.fullmatch(r"-?\d+", token):
            return int(token)
        return {"true": True, "false": False, "null": None}.get(token, token)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str | None = None) -> str:
        token = self._peek()
        if not token or (wanted is not None and token != wanted):
            raise GraphqlError(f"Parse error on {token!r}, expected {wanted or 'more'!r}")
        self._at += 1
        return token

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens, at = [], 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if match is None:
                raise GraphqlError(f"Parse error on {text[at : at + 10]!r}")
            tokens.append(match[1])
            at = match.end()
        return tokens


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

    def _fail(self, kind: str, message: str, path: list[str | int]) -> None:
        self._errors.append({"type": kind, "path": path, "message": message})

    def _nodes(self, field: Field, path: list[str | int]) -> list[Any] | None:
        ids = field.arguments.get("ids") or []
        if len(ids) > 100:
            self._fail("ARGUMENT_LIMIT", f"You may not provide more than 100 node ids; you provided {len(ids)}.", path)
            return None
        return [self._node(str(each), field, [*path, at]) for at, each in enumerate(ids)]

    def _node(self, node: str, field: Field, path: list[str | int]) -> Json | None:
        issue = self._now.hub.by_id(number_of(node)) if node.partition("_")[0] in {"I", "PR"} else None
        if issue is not None and issue.moved_to is not None:
            issue = self._now.hub.issue(*issue.moved_to)
        repo = self._now.hub.repo(issue.repo) if issue else None
        hidden = repo is not None and self._now.user.login in repo.hidden_from
        if issue is None or repo is None or issue.gone or hidden:
            self._fail("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'", path)
            return None
        found: Json = self._plain(self._issue(issue, repo), field.selection)
        return found

    def _repository(self, field: Field, path: list[str | int]) -> Json | None:
        full_name = f"{field.arguments.get('owner')}/{field.arguments.get('name')}"
        repo = self._now.hub.repo(full_name) or self._now.hub.renamed(full_name)
        if repo is None or self._now.user.login in repo.hidden_from:
            message = f"Could not resolve to a Repository with the name '{full_name}'."
            self._fail("NOT_FOUND", message, path)
            return None
        plain = tuple(each for each in field.selection if each.name not in {"issue", "issueOrPullRequest"})
        data: Json = self._plain(self._repo(repo), plain) if plain else {}
        for each in field.selection:
            if each.name in {"issue", "issueOrPullRequest"}:
                number = int(each.arguments.get("number") or 0)
                issue = self._now.hub.issue(repo.id, number)
                if issue is None or issue.gone:
                    message = f"Could not resolve to an issue or pull request with the number of {number}."
                    self._fail("NOT_FOUND", message, [*path, each.alias])
                    data[each.alias] = None
                else:
                    data[each.alias] = self._plain(self._issue(issue, repo), each.selection)
        return data

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
            found = value[field.name]
            if "first" in field.arguments and isinstance(found, Mapping) and "nodes" in found:
                found = {**found, "nodes": found["nodes"][: field.arguments["first"]]}
            if "last" in field.arguments and isinstance(found, Mapping) and "nodes" in found:
                found = {**found, "nodes": found["nodes"][-field.arguments["last"] :]}
            cut[field.alias] = self._plain(found, field.selection)
        return cut

    def _issue(self, issue: Issue, repo: Repo) -> Json:
        shapes = self._now.shapes
        kind = "PullRequest" if issue.pull_request else "Issue"
        return {
            "__typename": kind,
            "id": node_id("PR" if issue.pull_request else "I", issue.id),
            "databaseId": issue.id,
            "fullDatabaseId": str(issue.id),
            "number": issue.number,
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
            "repository": self._repo(repo),
        }

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
        person = self._now.shapes.user(login)
        if person is None:
            return None
        base = {"__typename": "User", "__interfaces": ("Actor",), "login": login}
        return {**base, "id": person["node_id"], "databaseId": person["id"]}


def _connection(nodes: list[Any]) -> Json:
    return {"totalCount": len(nodes), "nodes": nodes}
