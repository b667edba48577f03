"""A board for each project of the stand-in GitLab, and a page for each issue."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from connectors.sandbox import acting, pages
from connectors.sandbox.boards import Card, Column, Remark, Sheet, change, chosen_actor, moment
from connectors.sandbox.gitlab.acting import ActionError, in_gitlab
from connectors.sandbox.gitlab.model import Issue, Project
from connectors.sandbox.gitlab.site import GitlabSite
from connectors.sandbox.richtext import markdown

COLUMNS = (
    ("Open", "new"),
    ("Doing", "indeterminate"),
    ("Closed", "done"),
    ("Closed: wontfix or duplicate", "declined"),
)
MOVES = (
    ("opened|Doing", "Start"),
    ("closed|", "Close"),
    ("closed|wontfix", "Close as wontfix"),
    ("opened|", "Reopen"),
)


def blueprint(site: GitlabSite) -> Blueprint:
    views = Blueprint("gitlab_boards", __name__, template_folder="templates")
    views.before_request(pages.same_origin)
    views.after_request(pages.guarded)
    boards = GitlabBoards(site)
    views.add_url_rule("/gitlab/boards/<path:project>", "board", boards.board)
    views.add_url_rule("/gitlab/<path:project>/-/issues/<int:iid>", "issue", boards.issue, methods=["GET", "POST"])
    return views


class GitlabBoards:
    def __init__(self, site: GitlabSite) -> None:
        self._site = site

    def board(self, project: str) -> str:
        found = self._project(project)
        cards: dict[tuple[str, str], list[Card]] = {column: [] for column in COLUMNS}
        for issue in self._site.everything():
            if issue.project == found.id and not issue.deleted and issue.moved_to is None:
                cards[_column(issue)].append(self._card(found, issue))
        columns = [Column(name, category, tuple(there)) for (name, category), there in cards.items()]
        return render_template("board.html", title=found.path, tracker="GitLab", note=found.visibility, columns=columns)

    def _project(self, path: str) -> Project:
        project = self._site.project(path) or self._site.renamed(path)
        if project is None:
            abort(404, "There is no such project.")
        return project

    def _card(self, project: Project, issue: Issue) -> Card:
        note = "confidential" if issue.confidential else ""
        url = f"/gitlab/{project.path}/-/issues/{issue.iid}"
        return Card(f"#{issue.iid}", issue.title, url, self._names(issue), issue.due or "", note)

    def _names(self, issue: Issue) -> str:
        return ", ".join(self._site.users[each].name for each in issue.assignees)

    def issue(self, project: str, iid: int) -> BaseResponse | str:
        place = self._project(project)
        issue = self._site.issue(place.id, iid)
        if issue is None:
            abort(404, "There is no such issue, or it was deleted.")
        if issue.moved_to is not None and (moved := self._site.by_id(issue.moved_to)):
            target = self._site.project(moved.project)
            assert target is not None
            return redirect(f"/gitlab/{target.path}/-/issues/{moved.iid}", 302)
        if request.method == "GET":
            return self._show(place, issue)
        form = request.form
        wanted: dict[str, Any] = {"as": form["as"], "title": form["title"], "comment": form.get("comment", "").strip()}
        wanted |= {"due": form.get("due") or None, "assignees": [form["assignee"]] if form["assignee"] else []}
        if form.get("move"):
            state, _, label = form["move"].partition("|")
            kept = [each for each in issue.labels if each not in ("Doing", "wontfix")]
            wanted |= {"state": state, "labels": [*kept, *([label] if label else [])]}
        return change("gitlab", lambda: self._act(issue, wanted), lambda problem: self._show(place, issue, problem))

    def _act(self, issue: Issue, wanted: dict[str, Any]) -> None:
        try:
            in_gitlab(self._site, issue, wanted)
        except ActionError as error:
            raise acting.ActionError(str(error)) from error

    def _show(self, project: Project, issue: Issue, error: str | None = None) -> str:
        people = tuple((user.username, user.name) for user in self._site.people())
        users = self._site.users
        name, category = _column(issue)
        sheet = Sheet(
            tracker="gitlab",
            key=f"#{issue.iid}",
            title=issue.title,
            board=f"/gitlab/boards/{project.path}",
            board_name=project.path,
            status=name,
            category=category,
            body=markdown(issue.description),
            remarks=tuple(
                Remark(users[each.author].name, moment(each.created), markdown(each.body)) for each in issue.notes
            ),
            moves=tuple((value, label, False) for value, label in MOVES),
            people=tuple((user.username, user.name) for user in users.values()),
            actors=people,
            actor=chosen_actor("gitlab", people),
            assignee=users[issue.assignees[0]].username if issue.assignees else "",
            facts=(("Author", users[issue.author].name), ("Created", moment(issue.created))),
            due=issue.due or "",
            error=error,
            labels=issue.labels,
        )
        return render_template("issue.html", sheet=sheet)


def _column(issue: Issue) -> tuple[str, str]:
    if issue.state == "opened":
        return COLUMNS[1 if "Doing" in issue.labels else 0]
    return COLUMNS[3 if "wontfix" in issue.labels or issue.duplicate_of else 2]
