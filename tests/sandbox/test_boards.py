"""On the boards a person moves, assigns, dates, edits and comments issues, as somebody other than our account."""

import json
from pathlib import Path

import requests

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import REPO, Client
from tests.sandbox.conftest import options


def get(client: Client, path: str) -> requests.Response:
    return client.session.get(f"{client.url}{path}", timeout=5)


def post(client: Client, path: str, **form: str) -> requests.Response:
    return client.session.post(f"{client.url}{path}", data=form, timeout=5)


JIRA_FORM = {"as": "712020:priya-raman", "title": "Do it", "assignee": "", "due": ""}
GITHUB_FORM = {"as": "priya-raman", "title": "Do it", "assignee": ""}


def test_the_index_lists_trackers_mailbox_and_switch(client: Client) -> None:
    client.new_jira()
    page = get(client, "/")
    for part in ("Payments", "1 issue", "acme/payments", "private", "Mailbox", "Fault switch"):
        assert part in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_jira_board_shows_an_issue_under_its_status(client: Client) -> None:
    client.new_jira("Alert on lag", duedate="2026-12-01")
    page = get(client, "/jira/boards/PAY").text
    assert page.index("To Do") < page.index("Alert on lag") < page.index("In Progress")
    assert "due 2026-12-01" in page
    assert get(client, "/jira/boards/NOPE").status_code == 404


def test_a_person_moves_a_jira_issue_from_its_page(client: Client) -> None:
    key = client.new_jira()
    answer = post(client, f"/jira/browse/{key}", **JIRA_FORM, move="Won't Do", comment="Not worth it")
    assert (answer.status_code, answer.history[0].status_code) == (200, 303)
    (issue,) = client.issues("jira")
    assert (issue["status"], issue["resolution"], issue["category"]) == ("Won't Do", "Won't Do", "done")
    assert issue["history"][0]["author"] == "712020:priya-raman"
    assert issue["comments"][0]["author"] == "712020:priya-raman"
    assert issue["creator"] == "712020:afteraction"
    assert "Not worth it" in get(client, f"/jira/browse/{key}").text


def test_the_button_that_enter_presses_moves_nothing(client: Client) -> None:
    key = client.new_jira()
    form = get(client, f"/jira/browse/{key}").text.partition('<form method="post">')[2]
    assert form.index("<button hidden></button>") < form.index('name="move"')


def test_assignee_due_date_and_title_are_saved_together(client: Client) -> None:
    key = client.new_jira()
    form = {**JIRA_FORM, "title": "Do it well", "assignee": "712020:mateo-silva", "due": "2026-12-24"}
    post(client, f"/jira/browse/{key}", **form)
    (issue,) = client.issues("jira")
    assert (issue["title"], issue["due"]) == ("Do it well", "2026-12-24")
    assert issue["assignees"] == ["712020:mateo-silva"]
    updated = issue["updated_at"]
    post(client, f"/jira/browse/{key}", **form)
    assert client.issues("jira")[0]["updated_at"] == updated, "saving nothing new is no change"


def test_a_form_that_makes_no_sense_says_so_and_changes_nothing(client: Client) -> None:
    key = client.new_jira()
    page = post(client, f"/jira/browse/{key}", **{**JIRA_FORM, "due": "tomorrow"}).text
    assert "A due date is written as 2026-12-31." in page
    assert client.issues("jira")[0]["due"] is None


def test_without_a_status_for_it_wont_do_is_a_resolution_of_done(client: Client) -> None:
    key = client.new_jira(project="SEC", customfield_10050={"value": "Data"})
    post(client, f"/jira/browse/{key}", **JIRA_FORM, move="Done|Won't Do")
    (issue,) = client.issues("jira")
    assert (issue["status"], issue["resolution"]) == ("Done", "Won't Do")


def test_a_github_issue_is_closed_with_a_reason_and_reopened(client: Client) -> None:
    number = client.new_github()["number"]
    path = f"/github/{REPO}/issues/{number}"
    post(client, path, **GITHUB_FORM, move="closed|not_planned")
    (issue,) = client.issues("github")
    assert (issue["status"], issue["state_reason"]) == ("closed", "not_planned")
    board = get(client, f"/github/{REPO}").text
    assert board.index("Not planned") < board.index("Do it")
    post(client, path, **{**GITHUB_FORM, "assignee": "msilva"}, move="open")
    (issue,) = client.issues("github")
    assert (issue["status"], issue["assignees"]) == ("open", ["msilva"])


