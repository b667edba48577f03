"""The sandbox's own pages: what is here, the mailbox, and the fault switch. The boards have a file of their own."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from connectors.sandbox.answers import answer
from connectors.sandbox.faults import HTTP_KINDS, MAIL_KINDS, RuleError
from connectors.sandbox.world import World

# Nothing on a page may load or run anything from elsewhere; texts on it were written by others.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-src 'self'; base-uri 'none'"
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def same_origin() -> None:
    """Refuse a form that another site's page sent here."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin not in {None, "null"} and urlsplit(str(origin)).netloc != request.host:
        abort(403, "This form was sent from another site.")
    if request.method == "POST" and origin == "null":
        abort(403, "This form was sent from an unknown place.")


def guarded(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def blueprint(world: World) -> Blueprint:
    views = Blueprint("pages", __name__, template_folder="templates")
    views.before_request(same_origin)
    views.after_request(guarded)
    found = Pages(world)
    for rule, methods, view in (
        ("/", ["GET"], found.index),
        ("/mailbox", ["GET"], found.mailbox),
        ("/mailbox.json", ["GET"], found.mailbox_json),
        ("/mailbox/<int:mail_id>", ["GET"], found.mail),
        ("/mailbox/<int:mail_id>/html", ["GET"], found.mail_html),
        ("/faults", ["GET"], found.faults),
        ("/faults", ["POST"], found.change_faults),
    ):
        views.add_url_rule(rule, view.__name__, view, methods=methods)
    return views


class Pages:
    def __init__(self, world: World) -> None:
        self._world = world

    def index(self) -> str:
        world = self._world
        jira = [issue for issue in world.jira.everything() if not issue.deleted]
        github = [issue for issue in world.github.everything() if not issue.gone and not issue.pull_request]
        projects = [
            (project, sum(issue.project == project.key for issue in jira)) for project in world.jira.projects.values()
        ]
        repos = [(repo, sum(issue.repo == repo.id for issue in github)) for repo in world.github.repos()]
        labs = [
            (project, sum(each.project == project.id and not each.deleted for each in world.gitlab.everything()))
            for project in world.gitlab.projects()
        ]
        mines = [
            (project, sum(each.project == project.id and not each.deleted for each in world.redmine.everything()))
            for project in world.redmine.projects.values()
        ]
        mails = world.mailbox.newest_first()
        state = world.faults.state()
        active = [f"{rule['tracker']}: {rule['kind']}" for rule in state["rules"]]
        active += [f"{where}: index {seconds:g} s late" for where, seconds in state["lags"].items() if seconds]
        active += [
            f"{where}: {rate['creates']} creates in {rate['seconds']:g} s" for where, rate in state["rates"].items()
        ]
        active += ["webhooks are dropped"] if world.courier.dropping else []
        return render_template(
            "index.html", projects=projects, repos=repos, labs=labs, mines=mines, mails=mails, active=active
        )

    def mailbox(self) -> str:
        return render_template("mailbox.html", mails=self._world.mailbox.newest_first())

    def mailbox_json(self) -> Response:
        return answer([mail.document() for mail in self._world.mailbox.newest_first()])

    def mail(self, mail_id: int) -> str:
        mail = self._world.mailbox.find(mail_id)
        if mail is None:
            abort(404, "There is no such mail.")
        view = request.args.get("view", "text" if mail.part("html") is None else "html")
        return render_template("mail.html", mail=mail, view=view)

    def mail_html(self, mail_id: int) -> Response:
        """The mail's own HTML, for the frame: sandboxed, so that nothing in it runs or loads."""
        mail = self._world.mailbox.find(mail_id)
        html = mail.part("html") if mail else None
        if html is None:
            abort(404, "This mail has no HTML.")
        return Response(html, mimetype="text/html", headers={"Content-Security-Policy": MAIL_POLICY})

    def faults(self, error: str | None = None) -> str:
        state = self._world.faults.state()
        return render_template(
            "faults.html",
            state=state,
            error=error,
            kinds={**HTTP_KINDS, **MAIL_KINDS},
            dropping=self._world.courier.dropping,
            counts=self._world.courier.counts,
            stats=self._world.stats.report(),
        )

    def change_faults(self) -> BaseResponse | str:
        form, faults = request.form, self._world.faults
        try:
            if form["do"] == "add":
                self._add_rule()
            elif form["do"] == "remove":
                faults.remove(int(form["id"]))
            elif form["do"] == "webhooks":
                self._world.courier.dropping = form["webhooks"] == "drop"
            elif form["do"] == "lag":
                faults.set_lag(form["tracker"], float(form["seconds"] or 0))
            elif form["do"] == "clear":
                faults.clear()
        except (RuleError, ValueError) as problem:
            return self.faults(str(problem))
        return redirect("/faults", 303)

    def _add_rule(self) -> None:
        form = request.form
        kind = form["kind"]
        tracker = "smtp" if kind in MAIL_KINDS else form["tracker"]
        rule: dict[str, object] = {"kind": kind, "tracker": tracker, "seconds": float(form["seconds"] or 1)}
        if form.get("scope"):
            rule["scope"] = form["scope"].strip()
        if form.get("writes") and tracker != "smtp":
            rule["methods"] = ["POST", "PUT", "PATCH", "DELETE"]
        rule["probability"] = float(form["percent"] or 100) / 100
        if form.get("next"):
            rule["next"] = int(form["next"])
        self._world.faults.add(rule)
