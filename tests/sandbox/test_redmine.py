"""The stand-in Redmine answers as Redmine does where a connector must know: what it ignores, hides and refuses."""

from typing import Any

import pytest

from tests.sandbox.client import Client

NOBODY = {"X-Redmine-API-Key": "wrong"}


def change(client: Client, where: str, **values: Any) -> None:
    answer = client.control("POST", f"/redmine/{where}", values)
    assert answer.status_code == 200, answer.text


def listed(client: Client, **asked: Any) -> list[str]:
    answer = client.redmine("GET", "/issues.json", params=asked)
    return [each["subject"] for each in answer.json()["issues"]]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"subject": " "}, "Subject cannot be blank"),
        ({"subject": "x" * 256}, "Subject is too long"),
        ({"due_date": "tomorrow"}, "Due date is not a valid date"),
        ({"due_date": "2026-02-30"}, "Due date is not a valid date"),
        ({"due_date": "2020-01-01"}, "Due date must be greater than start date"),
        ({"tracker_id": 99}, "Tracker cannot be blank"),
        ({"priority_id": 99}, "Priority cannot be blank"),
        ({"assigned_to_id": 8}, "Assignee is invalid"),
        ({"parent_issue_id": 99}, "Parent task is invalid"),
        ({"project_id": "none"}, "Project cannot be blank"),
        ({"project_id": "platform"}, "Severity cannot be blank"),
        ({"project_id": "platform", "custom_fields": [{"id": 2, "value": "odd"}]}, "Severity is not included"),
    ],
)
def test_an_issue_that_redmine_would_not_take_is_422_with_all_that_is_wrong(
    client: Client, values: dict[str, Any], words: str
) -> None:
    issue = {"project_id": "payments", "subject": "Do it", **values}
    refused = client.redmine("POST", "/issues.json", {"issue": issue})
    assert refused.status_code == 422
    assert words in " ".join(refused.json()["errors"])
    assert client.issues("redmine") == []


def test_a_body_that_is_none_is_400(client: Client) -> None:
    for body in ({}, {"issue": 7}, [1]):
        assert client.redmine("POST", "/issues.json", body).status_code == 400
    assert (
        client.session.post(
            f"{client.url}/redmine/issues.json",
            data="{",
            headers={"X-Redmine-API-Key": "sandbox-redmine-key"},
            timeout=5,
        ).status_code
        == 400
    )


def test_the_list_shows_open_ones_unless_all_are_asked_for_and_filters_and_sorts(client: Client) -> None:
    for subject in ("First", "Second", "Third"):
        client.new_redmine(subject, description=f"All about {subject}", custom_fields=[{"id": 1, "value": subject}])
    change(client, "issues/2", status="Closed")
    assert listed(client) == ["Third", "First"]
    assert listed(client, status_id="*") == ["Third", "Second", "First"]
    assert listed(client, status_id="*", sort="updated_on:desc") == ["Second", "Third", "First"]
    assert listed(client, status_id="*", sort="created_on") == ["First", "Second", "Third"]
    assert listed(client, issue_id="1,3") == ["Third", "First"]
    assert listed(client, project_id="platform") == listed(client, project_id="none") == []
    assert listed(client, description="~about f") == ["First"]
    assert listed(client, cf_1="Third") == ["Third"]
    assert listed(client, updated_on=">=2090-01-01T00:00:00Z") == []
    assert client.redmine("GET", "/issues.json", params={"updated_on": ">=then"}).status_code == 422
    page = client.redmine("GET", "/issues.json", params={"status_id": "*", "limit": 2, "offset": 2}).json()
    assert ([each["id"] for each in page["issues"]], page["total_count"]) == ([1], 3)


def test_who_is_not_known_lists_nothing_and_may_not_write(client: Client) -> None:
    client.new_redmine()
    asked = client.redmine("GET", "/issues.json", headers=NOBODY)
    assert (asked.status_code, asked.json()["issues"]) == (200, [])
    for method, path in (
        ("GET", "/users/current.json"),
        ("POST", "/issues.json"),
        ("GET", "/issues/1.json"),
        ("PUT", "/issues/1.json"),
        ("GET", "/projects/payments.json"),
    ):
        body = {"issue": {"project_id": "payments", "subject": "x"}}
        assert client.redmine(method, path, body, headers=NOBODY).status_code == 401, path


def test_what_is_hidden_from_us_is_403_and_what_is_not_there_404(client: Client) -> None:
    client.new_redmine()
    change(client, "projects/payments", hidden_from=["afteraction"])
    for path in ("/issues/1.json", "/projects/payments.json"):
        assert client.redmine("GET", path).status_code == 403
    for path in ("/issues/9.json", "/projects/none.json", "/roles/9.json"):
        assert client.redmine("GET", path).status_code == 404
    assert listed(client, status_id="*") == []


