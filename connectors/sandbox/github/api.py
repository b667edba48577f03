"""The stand-in GitHub's REST API under /github/api/v3, the prefix of an enterprise server, which PyGithub takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request

from connectors.sandbox.answers import Refusal, answer, number
from connectors.sandbox.github import graphql, kinship
from connectors.sandbox.github.apps import Apps
from connectors.sandbox.github.door import Quota, enter, invalid, problem, tagged, visit
from connectors.sandbox.github.hub import GithubHub
from connectors.sandbox.github.model import STATE_REASONS, Issue, Repo
from connectors.sandbox.github.shapes import FACES

TITLE_LIMIT, BODY_LIMIT = 256, 65_536
PLACES = ("/repos/<owner>/<name>", "/repositories/<int:repo_id>")


def blueprint(hub: GithubHub) -> Blueprint:
    api = Blueprint("github_api", __name__)
    quota, apps = Quota(hub), Apps(hub)

    def installation(token: str) -> tuple[str, str] | None:
        found = apps.holder(token)
        return (f"{found.app.slug}[bot]", found.account) if found else None

    @api.before_request
    def _authenticate() -> None:
        if request.endpoint is None or not request.endpoint.startswith("github_api.app_"):
            enter(hub, installation)

    @api.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> Response:
        return answer(refusal.body, refusal.status, refusal.headers)

    @api.after_request
    def _count(response: Response) -> Response:
        response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        if "github_visit" in g and visit().version is None:
            free = response.status_code == 304 or request.path.endswith("/rate_limit")
            response.headers.update(quota.take(visit().user.login, 0 if free else 1))
        if "github_visit" in g and visit().user.token_ends:
            response.headers["GitHub-Authentication-Token-Expiration"] = visit().user.token_ends
        return response

    def rate_limit() -> Response:
        now = quota.take(visit().user.login, 0)
        names = ("Limit", "Remaining", "Used", "Reset")
        core = {name.lower(): int(now[f"X-RateLimit-{name}"]) for name in names}
        return answer({"resources": {"core": core, "graphql": core, "search": core}, "rate": core})

    for face in FACES:
        _add_rules(api, f"/{face}/api/v3", rate_limit, apps)
        for path in (f"/{face}/api/graphql", f"/{face}/api/v3/graphql"):
            api.add_url_rule(path, view_func=graphql.answer_query, methods=["POST"])
    return api


def _add_rules(api: Blueprint, prefix: str, rate_limit: Callable[[], Response], apps: Apps) -> None:
    api.add_url_rule(f"{prefix}/rate_limit", view_func=rate_limit)
    api.add_url_rule(f"{prefix}/meta", view_func=meta)
    api.add_url_rule(f"{prefix}/user", view_func=user)
    api.add_url_rule(f"{prefix}/users/<login>", view_func=read_user)
    for rule, method, name, of_app in (
        ("/app", "GET", "app_read", apps.read_app),
        ("/app/installations/<int:installation>", "GET", "app_installation", apps.read_installation),
        ("/app/installations/<int:installation>/access_tokens", "POST", "app_token", apps.create_token),
        ("/repos/<owner>/<name>/installation", "GET", "app_of_repo", apps.find_installation),
    ):
        api.add_url_rule(f"{prefix}{rule}", name, of_app, methods=[method])
    for rule, method, view in (
        ("", "GET", read_repo),
        ("/issues", "GET", list_issues),
        ("/issues", "POST", create),
        ("/issues/<int:number>", "GET", read),
        ("/issues/<int:number>", "PATCH", edit),
        ("/issues/<int:number>/comments", "GET", list_comments),
        ("/issues/<int:number>/comments", "POST", add_comment),
        ("/issues/<int:number>/labels", "POST", add_labels),
        ("/issues/comments/<int:comment_id>", "GET", read_comment),
        ("/issues/comments/<int:comment_id>", "PATCH", edit_comment),
        ("/labels", "GET", list_labels),
        ("/labels", "POST", create_label),
        ("/assignees", "GET", list_assignees),
        ("/assignees/<login>", "GET", check_assignee),
        ("/issue-types", "GET", kinship.list_types),
        ("/issues/<int:number>/sub_issues", "GET", kinship.list_sub_issues),
        ("/issues/<int:number>/sub_issues", "POST", kinship.add_sub_issue),
        ("/issues/<int:number>/parent", "GET", kinship.read_parent),
    ):
        for place in PLACES:
            api.add_url_rule(f"{prefix}{place}{rule}", view.__name__, _with_repo(view), methods=[method])


@cache
def _with_repo(view: Callable[..., Response]) -> Callable[..., Response]:
    """Give a view the repository, whether it was named or numbered."""

    def wrapped(owner: str = "", name: str = "", repo_id: int = 0, **rest: Any) -> Response:
        return view(visit().repo(repo_id or f"{owner}/{name}"), **rest)

    return wrapped


def meta() -> Response:
    """Only an enterprise server says which version it is."""
    base = {"verifiable_password_authentication": False}
    version = visit().hub.seed.enterprise_version
    return answer(base if visit().version is None else {**base, "installed_version": version})


def user() -> Response:
    if visit().account is not None:
        raise problem(403, "Resource not accessible by integration")
    return tagged({**visit().shapes.person(visit().user), "name": visit().user.name, "email": None})


def read_user(login: str) -> Response:
    found = visit().hub.users.get(login.lower())
    if found is None:
        raise problem(404, "Not Found")
    return tagged({**visit().shapes.person(found), "name": found.name, "email": None})


def read_repo(repo: Repo) -> Response:
    return tagged(visit().shapes.repo(repo, visit().user.login))


def list_issues(repo: Repo) -> Response:
    if not repo.has_issues:
        raise problem(410, "Issues has been disabled in this repository.")
    found = [issue for issue in visit().hub.listed(repo.id) if _asked(issue)]
    sort = request.args.get("sort", "created")
    keys: dict[str, Callable[[Issue], tuple[int, int]]] = {
        "updated": lambda issue: (issue.updated // 1000, issue.number),
        "comments": lambda issue: (len(issue.comments), issue.number),
    }
    descending = request.args.get("direction", "desc") != "asc"
    found.sort(key=keys.get(sort, lambda issue: (issue.created // 1000, issue.number)), reverse=descending)
    page, headers = _page(found)
    return tagged([visit().shapes.issue(issue, repo) for issue in page], headers)


def _asked(issue: Issue) -> bool:
    """Whether the query's filters let the issue through; `since` is by `updated_at` and includes its second."""
    asked = request.args
    state, since = asked.get("state", "open"), asked.get("since")
    labels = {name.lower() for name in asked.get("labels", "").split(",") if name}
    assignee = asked.get("assignee")
    return (
        state in {"all", issue.state}
        and (since is None or issue.updated // 1000 >= _since(since))
        and labels <= {label.lower() for label in issue.labels}
        and asked.get("creator", issue.author).lower() == issue.author.lower()
        and (assignee is None or _held_by(issue, assignee))
    )


def _held_by(issue: Issue, assignee: str) -> bool:
    if assignee in {"none", "*"}:
        return bool(issue.assignees) == (assignee == "*")
    return assignee.lower() in {login.lower() for login in issue.assignees}


def _since(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("since", "invalid", value=text) from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _page(items: list[Any]) -> tuple[list[Any], dict[str, str]]:
    """One page and its Link header, whose addresses repeat the whole query."""
    size, page = max(1, number("per_page", 30, 100)), max(1, number("page", 1, 10**6))
    last = max(1, -(-len(items) // size))
    relations = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    wanted = [("prev", page > 1), ("next", page < last), ("last", page < last), ("first", page > 1)]
    links = []
    for relation, there in wanted:
        if there:
            query = urlencode({**request.args, "page": relations[relation]})
            links.append(f'<{request.base_url}?{query}>; rel="{relation}"')
    return items[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}


def create(repo: Repo) -> Response:
    now = visit()
    body = now.body()
    if body.get("title") is None or body["title"] == "":
        raise problem(422, 'Invalid request.\n\n"title" wasn\'t supplied.')
    values = _values(now.writable(repo), body)
    for name in ("state", "state_reason", "duplicate_of"):
        values.pop(name, None)
    issue = now.hub.create(repo.id, now.user.login, values)
    document = now.shapes.issue(issue, repo)
    return answer(document, 201, {"Location": document["url"]})


def _values(repo: Repo, body: dict[str, Any]) -> dict[str, Any]:
    """What a create or edit sets. Without push access labels and assignees are dropped without a word."""
    now = visit()
    values: dict[str, Any] = {}
    if body.get("title") is not None:
        values["title"] = _text("title", body["title"], TITLE_LIMIT)
    if "body" in body:
        values["body"] = None if body["body"] is None else _text("body", body["body"], BODY_LIMIT)
    if body.get("state") is not None:
        values["state"] = _among("state", body["state"], ("open", "closed"))
        if body.get("state_reason") is not None:
            reasons = [each for each in STATE_REASONS if each != "duplicate" or now.has("duplicate")]
            values["state_reason"] = _among("state_reason", body["state_reason"], tuple(reasons))
            values["duplicate_of"] = body.get("duplicate_issue_id")
    pushing = now.hub.may_push(now.user.login, repo)
    if body.get("type") is not None and pushing and now.has("issue types"):
        values["type"] = _type(repo, body["type"])
    if body.get("labels") is not None and pushing:
        values["labels"] = _labels(body["labels"])
    assignees = body["assignees"] if body.get("assignees") is not None else body.get("assignee")
    if assignees is not None and pushing:
        values["assignees"] = _assignees(repo, [assignees] if isinstance(assignees, str) else assignees)
    return values


def _text(name: str, value: Any, limit: int) -> str:
    if isinstance(value, int) and name == "title":
        value = str(value)
    if not isinstance(value, str):
        raise problem(422, f"Invalid request.\n\nFor 'properties/{name}', {value!r} is not a string.")
    if len(value) > limit:
        raise invalid(name, "custom", message=f"{name} is too long (maximum is {limit} characters)")
    return value


def _among(name: str, value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        allowed = ", ".join(words)
        raise problem(422, f"Invalid request.\n\nFor 'properties/{name}', {value} is not a member of [{allowed}].")
    return str(value)


def _type(repo: Repo, given: Any) -> str:
    wanted = str(given.get("value") if isinstance(given, dict) else given)
    found = next((name for name in visit().hub.types(repo) if name.lower() == wanted.lower()), None)
    if found is None:
        raise invalid("type", "invalid", value=wanted)
    return found


def _labels(given: Any) -> tuple[str, ...]:
    names: list[Any] = [each.get("name") if isinstance(each, dict) else each for each in given]
    if any(not isinstance(name, str) or not name or len(name) > 50 for name in names):
        raise invalid("labels", "invalid", value=names)
    return tuple(dict.fromkeys(names))


def _assignees(repo: Repo, given: list[str]) -> tuple[str, ...]:
    hub = visit().hub
    unknown = [login for login in given if not hub.assignable(login, repo)]
    if unknown:
        raise invalid("assignees", "invalid", value=unknown[0])
    return tuple(dict.fromkeys(hub.users[login.lower()].login for login in given))[:10]


def read(repo: Repo, number: int) -> Response:
    return tagged(visit().shapes.issue(visit().issue(repo, number), repo))


def edit(repo: Repo, number: int) -> Response:
    """An issue's author may change its title, body and state without push access; nobody else may."""
    now = visit()
    issue = now.issue(now.writable(repo), number)
    if issue.author != now.user.login and not now.hub.may_push(now.user.login, repo):
        raise problem(403, "Must have admin rights to Repository.")
    return answer(now.shapes.issue(now.hub.edit(issue.id, now.user.login, _values(repo, now.body())), repo))


def list_comments(repo: Repo, number: int) -> Response:
    now = visit()
    issue = now.issue(repo, number)
    since = request.args.get("since")
    found = [each for each in issue.comments if since is None or each.updated // 1000 >= _since(since)]
    page, headers = _page(found)
    return tagged([now.shapes.comment(each, issue, repo) for each in page], headers)


def add_comment(repo: Repo, number: int) -> Response:
    now = visit()
    issue = now.issue(now.writable(repo), number)
    text = _text("body", now.body().get("body"), BODY_LIMIT)
    if not text.strip():
        raise invalid("body", "custom", message="body cannot be blank")
    comment = now.hub.comment(issue.id, now.user.login, text)
    return answer(now.shapes.comment(comment, issue, repo), 201)


def read_comment(repo: Repo, comment_id: int) -> Response:
    found = visit().hub.find_comment(repo.id, comment_id)
    if found is None:
        raise problem(404, "Not Found")
    return tagged(visit().shapes.comment(found[1], found[0], repo))


def edit_comment(repo: Repo, comment_id: int) -> Response:
    now = visit()
    found = now.hub.find_comment(repo.id, comment_id)
    if found is None:
        raise problem(404, "Not Found")
    if found[1].author != now.user.login and not now.hub.may_push(now.user.login, repo):
        raise problem(403, "Must have admin rights to Repository.")
    text = _text("body", now.body().get("body"), BODY_LIMIT)
    comment = now.hub.edit_comment(found[0], comment_id, now.user.login, text)
    return answer(now.shapes.comment(comment, found[0], repo))


def add_labels(repo: Repo, number: int) -> Response:
    now = visit()
    issue = now.issue(now.writable(repo), number)
    if not now.hub.may_push(now.user.login, repo):
        raise problem(403, "Must have push access to Repository")
    added = _labels(now.body().get("labels") or [])
    issue = now.hub.edit(issue.id, now.user.login, {"labels": tuple(dict.fromkeys((*issue.labels, *added)))})
    return answer([now.shapes.label(repo, name) for name in issue.labels])


def list_labels(repo: Repo) -> Response:
    page, headers = _page(list(repo.labels))
    return tagged([visit().shapes.label(repo, name) for name in page], headers)


def create_label(repo: Repo) -> Response:
    now = visit()
    name = str(now.body().get("name") or "")
    if not now.hub.may_push(now.user.login, repo):
        raise problem(404, "Not Found")
    if not re.fullmatch(r".{1,50}", name):
        raise problem(422, "Validation Failed", errors=[{"resource": "Label", "code": "invalid", "field": "name"}])
    if name.lower() in {label.lower() for label in repo.labels}:
        error = {"resource": "Label", "code": "already_exists", "field": "name"}
        raise problem(422, "Validation Failed", errors=[error])
    now.hub.learn_label(repo.id, name)
    return answer(now.shapes.label(repo, name), 201)


def list_assignees(repo: Repo) -> Response:
    now = visit()
    found = [each for each in now.hub.users.values() if now.hub.assignable(each.login, repo)]
    page, headers = _page(found)
    return tagged([now.shapes.person(each) for each in page], headers)


def check_assignee(repo: Repo, login: str) -> Response:
    if not visit().hub.assignable(login, repo):
        raise problem(404, "Not Found")
    return answer(None, 204)
