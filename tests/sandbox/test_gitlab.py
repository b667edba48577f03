"""The stand-in GitLab answers as GitLab does where a connector must know: what it drops, runs, hides and refuses."""

from typing import Any

import pytest

from tests.sandbox.client import Client

ISSUES = "/projects/acme%2Fpayments/issues"


def titles(answer: Any) -> list[str]:
    return [each["title"] for each in answer.json()]


def test_an_issue_that_gitlab_would_not_take_is_400(client: Client) -> None:
    for body, words in (
        ({}, "title is missing"),
        ({"title": "x" * 256}, "is too long"),
        ({"title": "x", "issue_type": "saga"}, "issue_type does not have a valid value"),
        ({"title": "x", "due_date": "tomorrow"}, "due_date is invalid"),
        ([1], "malformed"),
    ):
        refused = client.gitlab("POST", ISSUES, body)
        assert refused.status_code == 400, body
        assert words in refused.text
    assert client.gitlab("PUT", f"{ISSUES}/{client.new_gitlab()['iid']}", {"state_event": "explode"}).status_code == 400


def test_labels_are_set_added_and_taken_away(client: Client) -> None:
    made = client.new_gitlab(labels="a, b", assignee_ids=[32, 33, 99], due_date="2026-12-01")
    assert (made["labels"], made["due_date"]) == (["a", "b"], "2026-12-01")
    assert [each["username"] for each in made["assignees"]] == ["dana.okafor"], "more than one needs a licence"
    path = f"{ISSUES}/{made['iid']}"
    edited = client.gitlab("PUT", path, {"add_labels": ["c"], "remove_labels": "a", "due_date": ""}).json()
    assert (edited["labels"], edited["due_date"]) == (["b", "c"], None)
    assert client.gitlab("PUT", path, {"labels": ""}).json()["labels"] == []


def test_the_list_filters_sorts_and_counts_its_pages(client: Client) -> None:
    for title in ("First", "Second", "Third"):
        client.new_gitlab(title, labels=title.lower(), description=f"All about {title}")
    client.gitlab("PUT", f"{ISSUES}/2", {"state_event": "close"})

    def listed(**asked: Any) -> list[str]:
        return titles(client.gitlab("GET", ISSUES, params=asked))

    assert listed() == ["Third", "Second", "First"]
    assert listed(state="opened", sort="asc") == ["First", "Third"]
    assert listed(labels="third") == ["Third"]
    assert listed(search="about f") == ["First"]
    assert listed(search="about", **{"in": "title"}) == []
    assert listed(**{"iids[]": [1, 2]}) == ["Second", "First"]
    assert listed(order_by="updated_at") == ["Second", "Third", "First"]
    assert listed(author_id=32) == []
    assert listed(updated_after="2090-01-01T00:00:00") == []
    assert client.gitlab("GET", ISSUES, params={"updated_after": "now"}).status_code == 400
    page = client.gitlab("GET", ISSUES, params={"per_page": 2})
    assert (len(page.json()), page.headers["X-Next-Page"]) == (2, "2")
    assert client.gitlab("GET", ISSUES, params={"per_page": 2, "page": 2}).headers["X-Next-Page"] == ""


def test_the_list_of_all_projects_shows_our_own_unless_all_are_asked_for(client: Client) -> None:
    client.new_gitlab("Ours")
    client.control("POST", "/gitlab/issues/acme/payments/1", {"title": "Still ours"})
    assert titles(client.gitlab("GET", "/issues")) == ["Still ours"]
    assert titles(client.gitlab("GET", "/issues", params={"scope": "all"})) == ["Still ours"]


