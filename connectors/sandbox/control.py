"""The sandbox's own JSON API under /_sandbox: faults, settings, counts, dumps and what a person may do to an issue.

Bodies must be sent as JSON, which a foreign web page cannot do without the browser asking first.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox import acting
from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.courier import Hook
from connectors.sandbox.faults import RuleError
from connectors.sandbox.github.model import Issue as GithubIssue
from connectors.sandbox.gitlab.control import entries as gitlab_entries
from connectors.sandbox.jira.markup import as_wiki
from connectors.sandbox.jira.model import Issue as JiraIssue
from connectors.sandbox.jira.model import dump as dump_jira
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.kills import PlanError
from connectors.sandbox.redmine.control import entries as redmine_entries
from connectors.sandbox.world import World

RESETTABLE = ("issues", "sources", "mail", "stats", "faults", "kills")


def refusal(status: int, sentence: str) -> Refusal:
    return Refusal(status, {"error": sentence})


def body() -> dict[str, Any]:
    document = request.get_json(silent=True)
    if not isinstance(document, dict):
        raise refusal(415, "Send a JSON object with Content-Type application/json.")
    return document


def blueprint(world: World) -> Blueprint:
    api = Blueprint("control", __name__, url_prefix="/_sandbox")

    @api.errorhandler(Refusal)
    def _refused(found: Refusal) -> Response:
        return answer(found.body, found.status)

    control = Control(world)
    for rule, method, view in (
        ("/stats.json", "GET", control.stats),
        ("/issues.json", "GET", control.issues),
        ("/kills.json", "GET", control.kills),
        ("/kill-plan", "GET", control.read_plan),
        ("/kill-plan", "POST", control.set_plan),
        ("/kill-plan", "DELETE", control.clear_plan),
        ("/faults", "GET", control.faults),
        ("/faults", "POST", control.add_fault),
        ("/faults", "DELETE", control.clear_faults),
        ("/faults/<int:rule_id>", "DELETE", control.remove_fault),
        ("/settings", "GET", control.read_settings),
        ("/settings", "POST", control.change_settings),
        ("/reset", "POST", control.reset),
        ("/jira/issues/<key>", "POST", control.act_in_jira),
        ("/jira-dc/issues/<key>", "POST", control.act_in_jira_dc),
        ("/github/issues/<owner>/<name>/<int:number>", "POST", control.act_in_github),
        ("/github/repos/<owner>/<name>", "POST", control.change_repo),
    ):
        api.add_url_rule(rule, view.__name__, view, methods=[method])
    return api


class Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def stats(self) -> Response:
        return answer({**self._world.stats.report(), "webhooks": self._world.courier.counts})

    def issues(self) -> Response:
        return answer(dump(self._world))

    def kills(self) -> Response:
        return answer(self._world.kills.kills())

    def read_plan(self) -> Response:
        return answer(self._world.kills.state())

    def set_plan(self) -> Response:
        try:
            return answer(self._world.kills.set(body()))
        except PlanError as error:
            raise refusal(400, str(error)) from error

    def clear_plan(self) -> Response:
        self._world.kills.clear()
        return answer(None, 204)

    def faults(self) -> Response:
        return answer(self._world.faults.state())

    def add_fault(self) -> Response:
        try:
            return answer(asdict(self._world.faults.add(body())), 201)
        except (RuleError, TypeError) as error:
            raise refusal(400, str(error)) from error

    def remove_fault(self, rule_id: int) -> Response:
        if not self._world.faults.remove(rule_id):
            raise refusal(404, f"There is no rule {rule_id}; it may have been used up.")
        return answer(None, 204)

    def clear_faults(self) -> Response:
        self._world.faults.clear()
        return answer(None, 204)

    def read_settings(self) -> Response:
        courier, state = self._world.courier, self._world.faults.state()
        hooks = {tracker: hook.url for tracker, hook in courier.hooks.items()}
        return answer({**state, "webhooks": "drop" if courier.dropping else "send", "hooks": hooks})

    def change_settings(self) -> Response:
        document = body()
        unknown = sorted(set(document) - {"lags", "rates", "webhooks", "hooks", "seed"})
        if unknown:
            raise refusal(400, f"Unknown setting {unknown[0]!r}; known are lags, rates, webhooks, hooks, seed.")
        for where, seconds in document.get("lags", {}).items():
            self._world.faults.set_lag(where, float(seconds))
        for where, rate in document.get("rates", {}).items():
            limit = rate or {"creates": None}
            self._world.faults.set_rate(where, limit["creates"], float(limit.get("seconds", 60)))
        if "webhooks" in document:
            self._world.courier.dropping = document["webhooks"] == "drop"
        for tracker, hook in document.get("hooks", {}).items():
            self._world.courier.hooks.pop(tracker, None)
            if hook is not None:
                self._world.courier.hooks[tracker] = Hook(hook["url"], hook.get("secret", ""))
        if "seed" in document:
            self._world.faults.reseed(int(document["seed"]))
        return self.read_settings()

    def reset(self) -> Response:
        """Forget what is named in `what`, or everything."""
        wanted = body().get("what") or list(RESETTABLE)
        unknown = [name for name in wanted if name not in RESETTABLE]
        if unknown:
            raise refusal(400, f"Cannot reset {unknown[0]!r}; known are {', '.join(RESETTABLE)}.")
        self._world.reset(wanted)
        return answer({"reset": wanted})

    def act_in_jira(self, key: str) -> Response:
        """A person's change: status, resolution, assignee, due, summary, labels, comment; or move, or delete."""
        return self._act_in(self._world.jira, key)

    def act_in_jira_dc(self, key: str) -> Response:
        return self._act_in(self._world.jira_dc, key)

    def _act_in(self, site: JiraSite, key: str) -> Response:
        issue = site.find(key)
        if issue is None:
            raise refusal(404, f"There is no issue {key}.")
        try:
            acting.in_jira(site, issue, body())
        except acting.ActionError as error:
            raise refusal(400, str(error)) from error
        return answer(jira_entry(self._world, site, site.by_id(issue.id)))

    def act_in_github(self, owner: str, name: str, number: int) -> Response:
        """A person's change: state, state_reason, title, body, labels, assignees, comment; or transfer, or delete."""
        repo = self._world.github.repo(f"{owner}/{name}")
        issue = self._world.github.issue(repo.id, number) if repo else None
        if issue is None:
            raise refusal(404, f"There is no issue {owner}/{name}#{number}.")
        try:
            changed = acting.in_github(self._world.github, issue, body())
        except acting.ActionError as error:
            raise refusal(400, str(error)) from error
        return answer(github_entry(self._world, changed))

    def change_repo(self, owner: str, name: str) -> Response:
        """Change visibility, archived, has_issues, pushers or hidden_from; or rename by full_name."""
        hub, document = self._world.github, body()
        repo = hub.repo(f"{owner}/{name}")
        if repo is None:
            raise refusal(404, f"There is no repository {owner}/{name}.")
        plain: dict[str, Any] = {
            key: document[key] for key in ("visibility", "archived", "has_issues") if key in document
        }
        for key in ("pushers", "hidden_from"):
            if key in document:
                plain[key] = None if document[key] is None else tuple(document[key])
        repo = hub.keep_repo(replace(repo, **plain))
        if "full_name" in document:
            repo = hub.rename(repo, document["full_name"])
        return answer(asdict(repo))


