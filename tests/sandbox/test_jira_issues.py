"""The stand-in Jira refuses and accepts what Jira Cloud does, in its words."""

import re
from pathlib import Path

import pytest

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import Client
from tests.sandbox.conftest import options

ADF = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Why"}]}]}


def create(client: Client, version: int = 2, **fields: object) -> tuple[int, dict[str, object]]:
    base = {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "Do it"}
    merged = {name: value for name, value in {**base, **fields}.items() if value != "absent"}
    answer = client.jira("POST", "/issue", {"fields": merged}, version=version)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"summary": "absent"}, {"summary": "You must specify a summary of the issue."}),
        ({"summary": "x" * 256}, {"summary": "Summary can't exceed 255 characters."}),
        ({"summary": "a\nb"}, {"summary": "The summary is invalid because it contains newline characters."}),
        ({"project": {"key": "NOPE"}}, {"project": "Specify a valid project ID or key"}),
        ({"issuetype": {"name": "Saga"}}, {"issuetype": "Specify a valid issue type"}),
        ({"labels": ["a b"]}, {"labels": "The label 'a b' contains spaces which is invalid."}),
        ({"assignee": {"id": "nobody"}}, {"assignee": "User 'nobody' cannot be assigned issues."}),
        ({"duedate": "soon"}, {"duedate": "Enter a date in the format yyyy-MM-dd, e.g. 2026-12-31"}),
        ({"priority": {"name": "P0"}}, {"priority": "The priority selected is invalid."}),
        ({"description": ADF}, {"description": "Operation value must be a string"}),
        (
            {"customfield_1": "x"},
            {"customfield_1": "Field 'customfield_1' cannot be set. It is not on the appropriate screen, or unknown."},
        ),
    ],
)
def test_a_field_that_jira_would_not_take_is_refused_by_name(
    client: Client, fields: dict[str, object], errors: dict[str, str]
) -> None:
    assert create(client, **fields) == (400, {"errorMessages": [], "errors": errors})
    assert client.issues("jira") == []


def test_version_3_wants_a_document_and_version_2_reads_it_as_text(client: Client) -> None:
    status, refused = create(client, version=3, description="plain")
    assert (status, list(refused["errors"])) == (400, ["description"])
    status, made = create(client, version=3, description=ADF)
    assert status == 201
    assert set(made) == {"id", "key", "self"}
    assert client.jira("GET", f"/issue/{made['key']}", version=3).json()["fields"]["description"] == ADF
    assert client.jira("GET", f"/issue/{made['key']}").json()["fields"]["description"] == "Why"


def test_a_required_custom_field_must_be_given_and_be_one_of_its_options(client: Client) -> None:
    sec = {"project": {"key": "SEC"}}
    assert create(client, **sec)[1]["errors"] == {"customfield_10050": "Risk class is required."}
    assert create(client, **sec, customfield_10050={"value": "Nope"})[0] == 400
    status, made = create(client, **sec, customfield_10050={"value": "Data"})
    assert status == 201
    fields = client.jira("GET", f"/issue/{made['key']}").json()["fields"]
    assert fields["customfield_10050"]["value"] == "Data"
    assert fields["priority"] is None


def test_createmeta_names_the_required_fields_and_their_values(client: Client) -> None:
    types = client.jira("GET", "/issue/createmeta/SEC/issuetypes").json()
    task = next(each for each in types["issueTypes"] if each["name"] == "Task")
    page = client.jira("GET", f"/issue/createmeta/SEC/issuetypes/{task['id']}", params={"maxResults": 3}).json()
    assert (len(page["fields"]), page["maxResults"]) == (3, 3)
    whole = client.jira("GET", f"/issue/createmeta/SEC/issuetypes/{task['id']}").json()["fields"]
    required = {each["fieldId"] for each in whole if each["required"]}
    assert required == {"project", "issuetype", "summary", "customfield_10050"}
    values = next(each for each in whole if each["fieldId"] == "customfield_10050")["allowedValues"]
    assert [each["value"] for each in values] == ["Operational", "Compliance", "Data"]


