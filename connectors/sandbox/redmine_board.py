"""A board for each project of the stand-in Redmine, and a page for each issue."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from connectors.sandbox import acting, pages
from connectors.sandbox.boards import Card, Column, Remark, Sheet, change, chosen_actor, moment
from connectors.sandbox.redmine.control import ActionError, in_redmine
from connectors.sandbox.redmine.model import PRIORITIES, STATUSES, TRACKERS, Issue, name_of
from connectors.sandbox.redmine.site import RedmineSite
from connectors.sandbox.richtext import markdown

CATEGORIES = {"New": "new", "Closed": "done", "Rejected": "declined"}


def blueprint(site: RedmineSite) -> Blueprint:
    views = Blueprint("redmine_boards", __name__, template_folder="templates")
    views.before_request(pages.same_origin)
    views.after_request(pages.guarded)
    boards = RedmineBoards(site)
    views.add_url_rule("/redmine/boards/<identifier>", "board", boards.board)
    views.add_url_rule("/redmine/issues/<int:number>", "issue", boards.issue, methods=["GET", "POST"])
    return views


class RedmineBoards:
    def __init__(self, site: RedmineSite) -> None:
        self._site = site

    def board(self, identifier: str) -> str:
        project = self._site.project(identifier)
        if project is None:
            abort(404, "There is no such project.")
        here = [each for each in self._site.everything() if each.project == project.id and not each.deleted]
        columns = [
            Column(name, CATEGORIES.get(name, "indeterminate"), tuple(map(self._card, _in(here, number))))
            for number, name, _ in STATUSES
        ]
        note = "public" if project.is_public else "private"
        return render_template("board.html", title=project.name, tracker="Redmine", note=note, columns=columns)

    def _card(self, issue: Issue) -> Card:
        who = self._site.users[issue.assigned].name if issue.assigned else ""
        note = "private" if issue.private else ""
        return Card(f"#{issue.id}", issue.subject, f"/redmine/issues/{issue.id}", who, issue.due or "", note)

    def issue(self, number: int) -> BaseResponse | str:
        issue = self._site.issue(number)
        if issue is None:
            abort(404, "There is no such issue, or it was deleted.")
        if request.method == "GET":
            return self._show(issue)
        form = request.form
        wanted: dict[str, Any] = {"as": form["as"], "subject": form["title"], "assigned": form["assignee"]}
        wanted |= {"due": form.get("due"), "comment": form.get("comment", "").strip()}
        if form.get("move"):
            wanted["status"] = form["move"]
        return change("redmine", lambda: self._act(issue, wanted), lambda problem: self._show(issue, problem))

    def _act(self, issue: Issue, wanted: dict[str, Any]) -> None:
        try:
            in_redmine(self._site, issue, wanted)
        except ActionError as error:
            raise acting.ActionError(str(error)) from error

    def _show(self, issue: Issue, error: str | None = None) -> str:
        users = self._site.users
        people = tuple((user.login, user.name) for user in self._site.people())
        project, status = self._site.projects[issue.project], name_of(STATUSES, issue.status)
        facts = [("Tracker", name_of(TRACKERS, issue.tracker)), ("Priority", name_of(PRIORITIES, issue.priority))]
        facts += [("Author", users[issue.author].name), ("Created", moment(issue.created))]
        sheet = Sheet(
            tracker="redmine",
            key=f"#{issue.id}",
            title=issue.subject,
            board=f"/redmine/boards/{project.identifier}",
            board_name=project.name,
            status=status,
            category=CATEGORIES.get(status, "indeterminate"),
            body=markdown(issue.description),
            remarks=tuple(
                Remark(users[each.author].name, moment(each.created), markdown(each.notes))
                for each in issue.notes
                if each.notes
            ),
            moves=tuple((name, name, number == issue.status) for number, name, _ in STATUSES),
            people=tuple((user.login, user.name) for user in users.values()),
            actors=people,
            actor=chosen_actor("redmine", people),
            assignee=users[issue.assigned].login if issue.assigned else "",
            facts=tuple(facts),
            due=issue.due or "",
            error=error,
        )
        return render_template("issue.html", sheet=sheet)


def _in(issues: list[Issue], status: int) -> list[Issue]:
    return [each for each in issues if each.status == status]