def test_the_body_is_rendered_and_trusted_with_nothing(client: Client) -> None:
    body = "## Why\n\n- [x] one\n- [ ] **two** `<b>`\n\n<script>alert(1)</script>"
    body += "\n\n[bad](javascript:alert(1)) <!-- pm:1 -->"
    number = client.new_github(body=body)["number"]
    page = get(client, f"/github/{REPO}/issues/{number}").text
    assert "<h4>Why</h4>" in page
    assert '<input type="checkbox" disabled checked> one' in page
    assert "<strong>two</strong> <code>&lt;b&gt;</code>" in page
    assert "<script>" not in page
    assert 'href="javascript' not in page
    assert "pm:1" not in page
    key = client.new_jira("<i>x</i>", description="h2. Why\n\n* *bold* [home|https://x.example]\n** {{code}}")
    page = get(client, f"/jira/browse/{key}").text
    assert "&lt;i&gt;x&lt;/i&gt;" in page
    assert '<a href="https://x.example" rel="noreferrer">home</a>' in page
    assert '<li class="depth-1"><code>code</code></li>' in page


def test_a_form_from_another_site_is_refused(client: Client) -> None:
    key = client.new_jira()
    for origin in ("https://evil.example", "null"):
        answer = client.session.post(
            f"{client.url}/jira/browse/{key}",
            data={**JIRA_FORM, "move": "Done"},
            headers={"Origin": origin},
            timeout=5,
        )
        assert answer.status_code == 403
    reset = client.session.post(f"{client.url}/_sandbox/reset", data="{}", timeout=5)
    assert reset.status_code == 415
    assert client.issues("jira")[0]["status"] == "To Do"


def test_the_fault_page_sets_and_removes_rules(client: Client) -> None:
    form = {
        "do": "add",
        "tracker": "jira",
        "kind": "error_before",
        "scope": "",
        "seconds": "",
        "percent": "",
        "next": "2",
    }
    page = post(client, "/faults", **form).text
    assert "the given status, nothing stored" in page
    assert client.jira("GET", "/myself").status_code == 503
    (rule,) = client.control("GET", "/faults").json()["rules"]
    post(client, "/faults", do="remove", id=str(rule["id"]))
    assert client.control("GET", "/faults").json()["rules"] == []
    assert "could not convert" in post(client, "/faults", **{**form, "seconds": "many"}).text
    post(client, "/faults", do="lag", tracker="jira", seconds="3")
    assert "index 3 s late" in get(client, "/").text
    post(client, "/faults", do="webhooks", webhooks="drop")
    assert client.control("GET", "/settings").json()["webhooks"] == "drop"


def test_pages_ask_nothing_of_anywhere_else_and_stay_small(client: Client) -> None:
    client.new_jira()
    for path in ("/", "/mailbox", "/faults", "/jira/boards/PAY", "/jira/browse/PAY-1", f"/github/{REPO}"):
        text = get(client, path).text
        assert len(text) < 60_000
        assert "<script" not in text
        assert 'src="http' not in text
        assert '<meta name="viewport"' in text


GITLAB_FORM = {"as": "priya.raman", "title": "Do it", "assignee": "", "due": ""}


def test_a_gitlab_board_shows_an_issue_under_its_state_and_a_person_moves_it(client: Client) -> None:
    client.new_gitlab("Do it", due_date="2026-12-01", description="## Why\n\nIt **fell** over.")
    columns = ("Open", "Doing", "Closed", "Closed: wontfix or duplicate")

    def column() -> str:
        page = get(client, "/gitlab/boards/acme/payments").text
        return max((name for name in columns if page.index(f">{name}") < page.index("Do it")), key=page.index)

    path = "/gitlab/acme/payments/-/issues/1"
    assert column() == "Open"
    for move, name in (
        ("opened|Doing", "Doing"),
        ("closed|", "Closed"),
        ("closed|wontfix", "Closed: wontfix or duplicate"),
        ("opened|", "Open"),
    ):
        post(client, path, **GITLAB_FORM, move=move)
        assert column() == name
    post(client, path, **{**GITLAB_FORM, "assignee": "mateo.silva", "due": "2026-12-24"}, comment="On it")
    (issue,) = client.issues("gitlab")
    assert (issue["assignees"], issue["due"], issue["labels"]) == (["mateo.silva"], "2026-12-24", [])
    page = get(client, path).text
    assert all(part in page for part in ("<strong>fell</strong>", "On it", "Priya Raman"))
    assert "A due date is written" in post(client, path, **{**GITLAB_FORM, "due": "soon"}).text