def test_properties_set_at_creation_come_back_only_when_asked_for(client: Client) -> None:
    body = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "x"}}
    body["properties"] = [{"key": "postmortem", "value": {"item": 7}}]  # type: ignore[assignment]
    key = client.jira("POST", "/issue", body).json()["key"]
    assert "properties" not in client.jira("GET", f"/issue/{key}").json()
    asked = client.jira("GET", f"/issue/{key}", params={"properties": "postmortem,other"}).json()
    assert asked["properties"] == {"postmortem": {"item": 7}}


def test_an_edit_changes_what_it_names_and_an_empty_one_does_not_even_touch_updated(client: Client) -> None:
    key = client.new_jira(labels=["a"])
    before = client.jira("GET", f"/issue/{key}").json()["fields"]["updated"]
    assert client.jira("PUT", f"/issue/{key}", {"fields": {"summary": "Do it"}}).status_code == 204
    assert client.jira("GET", f"/issue/{key}").json()["fields"]["updated"] == before
    change = {"fields": {"summary": "Do it well"}, "update": {"labels": [{"add": "b"}, {"remove": "a"}]}}
    assert client.jira("PUT", f"/issue/{key}", change).status_code == 204
    fields = client.jira("GET", f"/issue/{key}").json()["fields"]
    assert (fields["summary"], fields["labels"]) == ("Do it well", ["b"])
    assert fields["updated"] > before
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0100", fields["updated"])


def test_a_done_status_resolves_and_leaving_it_clears_the_resolution(client: Client) -> None:
    key = client.new_jira()
    offered = client.jira("GET", f"/issue/{key}/transitions").json()["transitions"]
    by_name = {each["name"]: each["id"] for each in offered}
    assert {each["name"]: each["to"]["statusCategory"]["key"] for each in offered}["Won't Do"] == "done"
    for name, resolution in (("Done", "Done"), ("Won't Do", "Won't Do"), ("In Progress", None)):
        body = {"transition": {"id": by_name[name]}}
        assert client.jira("POST", f"/issue/{key}/transitions", body).status_code == 204
        fields = client.jira("GET", f"/issue/{key}").json()["fields"]
        assert fields["status"]["name"] == name
        assert (fields["resolution"] or {}).get("name") == resolution
        assert (fields["resolutiondate"] is None) == (resolution is None)
    assert client.jira("POST", f"/issue/{key}/transitions", {"transition": {"id": "999"}}).status_code == 400


def test_comments_are_listed_written_and_edited_in_place(client: Client) -> None:
    key = client.new_jira()
    comment = client.jira("POST", f"/issue/{key}/comment", {"body": "first"})
    assert comment.status_code == 201
    path = f"/issue/{key}/comment/{comment.json()['id']}"
    assert client.jira("PUT", path, {"body": "second"}).json()["body"] == "second"
    listed = client.jira("GET", f"/issue/{key}/comment").json()
    assert (listed["total"], listed["comments"][0]["body"]) == (1, "second")
    assert listed["comments"][0]["author"]["accountId"] == "712020:afteraction"
    assert client.jira("PUT", f"/issue/{key}/comment/1", {"body": "x"}).status_code == 404
    assert client.jira("POST", f"/issue/{key}/comment", {"body": ""}).status_code == 400


def test_a_remote_link_with_the_same_global_id_is_replaced_not_added(client: Client) -> None:
    key = client.new_jira()
    link = {"globalId": "pm:1", "object": {"url": "https://x.example/1", "title": "One"}}
    assert client.jira("POST", f"/issue/{key}/remotelink", link).status_code == 201
    link["object"] = {"url": "https://x.example/2", "title": "Two"}
    assert client.jira("POST", f"/issue/{key}/remotelink", link).status_code == 200
    assert [each["object"]["title"] for each in client.jira("GET", f"/issue/{key}/remotelink").json()] == ["Two"]


def test_a_duplicate_link_shows_on_both_issues_from_its_own_side(client: Client) -> None:
    first, second = client.new_jira(), client.new_jira()
    body = {"type": {"name": "Duplicate"}, "inwardIssue": {"key": first}, "outwardIssue": {"key": second}}
    assert client.jira("POST", "/issueLink", body).status_code == 201
    (of_first,) = client.jira("GET", f"/issue/{first}").json()["fields"]["issuelinks"]
    (of_second,) = client.jira("GET", f"/issue/{second}").json()["fields"]["issuelinks"]
    assert of_first["outwardIssue"]["key"] == second
    assert of_second["inwardIssue"]["key"] == first
    assert client.jira("POST", "/issueLink", {**body, "type": {"name": "Nope"}}).status_code == 404


