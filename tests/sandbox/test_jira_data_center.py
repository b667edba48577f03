"""The stand-in Data Center answers as Jira's own clients expect, and unlike the one in the cloud where they differ."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import requests
from jira import JIRA, JIRAError

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import Client, until

TOKEN = "sandbox-jira-token"


class DataCenter:
    def __init__(self, url: str) -> None:
        self._url = f"{url}/jira-dc/rest"

    def __call__(self, method: str, path: str, body: Any = None, *, token: str = TOKEN) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, self._url + path, json=body, headers=headers, timeout=10)

    def new(self, summary: str = "Do it", **fields: Any) -> str:
        base = {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": summary}
        answer = self("POST", "/api/2/issue", {"fields": {**base, **fields}})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])


@pytest.fixture
def dc(shared: Sandbox, client: Client) -> DataCenter:
    return DataCenter(shared.url)


def test_the_jira_library_finds_a_data_center_and_works_with_it(shared: Sandbox, dc: DataCenter) -> None:
    jira = JIRA(f"{shared.url}/jira-dc", token_auth=TOKEN, max_retries=0)
    assert not jira._is_cloud
    assert jira.myself()["name"] == "afteraction"
    base = {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "Do it", "labels": ["pm-1"]}
    issue = jira.create_issue(fields={**base, "assignee": {"name": "dana.okafor"}})
    assert issue.fields.assignee.name == "dana.okafor"
    assert [each.key for each in jira.search_issues('labels = "pm-1"', fields="status")] == [issue.key]
    assert {each.name for each in jira.project_issue_types("PAY")} == {"Task", "Bug", "Story", "Epic"}
    assert "summary" in {each.fieldId for each in jira.project_issue_fields("PAY", "10001")}
    jira.transition_issue(issue, "Done", fields={"resolution": {"name": "Won't Do"}})
    assert jira.issue(issue.key).fields.resolution.name == "Won't Do"
    jira.assign_issue(issue, "mateo.silva")
    assert jira.issue(issue.key).fields.assignee.displayName == "Mateo Silva"
    with pytest.raises(JIRAError):
        jira.assign_issue(issue, "nobody")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/3/myself"), ("POST", "/api/2/search/jql"), ("POST", "/api/2/issue/bulkfetch")],
)
def test_what_only_the_cloud_has_is_not_there(dc: DataCenter, method: str, path: str) -> None:
    assert dc(method, path, {}).status_code in {404, 405}


def test_the_two_share_no_issue_and_no_fault(client: Client, dc: DataCenter) -> None:
    dc.new()
    assert client.jira("GET", "/issue/PAY-1").status_code == 404
    client.control("POST", "/faults", {"tracker": "jira-dc", "kind": "error_before", "status": 503, "next": 1})
    assert client.jira("GET", "/myself").status_code == 200
    assert dc("GET", "/api/2/myself").status_code == 503
    assert dc("GET", "/api/2/myself").status_code == 200
    dumped = client.control("GET", "/issues.json").json()
    assert ([each["key"] for each in dumped["jira-dc"]], dumped["jira"]) == (["PAY-1"], [])


def test_search_counts_from_a_start_and_refuses_an_issue_that_is_not_there_unless_told(dc: DataCenter) -> None:
    keys = [dc.new(f"Item {number}") for number in range(3)]
    page = dc("GET", "/api/2/search?jql=project=PAY order by key&startAt=1&maxResults=1").json()
    assert (page["startAt"], page["total"], [each["key"] for each in page["issues"]]) == (1, 3, keys[1:2])
    number = page["issues"][0]["id"]
    asked = f"jql=id in ({number}, 99999)"
    refused = dc("GET", f"/api/2/search?{asked}")
    assert (refused.status_code, "99999" in refused.text) == (400, True)
    found = dc("GET", f"/api/2/search?{asked}&validateQuery=false").json()
    assert [each["id"] for each in found["issues"]] == [number]
    posted = dc("POST", "/api/2/search", {"jql": "project = PAY", "maxResults": 2, "fields": ["status"]}).json()
    assert (len(posted["issues"]), posted["maxResults"], posted["total"]) == (2, 2, 3)
    assert set(posted["issues"][0]["fields"]) == {"status"}


def test_an_instant_is_compared_by_its_whole_second(dc: DataCenter) -> None:
    dc.new()
    text = dc("GET", "/api/2/issue/PAY-1?fields=updated").json()["fields"]["updated"]
    same_second = int(datetime.fromisoformat(text).timestamp()) * 1000 + 999
    assert dc("GET", f"/api/2/search?jql=updated >= {same_second}").json()["total"] == 1
    assert dc("GET", f"/api/2/search?jql=updated >= {same_second + 1}").json()["total"] == 0


def test_a_wrong_token_is_refused_and_a_name_with_its_password_is_not(shared: Sandbox, dc: DataCenter) -> None:
    refused = dc("GET", "/api/2/myself", token="wrong")
    assert refused.status_code == 401
    assert refused.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    url = f"{shared.url}/jira-dc/rest/api/2/myself"
    assert requests.get(url, auth=("afteraction", TOKEN), timeout=10).json()["name"] == "afteraction"
    assert requests.get(url, auth=("nobody", TOKEN), timeout=10).status_code == 401
    assert requests.get(url, timeout=10).status_code == 401


def test_tokens_are_listed_with_their_end(dc: DataCenter) -> None:
    (token,) = dc("GET", "/pat/latest/tokens").json()
    assert (token["name"], token["createdAt"] < token["expiringAt"]) == ("afteraction", True)


def test_an_epic_stands_in_a_field_of_its_own(dc: DataCenter) -> None:
    epic = dc.new("All of it", issuetype={"name": "Epic"})
    key = dc.new(customfield_10008=epic)
    assert dc("GET", f"/api/2/issue/{key}").json()["fields"]["customfield_10008"] == epic
    named = [each["name"] for each in dc("GET", "/api/2/field").json() if each["id"] == "customfield_10008"]
    assert named == ["Epic Link"]
    answer = dc("PUT", f"/api/2/issue/{key}", {"fields": {"parent": {"key": epic}}})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["parent"])


def test_an_archived_issue_is_in_no_search_and_still_there(client: Client, dc: DataCenter) -> None:
    key = dc.new()
    client.control("POST", f"/jira-dc/issues/{key}", {"archive": True})
    until(lambda: dc("GET", "/api/2/search?jql=project=PAY").json()["total"] == 0)
    shown = dc("GET", f"/api/2/issue/{key}").json()
    assert shown["fields"]["archiveddate"]
    refused = dc("PUT", f"/api/2/issue/{key}", {"fields": {"summary": "New"}})
    assert (refused.status_code, "archived" in refused.text) == (400, True)


def test_its_boards_and_issues_are_shown_apart(client: Client, shared: Sandbox, dc: DataCenter) -> None:
    key = dc.new("Only here")
    board = requests.get(f"{shared.url}/jira-dc/boards/PAY", timeout=10).text
    assert f'href="/jira-dc/browse/{key}"' in board
    assert "Only here" in requests.get(f"{shared.url}/jira-dc/browse/{key}", timeout=10).text
    assert "Only here" not in requests.get(f"{shared.url}/jira/boards/PAY", timeout=10).text
    assert client.control("POST", "/jira-dc/issues/PAY-99", {"delete": True}).status_code == 404
