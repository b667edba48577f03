"""The stand-in Jira Data Center: the same state and most of the same answers as Cloud's, and its own differences.

It knows no version 3, no search by page token, no bulk fetch and no account ids; it has personal access tokens, people
by name, a search that counts from a start, epics in a field of their own, and lists of metadata called `values`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer, number, told_time
from connectors.sandbox.jira import api, issues_api
from connectors.sandbox.jira.door import base_url, enter, page_of, problem, visit
from connectors.sandbox.jira.jql import JqlError
from connectors.sandbox.jira.model import PERMISSIONS
from connectors.sandbox.jira.search import Search
from connectors.sandbox.jira.shapes import DataCenterShapes
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.seed import JiraUser

NAME = "jira-dc"
PREFIX = f"/{NAME}/rest"
REST = "/api/<any('2','latest'):version>"
MOST_RESULTS = 1000


def blueprint(site: JiraSite) -> Blueprint:
    views = Blueprint("jira_dc", __name__, url_prefix=PREFIX)

    @views.url_value_preprocessor
    def _authenticate(_: str | None, values: dict[str, str] | None) -> None:
        enter(site, (values or {}).pop("version", "2"))

    @views.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> Response:
        if isinstance(refusal.body, str):
            return Response(refusal.body, refusal.status, refusal.headers, mimetype="text/html")
        return answer(refusal.body, refusal.status, refusal.headers)

    searching = Search(site, site.now)
    for rule, view in (
        ("/serverInfo", server_info),
        ("/myself", api.myself),
        ("/project", api.projects),
        ("/project/<key>", api.project),
        ("/project/<key>/statuses", api.project_statuses),
        ("/mypermissions", permissions),
        ("/issue/createmeta/<key>/issuetypes", meta_types),
        ("/issue/createmeta/<key>/issuetypes/<type_id>", meta_fields),
        ("/field", all_fields),
        ("/priority", api.priorities),
        ("/resolution", api.resolutions),
        ("/statuscategory", api.status_categories),
        ("/issueLinkType", api.link_types),
        ("/user/search", user_search),
        ("/user/assignable/search", assignable_search),
    ):
        views.add_url_rule(REST + rule, view_func=view, methods=["GET"])
    views.add_url_rule("/pat/latest/tokens", view_func=tokens, methods=["GET"])
    views.add_url_rule(REST + "/search", "search", lambda: search(searching), methods=["GET", "POST"])
    for rule, method, handler in issues_api.RULES:
        views.add_url_rule(REST + rule, handler.__name__, handler, methods=[method])
    return views


def server_info() -> Response:
    """Server and Data Center both call themselves Server."""
    own = {"baseUrl": base_url(), "version": "9.12.15", "versionNumbers": [9, 12, 15], "deploymentType": "Server"}
    now = datetime.fromtimestamp(told_time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return answer({**own, "buildNumber": 9_120_015, "serverTime": now, "serverTitle": "Jira Data Center (sandbox)"})


def permissions() -> Response:
    """All of them, whatever was asked for."""
    now = visit()
    key = request.args.get("projectKey")
    where = [now.project(key)] if key else list(now.site.projects.values())
    held = {name: any(now.site.may(now.user.account_id, name, each) for each in where) for name in PERMISSIONS}
    return answer({"permissions": {name: {"key": name, "havePermission": has} for name, has in held.items()}})


def meta_types(key: str) -> Response:
    now = visit()
    found = now.project(key, "CREATE_ISSUES")
    return _values([now.shapes.issue_type(name) for name in found.issue_types])


def meta_fields(key: str, type_id: str) -> Response:
    now = visit()
    found = now.project(key, "CREATE_ISSUES")
    types = {each["id"]: each for each in (now.shapes.issue_type(name) for name in found.issue_types)}
    if type_id not in types:
        raise problem(404, "The issue type selected is invalid.")
    return _values(now.shapes.meta(found, types[type_id]))


def _values(items: list[Any]) -> Response:
    page = page_of(items, "values")
    return answer({**page, "isLast": page["startAt"] + len(page["values"]) >= page["total"]})


def all_fields() -> Response:
    shapes = visit().shapes
    assert isinstance(shapes, DataCenterShapes)
    listed = api.all_fields().get_json()
    return answer([*listed, shapes.epic_link()])


def user_search() -> Response:
    """By the start of a name or a user name."""
    wanted = request.args.get("username", "").lower()
    return _people([each for each in visit().site.users.values() if wanted])


def assignable_search() -> Response:
    now, key = visit(), request.args.get("project")
    if not key:
        raise problem(400, "Project or issue key has to be provided.")
    found = now.project(key)
    return _people([each for each in now.site.users.values() if now.site.assignable(each.account_id, found)])


def _people(candidates: list[JiraUser]) -> Response:
    wanted = request.args.get("username", "").lower()
    named = [each for each in candidates if f" {wanted}" in f" {each.name} {each.username}".lower()]
    return answer([visit().shapes.person(each) for each in named if each.active])


def tokens() -> Response:
    """The personal access tokens of whoever asks."""
    days = visit().user.token_days
    token = {"id": 1, "name": "afteraction", "createdAt": _in_days(-1), "lastAccessedAt": _in_days(-1)}
    return answer([token if days is None else {**token, "expiringAt": _in_days(days)}])


def _in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def search(searching: Search) -> Response:
    """Counted from a start; more than the server allows is cut without a word."""
    body = visit().body() if request.method == "POST" else {}
    start = _whole(body, "startAt", 0)
    size = min(_whole(body, "maxResults", 50), MOST_RESULTS)
    jql = str(body.get("jql") or request.args.get("jql", ""))
    fields = body.get("fields") or [name for name in request.args.get("fields", "*navigable").split(",") if name]
    strict = body.get("validateQuery", request.args.get("validateQuery") not in {"false", "none", "warn"})
    try:
        ids, fresh = searching.run(jql, visit().user, strict=bool(strict))
    except JqlError as error:
        raise problem(400, str(error)) from error
    records, shapes = searching.records(fresh), visit().shapes
    issues = [shapes.issue(records[each], fields) for each in ids[start : start + size]]
    return answer({"startAt": start, "maxResults": size, "total": len(ids), "issues": issues})


def _whole(body: dict[str, Any], name: str, default: int) -> int:
    given = body.get(name)
    return given if isinstance(given, int) and given >= 0 else number(name, default, 10**9)