@pytest.mark.parametrize(
    ("text", "left", "values"),
    [
        ("/close\nText", "Text", {"state": "closed"}),
        ('Text\n/label ~a ~"b c"\n/unlabel ~a', "Text", {"labels": ["b c"]}),
        ("/title Another\n/due 2026-12-01\n/confidential", "", {"title": "Another", "due_date": "2026-12-01"}),
        ("/unassign", "", {"assignees": []}),
        ("/due whenever\n/assign @dana", "", {"due_date": None}),
        ("```\n/close\n```", "```\n/close\n```", {"state": "opened"}),
    ],
)
def test_a_line_that_is_an_action_runs_and_is_gone(
    client: Client, text: str, left: str, values: dict[str, Any]
) -> None:
    iid = client.new_gitlab(description=text)["iid"]
    issue = client.gitlab("GET", f"{ISSUES}/{iid}").json()
    assert (issue["description"] or "") == left
    assert {name: issue[name] for name in values} == values


def test_a_comment_of_actions_alone_is_none(client: Client) -> None:
    client.new_gitlab()
    client.new_gitlab("The same")
    answer = client.gitlab("POST", f"{ISSUES}/2/notes", {"body": "/duplicate #1"})
    assert (answer.status_code, answer.json()["summary"]) == (202, ["Applied the command."])
    issue = client.gitlab("GET", f"{ISSUES}/2").json()
    assert issue["state"] == "closed"
    assert issue["_links"]["closed_as_duplicate_of"].endswith("/issues/1")
    assert client.gitlab("POST", f"{ISSUES}/2/notes", {"body": "/reopen"}).status_code == 202
    issue = client.gitlab("GET", f"{ISSUES}/2").json()
    assert (issue["state"], issue["_links"]["closed_as_duplicate_of"]) == ("opened", None)


def test_comments_are_added_listed_and_edited_by_who_wrote_them(client: Client) -> None:
    client.new_gitlab()
    notes = f"{ISSUES}/1/notes"
    first, second = (client.gitlab("POST", notes, {"body": text}).json()["id"] for text in ("One", "Two"))
    client.control("POST", "/gitlab/issues/acme/payments/1", {"comment": "Theirs"})
    listed = client.gitlab("GET", notes, params={"sort": "asc"}).json()
    assert [each["body"] for each in listed] == ["One", "Two", "Theirs"]
    assert client.gitlab("GET", notes, params={"activity_filter": "only_comments"}).json()[0]["body"] == "Theirs"
    assert client.gitlab("PUT", f"{notes}/{second}", {"body": "Three"}).json()["body"] == "Three"
    assert client.gitlab("PUT", f"{notes}/{listed[2]['id']}", {"body": "Mine"}).status_code == 403
    assert client.gitlab("PUT", f"{notes}/{first + 99}", {"body": "x"}).status_code == 404
    assert client.gitlab("POST", notes, {"body": " "}).status_code == 400
    assert client.gitlab("GET", f"{ISSUES}/9/notes").status_code == 404


def test_what_an_account_may_not_do_is_refused_or_dropped_as_gitlab_does(client: Client) -> None:
    def place(**change: Any) -> None:
        assert client.control("POST", "/gitlab/projects/acme/payments", change).status_code == 200

    theirs = client.new_gitlab(labels="kept")
    client.control("POST", "/gitlab/issues/acme/payments/1", {"as": "dana.okafor", "title": "Changed"})
    place(roles={"afteraction-bot": 10})
    made = client.new_gitlab(labels="x", due_date="2026-12-01", assignee_ids=[32])
    assert (made["labels"], made["due_date"], made["assignees"]) == ([], None, [])
    assert client.gitlab("PUT", f"{ISSUES}/{theirs['iid']}", {"labels": "y"}).json()["labels"] == ["kept"]
    place(roles={}, archived=True)
    assert client.gitlab("POST", ISSUES, {"title": "x"}).status_code == 403
    assert client.gitlab("GET", ISSUES).status_code == 200
    place(archived=False, issues_enabled=False)
    assert client.gitlab("GET", ISSUES).status_code == 403
    assert client.gitlab("GET", f"{ISSUES}/1").status_code == 404
    place(issues_enabled=True, hidden_from=["afteraction-bot"])
    assert client.gitlab("GET", "/projects/acme%2Fpayments").status_code == 404
    assert titles(client.gitlab("GET", "/issues")) == []


