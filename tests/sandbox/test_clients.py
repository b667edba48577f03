"""The real client libraries, with the settings that Afteraction uses, get along with the stand-ins."""

import pytest
from github import Auth, Github, GithubException
from github.GithubException import UnknownObjectException
from jira import JIRA, JIRAError

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import GITHUB_LOGIN, JIRA_LOGIN, REPO, Client


@pytest.mark.parametrize("server_info", [True, False])
def test_the_jira_library_creates_finds_moves_comments_and_links(
    shared: Sandbox, client: Client, server_info: bool
) -> None:
    jira = JIRA(f"{shared.url}/jira", basic_auth=JIRA_LOGIN, max_retries=0, get_server_info=server_info)
    jira.deploymentType = "Cloud"
    base = {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "Do it", "labels": ["pm-1"]}
    bare = jira.create_issue(fields=base, prefetch=False)
    assert bare.key == "PAY-1"
    full = jira.create_issue(fields={**base, "description": "Why"})
    assert full.fields.description == "Why"
    query = 'labels = "pm-1" AND created >= -1d ORDER BY updated ASC'
    found = jira.enhanced_search_issues(query, fields=["status", "updated"], maxResults=100)
    assert [issue.key for issue in found] == ["PAY-1", "PAY-2"]
    assert found[0].fields.status.statusCategory.key == "new"
    jira.transition_issue(full, "Done", fields={"resolution": {"name": "Won't Do"}})
    assert jira.issue("PAY-2").fields.resolution.name == "Won't Do"
    comment = jira.add_comment(full, "first")
    comment.update(body="second")
    assert [each.body for each in jira.comments(full)] == ["second"]
    jira.create_issue_link("Duplicate", bare.key, full.key)
    jira.assign_issue(full, "712020:dana-okafor")
    full.update(fields={"duedate": "2026-12-24"})
    assert jira.issue("PAY-2").fields.assignee.displayName == "Dana Okafor"
    jira.add_simple_link(full, {"url": "https://x.example", "title": "Postmortem"})
    assert [link.object.title for link in jira.remote_links(full)] == ["Postmortem"]
    with pytest.raises(JIRAError) as caught:
        jira.create_issue(fields={**base, "summary": ""}, prefetch=False)
    assert caught.value.status_code == 400
    assert "You must specify a summary" in caught.value.text
    assert {project.key for project in jira.projects()} == {"PAY", "PLAT", "SEC"}
    assert jira.myself()["displayName"] == "Afteraction"


def test_pygithub_creates_lists_edits_comments_and_asks_graphql(shared: Sandbox, client: Client) -> None:
    token = GITHUB_LOGIN["Authorization"].removeprefix("Bearer ")
    github = Github(
        base_url=f"{shared.url}/github/api/v3",
        auth=Auth.Token(token),
        retry=None,
        timeout=15,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )
    repo = github.get_repo(REPO)
    assert (repo.private, repo.visibility, repo.permissions.push) == (True, "private", True)
    issues = [repo.create_issue(f"Item {n}", body="Why", labels=["pm"], assignees=["msilva"]) for n in range(3)]
    assert issues[0].user.login == github.get_user().login == "afteraction-bot"
    listed = repo.get_issues(state="all", sort="created", direction="asc", labels=["pm"])
    assert [each.title for each in listed] == ["Item 0", "Item 1", "Item 2"]
    issues[0].edit(state="closed", state_reason="not_planned")
    assert repo.get_issue(1).state_reason == "not_planned"
    issues[1].create_comment("first").edit("second")
    assert [each.body for each in repo.get_issue(2).get_comments()] == ["second"]
    assert repo.has_in_assignees("msilva")
    assert not repo.has_in_assignees("nobody")
    path = f"/repos/{REPO}/issues?state=all"
    status, headers, _ = github.requester.requestJson("GET", path)
    again, _, _ = github.requester.requestJson("GET", path, headers={"If-None-Match": headers["etag"]})
    assert (status, again) == (200, 304)
    query = "query($ids:[ID!]!){nodes(ids:$ids){... on Issue{number state}}}"
    _, answer = github.requester.graphql_query(query, {"ids": [each.raw_data["node_id"] for each in issues]})
    assert [each["state"] for each in answer["data"]["nodes"]] == ["CLOSED", "OPEN", "OPEN"]
    with pytest.raises(UnknownObjectException):
        github.get_repo("acme/nothing")
    with pytest.raises(GithubException) as caught:
        repo.create_issue("x" * 257)
    assert caught.value.status == 422
    client.control("POST", f"/github/issues/{REPO}/3", {"transfer": "acme/status-page"})
    assert repo.get_issue(3).repository.full_name == "acme/status-page"
    client.control("POST", f"/github/issues/{REPO}/2", {"delete": True})
    with pytest.raises(GithubException) as caught:
        repo.get_issue(2)
    assert caught.value.status == 410