def test_a_gitlab_issue_that_moved_leads_to_where_it_is(client: Client) -> None:
    client.new_gitlab()
    client.control("POST", "/gitlab/issues/acme/payments/1", {"move": "acme/infra/network"})
    assert get(client, "/gitlab/acme/payments/-/issues/1").url.endswith("/gitlab/acme/infra/network/-/issues/1")
    client.control("POST", "/gitlab/projects/acme/infra/network", {"path": "acme/net"})
    assert "acme/net" in get(client, "/gitlab/boards/acme/infra/network").text
    for path in ("/gitlab/boards/acme/none", "/gitlab/acme/payments/-/issues/9"):
        assert get(client, path).status_code == 404


def test_a_redmine_board_shows_an_issue_under_its_status_and_a_person_moves_it(client: Client) -> None:
    number = client.new_redmine("Do it", description="It **fell** over.", is_private=True)["id"]
    path = f"/redmine/issues/{number}"
    form = {"as": "praman", "title": "Do it well", "assignee": "msilva", "due": "2026-12-24"}
    post(client, path, **form, move="Rejected", comment="Not worth it")
    (issue,) = client.issues("redmine")
    assert (issue["status"], issue["title"], issue["due"]) == ("Rejected", "Do it well", "2026-12-24")
    assert (issue["assignees"], issue["comments"][0]["author"]) == (["msilva"], "praman")
    board = get(client, "/redmine/boards/payments").text
    assert board.index("Rejected") < board.index("Do it well")
    assert "private" in board
    page = get(client, path).text
    assert all(part in page for part in ("<strong>fell</strong>", "Not worth it", "Mateo Silva"))
    assert "A subject is one line" in post(client, path, **{**form, "title": " "}).text
    for missing in ("/redmine/boards/none", "/redmine/issues/99"):
        assert get(client, missing).status_code == 404


def test_the_fault_page_takes_a_place_writes_alone_a_share_and_mail(client: Client) -> None:
    form = {"do": "add", "tracker": "jira", "kind": "error_before", "scope": " PAY ", "seconds": "", "percent": "50"}
    post(client, "/faults", **form, writes="on")
    post(client, "/faults", **{**form, "kind": "mail_451", "scope": "", "percent": ""}, writes="on")
    web, mail = client.control("GET", "/faults").json()["rules"]
    assert (web["scope"], web["methods"], web["probability"]) == ("PAY", ["POST", "PUT", "PATCH", "DELETE"], 0.5)
    assert (mail["tracker"], mail["methods"], mail["next"]) == ("smtp", [], None)
    post(client, "/faults", do="clear")
    assert client.control("GET", "/faults").json()["rules"] == []
    post(client, "/faults", do="dance")


def test_a_mail_that_is_not_there_is_404(client: Client) -> None:
    for path in ("/mailbox/99", "/mailbox/99/html"):
        assert get(client, path).status_code == 404


def test_an_issue_whose_workflow_has_no_end_is_shown_all_the_same(tmp_path: Path) -> None:
    bot = {"account_id": "bot", "name": "Bot", "email": "afteraction@acme.example", "token": "sandbox-jira-token"}
    project = {"key": "PAY", "name": "Endless", "statuses": [{"name": "Open", "category": "new"}]}
    seed = tmp_path / "seed.json"
    people = [bot, {"account_id": "ann", "name": "Ann Lee", "email": "ann@acme.example"}]
    seed.write_text(json.dumps({"jira": {"users": people, "projects": [project]}}), encoding="utf-8")
    with Sandbox(options(seed_file=seed, smtp_port=None)) as sandbox, Client(sandbox.url) as client:
        page = get(client, f"/jira/browse/{client.new_jira()}")
    assert (page.status_code, "Won't do" in page.text) == (200, False)
