"""Reading many issues at once: search/jql, bulkfetch, and the search that Atlassian removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import answer
from connectors.sandbox.jira.door import problem, visit
from connectors.sandbox.jira.jql import JqlError
from connectors.sandbox.jira.search import Search

MEMBERS = frozenset(
    {"jql", "nextPageToken", "maxResults", "fields", "expand", "properties", "fieldsByKeys", "failFast"}
    | {"reconcileIssues"}
)
BULK_MEMBERS = frozenset(["issueIdsOrKeys", "fields", "expand", "properties", "fieldsByKeys"])
CHEAP = frozenset({"id", "key"})
REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
    " A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


def register(api: Blueprint, search: Search) -> None:
    def search_jql() -> Response:
        return answer(run(search, _asked()))

    def count() -> Response:
        try:
            ids, _ = search.run(str(visit().body().get("jql", "")), visit().user)
        except JqlError as error:
            raise problem(400, str(error)) from error
        return answer({"count": len(ids)})

    api.add_url_rule("/search/jql", view_func=search_jql, methods=["GET", "POST"])
    api.add_url_rule("/search/approximate-count", view_func=count, methods=["POST"])
    api.add_url_rule("/search", view_func=removed, methods=["GET", "POST"])
    api.add_url_rule("/issue/bulkfetch", view_func=bulkfetch, methods=["POST"])


def removed() -> Response:
    raise problem(410, REMOVED)


def _asked() -> dict[str, Any]:
    """The search as asked by query string or body. The body may hold nothing else (additionalProperties: false)."""
    if request.method == "POST":
        body = visit().body()
        unknown = sorted(set(body) - MEMBERS)
        if unknown:
            raise problem(400, f"Invalid request payload. Refer to the REST API documentation: {unknown[0]}")
        return body
    given = request.args
    asked: dict[str, Any] = {name: given[name] for name in ("jql", "nextPageToken", "expand") if name in given}
    for name in ("fields", "properties", "reconcileIssues"):
        values = [value.strip() for text in given.getlist(name) for value in text.split(",") if value.strip()]
        if values:
            asked[name] = values
    if given.get("maxResults", "").isdigit():
        asked["maxResults"] = int(given["maxResults"])
    return asked


def run(search: Search, asked: Mapping[str, Any]) -> dict[str, Any]:
    fields = list(asked.get("fields") or ["id"])
    properties = _properties(asked)
    cheap = CHEAP.issuperset(fields) and not properties
    size = max(1, min(int(asked.get("maxResults") or 50), 5000 if cheap else 100))
    reconcile = [int(each) for each in asked.get("reconcileIssues") or []]
    if len(reconcile) > 50:
        raise problem(400, "reconcileIssues can hold at most 50 issue ids.")
    try:
        token = asked.get("nextPageToken")
        ids, fresh = search.page(token) if token else search.run(str(asked.get("jql", "")), visit().user, reconcile)
    except JqlError as error:
        raise problem(400, str(error)) from error
    records = search.records(fresh)
    now, rest = visit(), ids[size:]
    page = [records[issue_id] for issue_id in ids[:size] if issue_id in records]
    issues = [
        {"id": str(issue.id)} if fields == ["id"] and not properties else now.shapes.issue(issue, fields, properties)
        for issue in page
    ]
    return {"issues": issues, "isLast": not rest} | ({"nextPageToken": search.keep(rest, fresh)} if rest else {})


def bulkfetch() -> Response:
    now = visit()
    body = now.body()
    wanted = body.get("issueIdsOrKeys")
    unknown = sorted(set(body) - BULK_MEMBERS)
    if unknown:
        raise problem(400, f"Invalid request payload. Refer to the REST API documentation: {unknown[0]}")
    if not isinstance(wanted, list) or not wanted:
        raise problem(400, "issueIdsOrKeys must not be empty.")
    if len(wanted) > 100:
        raise problem(400, "The number of issues requested exceeds the limit of 100.")
    found = {issue.id: issue for issue in (now.site.find(str(each)) for each in wanted) if issue and now.sees(issue)}
    fields, properties = body.get("fields") or ["*navigable"], _properties(body)
    issues = [now.shapes.issue(found[issue_id], fields, properties) for issue_id in sorted(found)]
    return answer({"expand": "renderedFields,names,schema,changelog", "issues": issues, "issueErrors": []})


def _properties(asked: Mapping[str, Any]) -> list[str]:
    properties = list(asked.get("properties") or [])
    if len(properties) > 5:
        raise problem(400, "The number of properties requested exceeds the limit of 5.")
    return properties