def dump(world: World) -> dict[str, Any]:
    """Every issue of all trackers, deleted ones too, in one shape for checkers."""
    github = sorted(world.github.everything(), key=lambda issue: issue.id)
    return {
        "jira": _jira_entries(world, world.jira),
        "jira-dc": _jira_entries(world, world.jira_dc),
        "github": [github_entry(world, issue) for issue in github],
        "gitlab": gitlab_entries(world.gitlab, world.base_url),
        "redmine": redmine_entries(world.redmine, world.base_url),
    }


def _iso(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, tz=UTC).isoformat(timespec="milliseconds")


def _jira_entries(world: World, site: JiraSite) -> list[dict[str, Any]]:
    return [jira_entry(world, site, issue) for issue in sorted(site.everything(), key=lambda each: each.id)]


def jira_entry(world: World, site: JiraSite, issue: JiraIssue) -> dict[str, Any]:
    plain = dump_jira(issue)
    names = (
        "properties",
        "links",
        "remote_links",
        "history",
        "old_keys",
        "custom",
        "deleted",
        "resolution",
        "priority",
    )
    return {
        "tracker": "jira" if site.cloud else "jira-dc",
        "scope": issue.project,
        "id": str(issue.id),
        "key": issue.key,
        "url": f"{world.base_url}/{'jira' if site.cloud else 'jira-dc'}/browse/{issue.key}",
        "title": issue.summary,
        "body": as_wiki(issue.description),
        "description": plain["description"],
        "status": issue.status,
        "category": site.projects[issue.project].status(issue.status).category,
        "assignees": [issue.assignee] if issue.assignee else [],
        "due": issue.due,
        "labels": list(issue.labels),
        "creator": issue.creator,
        "reporter": issue.reporter,
        "created_at": _iso(issue.created),
        "updated_at": _iso(issue.updated),
        "comments": [
            {"id": str(each.id), "author": each.author, "body": as_wiki(each.body)}
            | {"created_at": _iso(each.created), "updated_at": _iso(each.updated)}
            for each in issue.comments
        ],
        **{name: plain[name] for name in names},
    }


def github_entry(world: World, issue: GithubIssue) -> dict[str, Any]:
    repo = world.github.repo(issue.repo)
    assert repo is not None
    return {
        "tracker": "github",
        "scope": repo.full_name,
        "id": str(issue.id),
        "key": f"{repo.full_name}#{issue.number}",
        "number": issue.number,
        "url": f"{world.base_url}/github/{repo.full_name}/issues/{issue.number}",
        "title": issue.title,
        "body": issue.body,
        "status": issue.state,
        "state_reason": issue.state_reason,
        "assignees": list(issue.assignees),
        "labels": list(issue.labels),
        "creator": issue.author,
        "created_at": _iso(issue.created),
        "updated_at": _iso(issue.updated),
        "closed_at": _iso(issue.closed),
        "comments": [
            {"id": str(each.id), "author": each.author, "body": each.body}
            | {"created_at": _iso(each.created), "updated_at": _iso(each.updated)}
            for each in issue.comments
        ],
        "type": issue.type,
        "parent": str(issue.parent) if issue.parent else None,
        "duplicate_of": str(issue.duplicate_of) if issue.duplicate_of else None,
        "pull_request": issue.pull_request,
        "deleted": issue.deleted,
        "moved_to": issue.moved_to,
    }
