"""A board for each project and repository, where a person moves, assigns, dates, edits and comments issues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from connectors.sandbox import acting, pages
from connectors.sandbox.github.model import Issue as GithubIssue
from connectors.sandbox.github.model import Repo
from connectors.sandbox.jira.markup import as_wiki
from connectors.sandbox.jira.model import Issue as JiraIssue
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.richtext import markdown, wiki
from connectors.sandbox.world import World

COOKIE = "sandbox_person_{}"
CLOSE_REASONS = {
    "completed": "Close as completed",
    "not_planned": "Close as not planned",
    "duplicate": "Close as duplicate",
}

GITHUB_COLUMNS = (
    ("Open", "new"),
    ("Open, assigned", "indeterminate"),
    ("Closed as completed", "done"),
    ("Not planned", "declined"),
)


@dataclass(frozen=True)
class Card:
    key: str
    title: str
    url: str
    who: str = ""
    due: str = ""
    note: str = ""


@dataclass(frozen=True)
class Column:
    name: str
    category: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Remark:
    author: str
    at: str
    body: Markup


@dataclass(frozen=True)
class Sheet:
    """One issue as its page shows it. `moves` are (form value, label, whether it is there now)."""

    tracker: str
    key: str
    title: str
    board: str
    board_name: str
    status: str
    category: str
    body: Markup
    remarks: tuple[Remark, ...]
    moves: tuple[tuple[str, str, bool], ...]
    people: tuple[tuple[str, str], ...]
    actors: tuple[tuple[str, str], ...]
    actor: str
    assignee: str
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    due: str | None = None
    error: str | None = None
    labels: tuple[str, ...] = field(default=())


def blueprint(world: World) -> Blueprint:
    views = Blueprint("boards", __name__, template_folder="templates")
    views.before_request(pages.same_origin)
    views.after_request(pages.guarded)
    jira, github = JiraBoards(world.jira), GithubBoards(world)
    data_center = JiraBoards(world.jira_dc)
    for rule, methods, view in (
        ("/jira/boards/<key>", ["GET"], jira.board),
        ("/jira/browse/<key>", ["GET", "POST"], jira.issue),
        ("/jira-dc/boards/<key>", ["GET"], data_center.board),
        ("/jira-dc/browse/<key>", ["GET", "POST"], data_center.issue),
        ("/github/<owner>/<name>", ["GET"], github.board),
        ("/github/<owner>/<name>/issues", ["GET"], github.board),
        ("/github/<owner>/<name>/issues/<int:number>", ["GET", "POST"], github.issue),
    ):
        views.add_url_rule(rule, f"{rule}", view, methods=methods)
    return views


def moment(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, tz=UTC):%d %b %Y, %H:%M} UTC"


def change(tracker: str, act: Callable[[], Any], show: Callable[[str | None], str]) -> BaseResponse | str:
    """Make the change that a form asks for, then show the issue again, or the form with what is wrong."""
    try:
        act()
    except acting.ActionError as problem:
        return show(str(problem))
    response = make_response(redirect(request.path, 303))
    response.set_cookie(COOKIE.format(tracker), request.form.get("as", ""), samesite="Strict", httponly=True)
    return response


def chosen_actor(tracker: str, people: tuple[tuple[str, str], ...]) -> str:
    wanted = request.cookies.get(COOKIE.format(tracker))
    return wanted if wanted in {account for account, _ in people} else people[0][0]


class JiraBoards:
    def __init__(self, site: JiraSite) -> None:
        self._site = site
        self._base = "/jira" if site.cloud else "/jira-dc"

    def board(self, key: str) -> str:
        project = self._site.find_project(key.upper())
        if project is None:
            abort(404, "There is no such project.")
        issues = [each for each in self._site.everything() if each.project == project.key and not each.deleted]
        columns = []
        for status in project.statuses:
            cards = [self._card(each) for each in issues if each.status == status.name]
            declined = status.category == "done" and status.resolution not in {None, "Done"}
            category = "declined" if declined else status.category
            columns.append(Column(status.name, category, tuple(cards)))
        return render_template("board.html", title=project.name, tracker="Jira", note=project.key, columns=columns)

    def _card(self, issue: JiraIssue) -> Card:
        note = issue.resolution if issue.resolution not in {None, "Done", issue.status} else ""
        who = self._name(issue.assignee)
        return Card(issue.key, issue.summary, f"{self._base}/browse/{issue.key}", who, issue.due or "", note or "")

    def _name(self, account: str | None) -> str:
        user = self._site.users.get(account) if account else None
        return user.name if user else ""

    def issue(self, key: str) -> BaseResponse | str:
        issue = self._site.find(key)
        if issue is None:
            abort(404, "There is no such issue, or it was deleted.")
        if request.method == "GET":
            return self._show(issue)
        form = request.form
        wanted: dict[str, Any] = {"as": form["as"], "summary": form["title"], "assignee": form["assignee"]}
        wanted |= {"due": form.get("due"), "comment": form.get("comment", "").strip()}
        if form.get("move"):
            wanted["status"], _, resolution = form["move"].partition("|")
            wanted |= {"resolution": resolution} if resolution else {}
        return change("jira", lambda: acting.in_jira(self._site, issue, wanted), lambda e: self._show(issue, e))

    def _show(self, issue: JiraIssue, error: str | None = None) -> str:
        project = self._site.projects[issue.project]
        people = tuple((user.account_id, user.name) for user in self._site.people())
        moves = [(each.name, each.name, each.name == issue.status) for each in project.statuses]
        done = next((each.name for each in project.statuses if each.category == "done"), None)
        if done and not any(each.resolution for each in project.statuses):
            moves.append((f"{done}|Won't Do", "Won't do", issue.resolution == "Won't Do"))
        facts = [("Type", issue.issue_type), ("Priority", issue.priority or ""), ("Resolution", issue.resolution or "")]
        facts += [(each.name, _shown(issue.custom.get(each.id))) for each in project.fields]
        facts += [("Reporter", self._name(issue.reporter)), ("Created", moment(issue.created))]
        sheet = Sheet(
            tracker="jira",
            key=issue.key,
            title=issue.summary,
            board=f"{self._base}/boards/{project.key}",
            board_name=project.name,
            status=issue.status,
            category=project.status(issue.status).category,
            body=wiki(as_wiki(issue.description)),
            remarks=tuple(
                Remark(self._name(each.author), moment(each.created), wiki(as_wiki(each.body)))
                for each in issue.comments
            ),
            moves=tuple(moves),
            people=tuple((user.account_id, user.name) for user in self._site.users.values()),
            actors=people,
            actor=chosen_actor("jira", people),
            assignee=issue.assignee or "",
            facts=tuple((name, value) for name, value in facts if value),
            links=tuple((each["object"]["title"], each["object"]["url"]) for each in issue.remote_links),
            due=issue.due or "",
            error=error,
            labels=issue.labels,
        )
        return render_template("issue.html", sheet=sheet)


def _shown(value: Any) -> str:
    return str(value.get("value", "")) if isinstance(value, dict) else str(value or "")


class GithubBoards:
    def __init__(self, world: World) -> None:
        self._hub = world.github

    def board(self, owner: str, name: str) -> str:
        repo = self._repo(owner, name)
        issues = [each for each in self._hub.everything() if each.repo == repo.id and not each.gone]
        by_place: dict[tuple[str, str], list[Card]] = {place: [] for place in GITHUB_COLUMNS}
        for issue in issues:
            if not issue.pull_request:
                by_place[_place(issue)].append(self._card(repo, issue))
        columns = [Column(name, category, tuple(cards)) for (name, category), cards in by_place.items()]
        return render_template(
            "board.html", title=repo.full_name, tracker="GitHub", note=repo.visibility, columns=columns
        )

    def _repo(self, owner: str, name: str) -> Repo:
        repo = self._hub.repo(f"{owner}/{name}") or self._hub.renamed(f"{owner}/{name}")
        if repo is None:
            abort(404, "There is no such repository.")
        return repo

    def _card(self, repo: Repo, issue: GithubIssue) -> Card:
        note = "duplicate" if issue.state_reason == "duplicate" else ""
        url = f"/github/{repo.full_name}/issues/{issue.number}"
        return Card(f"#{issue.number}", issue.title, url, ", ".join(issue.assignees), "", note)

    def issue(self, owner: str, name: str, number: int) -> BaseResponse | str:
        repo = self._repo(owner, name)
        issue = self._hub.issue(repo.id, number)
        if issue is not None and issue.moved_to is not None:
            target = self._hub.repo(issue.moved_to[0])
            assert target is not None
            return redirect(f"/github/{target.full_name}/issues/{issue.moved_to[1]}", 302)
        if issue is None or issue.deleted:
            abort(404, "There is no such issue, or it was deleted.")
        found = issue
        if request.method == "GET":
            return self._show(repo, found)
        form = request.form
        wanted: dict[str, Any] = {"as": form["as"], "title": form["title"], "comment": form.get("comment", "").strip()}
        if form["assignee"] != (found.assignees[0] if found.assignees else ""):
            wanted["assignees"] = [form["assignee"]] if form["assignee"] else []
        if form.get("move"):
            wanted["state"], _, reason = form["move"].partition("|")
            wanted |= {"state_reason": reason} if reason else {}
        return change(
            "github", lambda: acting.in_github(self._hub, found, wanted), lambda e: self._show(repo, found, e)
        )

    def _show(self, repo: Repo, issue: GithubIssue, error: str | None = None) -> str:
        people = tuple((user.login, user.login) for user in self._hub.people())
        moves = [(f"closed|{reason}", label, False) for reason, label in CLOSE_REASONS.items()]
        if issue.state == "closed":
            moves = [("open", "Reopen", False)]
        words = {"completed": "Closed as completed", "not_planned": "Closed as not planned"}
        closed = words.get(issue.state_reason or "", "Closed as duplicate")
        declined = "done" if issue.state_reason == "completed" else "declined"
        sheet = Sheet(
            tracker="github",
            key=f"#{issue.number}",
            title=issue.title,
            board=f"/github/{repo.full_name}",
            board_name=repo.full_name,
            status=closed if issue.state == "closed" else "Open",
            category=declined if issue.state == "closed" else "new",
            body=markdown(issue.body),
            remarks=tuple(Remark(each.author, moment(each.created), markdown(each.body)) for each in issue.comments),
            moves=tuple(moves),
            people=tuple((user.login, user.login) for user in self._hub.users.values()),
            actors=people,
            actor=chosen_actor("github", people),
            assignee=issue.assignees[0] if issue.assignees else "",
            facts=(("Author", issue.author), ("Opened", moment(issue.created))),
            error=error,
            labels=issue.labels,
        )
        return render_template("issue.html", sheet=sheet)


def _place(issue: GithubIssue) -> tuple[str, str]:
    """The column of an issue: GitHub knows two states, and people read the rest from assignee and reason."""
    if issue.state == "open":
        return GITHUB_COLUMNS[1 if issue.assignees else 0]
    return GITHUB_COLUMNS[2 if issue.state_reason == "completed" else 3]
