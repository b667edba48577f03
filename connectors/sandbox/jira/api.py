"""The stand-in Jira's REST API, /rest/api/2 and /3: server, people, projects and what a create screen asks for."""

from __future__ import annotations

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer, number
from connectors.sandbox.jira import issues_api, search_api
from connectors.sandbox.jira.door import base_url, enter, page_of, problem, visit
from connectors.sandbox.jira.model import LINK_TYPES, PERMISSIONS, PRIORITIES, RESOLUTIONS
from connectors.sandbox.jira.search import Search
from connectors.sandbox.jira.shapes import CATEGORIES, SYSTEM_FIELDS
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.seed import JiraUser, Project

PREFIX = "/jira/rest/api/<any('2','3','latest'):version>"


def blueprint(site: JiraSite) -> Blueprint:
    api = Blueprint("jira_api", __name__, url_prefix=PREFIX)

    @api.url_value_preprocessor
    def _authenticate(_: str | None, values: dict[str, str] | None) -> None:
        enter(site, (values or {}).pop("version", "2"))

    @api.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> Response:
        if isinstance(refusal.body, str):
            return Response(refusal.body, refusal.status, refusal.headers, mimetype="text/plain")
        return answer(refusal.body, refusal.status, refusal.headers)

    for rule, view in (
        ("/serverInfo", server_info),
        ("/myself", myself),
        ("/project", projects),
        ("/project/search", project_search),
        ("/project/<key>", project),
        ("/project/<key>/statuses", project_statuses),
        ("/mypermissions", my_permissions),
        ("/issue/createmeta/<key>/issuetypes", meta_types),
        ("/issue/createmeta/<key>/issuetypes/<type_id>", meta_fields),
        ("/field", all_fields),
        ("/priority", priorities),
        ("/resolution", resolutions),
        ("/statuscategory", status_categories),
        ("/issueLinkType", link_types),
        ("/user", user),
        ("/user/search", user_search),
        ("/user/assignable/search", assignable_search),
    ):
        api.add_url_rule(rule, view_func=view, methods=["GET"])
    issues_api.register(api)
    search_api.register(api, Search(site, site.now))
    return api


def server_info() -> Response:
    return answer(
        {
            "baseUrl": base_url(),
            "displayUrl": base_url(),
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_300,
            "serverTitle": "Jira (sandbox)",
        }
    )


def myself() -> Response:
    return answer(visit().shapes.person(visit().user))


def _visible() -> list[Project]:
    now = visit()
    found = now.site.projects.values()
    return [each for each in found if now.site.may(now.user.account_id, "BROWSE_PROJECTS", each)]


def projects() -> Response:
    return answer([visit().shapes.project(each) for each in _visible()])


def project_search() -> Response:
    wanted = [key.upper() for key in request.args.getlist("keys")]
    query = request.args.get("query", "").lower()
    found = [each for each in _visible() if not wanted or each.key in wanted]
    found = [each for each in found if query in each.key.lower() or query in each.name.lower()]
    page = page_of([visit().shapes.project(each) for each in found], "values")
    return answer({**page, "isLast": page["startAt"] + len(page["values"]) >= page["total"]})


def project(key: str) -> Response:
    return answer(visit().shapes.full_project(visit().project(key)))


def project_statuses(key: str) -> Response:
    found = visit().project(key)
    shapes = visit().shapes
    statuses = [shapes.status(status) for status in found.statuses]
    return answer([{**shapes.issue_type(name), "statuses": statuses} for name in found.issue_types])


def my_permissions() -> Response:
    now = visit()
    names = [name for name in request.args.get("permissions", "").split(",") if name]
    if not names:
        raise problem(400, "The 'permissions' query parameter is required.")
    unknown = [name for name in names if name not in PERMISSIONS]
    if unknown:
        raise problem(400, f"Unrecognized permission: {unknown[0]}.")
    key = request.args.get("projectKey") or request.args.get("projectId")
    issue_key = request.args.get("issueKey") or request.args.get("issueId")
    if issue_key:
        key = now.issue(issue_key).project
    where = [now.project(key)] if key else _visible()
    held = {name: any(now.site.may(now.user.account_id, name, each) for each in where) for name in names}
    shape = {name: {"id": str(PERMISSIONS.index(name) + 10), "key": name, "name": name.title()} for name in names}
    found = {name: {**shape[name], "type": "PROJECT", "havePermission": held[name]} for name in names}
    return answer({"permissions": found})


def meta_types(key: str) -> Response:
    now = visit()
    found = now.project(key, "CREATE_ISSUES")
    return answer(page_of([now.shapes.issue_type(name) for name in found.issue_types], "issueTypes"))


def meta_fields(key: str, type_id: str) -> Response:
    now = visit()
    found = now.project(key, "CREATE_ISSUES")
    types = {each["id"]: each for each in (now.shapes.issue_type(name) for name in found.issue_types)}
    if type_id not in types:
        raise problem(404, "The issue type selected is invalid.")
    return answer(page_of(now.shapes.meta(found, types[type_id]), "fields"))


def all_fields() -> Response:
    now = visit()
    custom = {field.id: field for each in now.site.projects.values() for field in each.fields}
    return answer([now.shapes.field(n) for n in SYSTEM_FIELDS] + [now.shapes.custom_field(f) for f in custom.values()])


def priorities() -> Response:
    return answer([visit().shapes.priority(name) for name in PRIORITIES])


def resolutions() -> Response:
    return answer([visit().shapes.resolution(name) for name in RESOLUTIONS])


def status_categories() -> Response:
    return answer(list(CATEGORIES.values()))


def link_types() -> Response:
    return answer({"issueLinkTypes": [visit().shapes.link_type(name) for name, _, _ in LINK_TYPES]})


def user() -> Response:
    found = visit().site.users.get(request.args.get("accountId", ""))
    if found is None:
        raise problem(404, "Specified user does not exist or you do not have required permissions")
    return answer(visit().shapes.person(found))


def user_search() -> Response:
    if not (request.args.get("query") or request.args.get("accountId")):
        raise problem(400, "A query or accountId must be provided.")
    return answer(_people(list(visit().site.users.values())))


def assignable_search() -> Response:
    now = visit()
    key = request.args.get("project")
    if issue_key := request.args.get("issueKey"):
        key = now.issue(issue_key).project
    if not key:
        raise problem(400, "The project, issueKey or issueId must be provided.")
    found = now.project(key)
    return answer(_people([each for each in now.site.users.values() if now.site.assignable(each.account_id, found)]))


def _people(candidates: list[JiraUser]) -> list[object]:
    """Search by words of the name or the start of the address; a hidden address is not found, as in Cloud.

    The jira library also searches by account id and expects to find it.
    """
    account, query = request.args.get("accountId"), request.args.get("query", "").lower()
    found = []
    for each in candidates:
        by_name = any(word.startswith(query) for word in [each.name.lower(), *each.name.lower().split()])
        by_email = each.email_visible and each.email.lower().startswith(query)
        matches = by_name or by_email or each.account_id.lower() == query
        if each.active and (account is None or each.account_id == account) and matches:
            found.append(visit().shapes.person(each))
    start, size = number("startAt", 0, 10**9), number("maxResults", 50, 1000)
    return [*found[start : start + size]]