def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(client: Client) -> None:
    key = client.new_jira()
    number = client.jira("GET", f"/issue/{key}").json()["id"]
    client.control("POST", f"/jira/issues/{key}", {"move": "PLAT"})
    moved = client.jira("GET", f"/issue/{key}").json()
    assert (moved["id"], moved["key"]) == (number, "PLAT-1")


def test_a_deleted_issue_is_404_and_silently_absent_from_bulkfetch(client: Client) -> None:
    gone, kept = client.new_jira(), client.new_jira()
    assert client.jira("DELETE", f"/issue/{gone}").status_code == 204
    assert client.jira("GET", f"/issue/{gone}").status_code == 404
    body = {"issueIdsOrKeys": [kept, gone, "PAY-99"], "fields": ["summary", "status"]}
    found = client.jira("POST", "/issue/bulkfetch", body, version=3).json()["issues"]
    assert [each["key"] for each in found] == [kept]
    assert set(found[0]["fields"]) == {"summary", "status"}
    too_many = {"issueIdsOrKeys": [str(n) for n in range(101)]}
    assert client.jira("POST", "/issue/bulkfetch", too_many, version=3).status_code == 400


def test_people_are_found_by_name_and_shown_mail_only_and_may_be_assigned(client: Client) -> None:
    def names(query: str) -> list[str]:
        answer = client.jira("GET", "/user/assignable/search", params={"project": "PAY", "query": query})
        return [each["displayName"] for each in answer.json()]

    assert names("okafor") == ["Dana Okafor"]
    assert names("dana.okafor@acme.example") == ["Dana Okafor"]
    assert names("jonas.lind@acme.example") == []
    key = client.new_jira()
    assert client.jira("PUT", f"/issue/{key}/assignee", {"accountId": "712020:dana-okafor"}).status_code == 204
    assert client.jira("GET", f"/issue/{key}").json()["fields"]["assignee"]["displayName"] == "Dana Okafor"
    assert client.jira("PUT", f"/issue/{key}/assignee", {"accountId": "x"}).status_code == 400


def test_without_the_right_token_everything_but_server_info_is_401(client: Client) -> None:
    with Client(client.url, ("afteraction@acme.example", "wrong")) as stranger:
        assert stranger.jira("GET", "/myself").status_code == 401
        assert stranger.jira("GET", "/serverInfo").status_code == 401
    anonymous = client.session.get(f"{client.url}/jira/rest/api/2/serverInfo", timeout=5)
    assert anonymous.json()["deploymentType"] == "Cloud"
    assert client.session.get(f"{client.url}/jira/rest/api/2/myself", timeout=5).status_code == 401


def test_permissions_decide_between_404_403_and_an_empty_list(seed_file: Path) -> None:
    with Sandbox(options(seed_file=seed_file)) as sandbox, Client(sandbox.url, ("bot@x.example", "t")) as client:
        assert client.jira("GET", "/project/HIDE").status_code == 404
        assert [each["key"] for each in client.jira("GET", "/project").json()] == ["OPEN", "READ"]
        assert create(client, project={"key": "HIDE"})[0] == 400
        assert create(client, project={"key": "READ"})[0] == 403
        asked = {"permissions": "CREATE_ISSUES,BROWSE_PROJECTS", "projectKey": "READ"}
        held = client.jira("GET", "/mypermissions", params=asked).json()["permissions"]
        assert {name: each["havePermission"] for name, each in held.items()} == {
            "CREATE_ISSUES": False,
            "BROWSE_PROJECTS": True,
        }
        assert client.jira("GET", "/mypermissions").status_code == 400
        key = client.new_jira(project="OPEN")
        assert create(client, project={"key": "OPEN"}, assignee={"id": "bot"})[0] == 400
        done = client.jira("GET", f"/issue/{key}/transitions").json()["transitions"][-1]["id"]
        refused = client.jira("POST", f"/issue/{key}/transitions", {"transition": {"id": done}})
        assert refused.json()["errors"] == {"resolution": "Resolution is required."}
        wanted = {"transition": {"id": done}, "fields": {"resolution": {"name": "Won't Do"}}}
        assert client.jira("POST", f"/issue/{key}/transitions", wanted).status_code == 204