def test_a_change_that_the_role_forbids_is_204_and_ignored(client: Client) -> None:
    client.new_redmine()
    change(client, "projects/payments", permissions={"afteraction": ["view_issues"]})
    asked = client.redmine("PUT", "/issues/1.json", {"issue": {"subject": "New", "notes": "Seen"}})
    assert (asked.status_code, asked.text) == (204, "")
    shown = client.redmine("GET", "/issues/1.json", params={"include": "journals,allowed_statuses"}).json()["issue"]
    assert (shown["subject"], shown["journals"]) == ("Do it", [])
    assert [each["name"] for each in shown["allowed_statuses"]] == ["New"]
    assert client.redmine("POST", "/issues.json", {"issue": {"project_id": 1, "subject": "x"}}).status_code == 403


def test_a_status_that_is_none_is_passed_over_and_a_parent_set(client: Client) -> None:
    parent, child = client.new_redmine("Parent")["id"], client.new_redmine("Child")["id"]
    asked = {"issue": {"status_id": 99, "parent_issue_id": parent}}
    assert client.redmine("PUT", f"/issues/{child}.json", asked).status_code == 204
    shown = client.redmine("GET", f"/issues/{child}.json").json()["issue"]
    assert (shown["status"]["name"], shown["parent"]) == ("New", {"id": parent})


def test_notes_are_kept_in_order_and_edited_by_who_wrote_them(client: Client) -> None:
    client.new_redmine()
    client.redmine("PUT", "/issues/1.json", {"issue": {"notes": "Ours"}})
    change(client, "issues/1", comment="Theirs")
    assert client.redmine("PUT", "/journals/1.json", {"journal": {"notes": "Ours anew"}}).status_code == 204
    assert client.redmine("PUT", "/journals/2.json", {"journal": {"notes": "Mine"}}).status_code == 403
    assert client.redmine("PUT", "/journals/9.json", {"journal": {"notes": "x"}}).status_code == 404
    (issue,) = client.issues("redmine")
    assert [each["body"] for each in issue["comments"]] == ["Ours anew", "Theirs"]


def test_a_duplicate_is_related_once_and_to_another_issue_alone(client: Client) -> None:
    client.new_redmine()
    client.new_redmine("The same")

    def relate(to: int, kind: str = "duplicates") -> int:
        body = {"relation": {"issue_to_id": to, "relation_type": kind}}
        return client.redmine("POST", "/issues/2/relations.json", body).status_code

    assert [relate(2), relate(9), relate(1, "blocks")] == [422] * 3
    assert [relate(1), relate(1)] == [201, 422]
    shown = client.redmine("GET", "/issues/2.json", params={"include": "relations"}).json()["issue"]
    assert [each["issue_to_id"] for each in shown["relations"]] == [1]


def test_what_is_there_to_choose_from_is_told(client: Client) -> None:
    assert client.redmine("GET", "/trackers.json").json()["trackers"][0]["name"] == "Bug"
    found = client.redmine("GET", "/enumerations/issue_priorities.json").json()["issue_priorities"]
    assert found[-1]["name"] == "Immediate"
    user = client.redmine("GET", "/users/current.json", params={"include": "memberships"}).json()["user"]
    assert [each["project"]["name"] for each in user["memberships"]] == ["Payments", "Platform", "Open house"]
    assert "memberships" not in client.redmine("GET", "/users/current.json").json()["user"]
    assert "add_issues" in client.redmine("GET", "/roles/1.json").json()["role"]["permissions"]
    project = client.redmine("GET", "/projects/open-house.json").json()["project"]
    assert (project["is_public"], "trackers" in project) == (True, False)


def test_the_newest_number_is_given_again_once_its_issue_was_deleted(client: Client) -> None:
    client.new_redmine("Kept")
    client.new_redmine("Lost")
    change(client, "issues/2", delete=True)
    assert client.new_redmine("Another")["id"] == 2
    assert [(each["title"], each["deleted"]) for each in client.issues("redmine")] == [
        ("Kept", False),
        ("Lost", True),
        ("Another", False),
    ]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"colour": "red"}, "Unknown member 'colour'"),
        ({"as": "nobody"}, "There is no account nobody."),
        ({"status": "Gone"}, "There is no status 'Gone'"),
        ({"subject": " "}, "A subject is one line"),
        ({"due": "soon"}, "A due date is written as 2026-12-31."),
    ],
)
def test_a_persons_change_that_makes_no_sense_is_refused_with_a_sentence(
    client: Client, wanted: dict[str, str], words: str
) -> None:
    client.new_redmine()
    refused = client.control("POST", "/redmine/issues/1", wanted)
    assert (refused.status_code, words in refused.json()["error"]) == (400, True)
    assert client.control("POST", "/redmine/issues/1").status_code == 415
    assert client.control("POST", "/redmine/issues/9", wanted).status_code == 404
    assert client.control("POST", "/redmine/projects/none", {}).status_code == 404
    assert client.control("POST", "/redmine/projects/payments", {"colour": "red"}).status_code == 400