def test_a_wrong_token_is_401_and_one_that_may_only_read_writes_nothing(client: Client) -> None:
    assert client.gitlab("GET", "/user", headers={"PRIVATE-TOKEN": "wrong"}).status_code == 401
    assert client.gitlab("GET", "/user").json()["username"] == "afteraction-bot"
    assert client.gitlab("GET", "/personal_access_tokens/self").json()["expires_at"] == "2036-06-30"


def test_a_renamed_project_redirects_who_reads_and_refuses_who_writes(client: Client) -> None:
    client.new_gitlab()
    client.control("POST", "/gitlab/projects/acme/payments", {"path": "acme/billing"})
    asked = client.gitlab("GET", f"{ISSUES}/1", allow_redirects=False)
    assert (asked.status_code, asked.headers["Location"]) == (301, "/gitlab/api/v4/projects/41/issues/1")
    assert client.gitlab("POST", ISSUES, {"title": "x"}).status_code == 405
    assert client.gitlab("GET", "/projects/41/issues/1").json()["references"]["full"] == "acme/billing#1"


def test_graphql_finds_an_issue_by_its_id_and_nothing_else(client: Client) -> None:
    made = client.new_gitlab()
    url = f"{client.url}/gitlab/api/graphql"

    def asked(query: str, **variables: Any) -> Any:
        headers = {"Authorization": "Bearer sandbox-gitlab-token"}
        body = {"query": query, "variables": variables}
        return client.session.post(url, json=body, headers=headers, timeout=5).json()

    query = "query ($id: IssueID!) { issue(id: $id) { iid projectId } }"
    found = asked(query, id=f"gid://gitlab/Issue/{made['id']}")
    assert found == {"data": {"issue": {"iid": "1", "projectId": 41}}}
    assert asked(query, id="gid://gitlab/Issue/1") == {"data": {"issue": None}}
    assert "errors" in asked("{ projects { nodes { id } } }")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": "red"}, "Unknown member 'colour'"),
        ({"as": "nobody"}, "There is no account nobody."),
        ({"state": "gone"}, "`state` must be opened or closed."),
        ({"title": "two\nlines"}, "A title is one line"),
        ({"due": "soon"}, "A due date is written as 2026-12-31."),
        ({"duplicate_of": "#99"}, "There is no issue #99."),
        ({"move": "acme/none"}, "There is no project acme/none."),
    ],
)
def test_a_persons_change_that_makes_no_sense_is_refused_with_a_sentence(
    client: Client, change: dict[str, str], words: str
) -> None:
    client.new_gitlab()
    refused = client.control("POST", "/gitlab/issues/acme/payments/1", change)
    assert (refused.status_code, words in refused.json()["error"]) == (400, True)
    assert client.control("POST", "/gitlab/issues/acme/payments/1").status_code == 415
    assert client.control("POST", "/gitlab/issues/acme/payments/9", change).status_code == 404
    assert client.control("POST", "/gitlab/projects/acme/none", {}).status_code == 404


def test_an_issue_that_a_person_changed_is_told_as_it_is(client: Client) -> None:
    client.new_gitlab(description="Text")
    change = {"assignees": ["mateo.silva", "nobody"], "due": "2026-12-24", "labels": ["now"], "comment": "Seen"}
    client.control("POST", "/gitlab/issues/acme/payments/1", change)
    (issue,) = client.issues("gitlab")
    assert (issue["assignees"], issue["due"], issue["labels"]) == (["mateo.silva"], "2026-12-24", ["now"])
    assert [(each["author"], each["body"]) for each in issue["comments"]] == [("dana.okafor", "Seen")]
