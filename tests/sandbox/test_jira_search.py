"""search/jql is bounded, paged by token, lags behind, and refuses what it does not know."""

import time

import pytest

from tests.sandbox.client import Client, until


def test_clauses_find_what_they_say(client: Client) -> None:
    first = client.new_jira("Alert on lag", labels=["pm", "pm-1"], assignee={"id": "712020:dana-okafor"})
    second = client.new_jira("Rotate the key", labels=["pm"], duedate="2026-12-01", description="the needle is here")
    other = client.new_jira("Elsewhere", project="PLAT")
    client.control("POST", f"/jira/issues/{second}", {"status": "Done"})
    number = client.jira("GET", f"/issue/{first}").json()["id"]
    for jql, expected in {
        "project = PAY ORDER BY key": [first, second],
        "project in (PAY, plat) ORDER BY created DESC": [other, second, first],
        'labels = "pm-1"': [first],
        "labels = pm AND status != Done": [first],
        "labels in (pm-1, nothing) or project = PLAT order by id": [first, other],
        "labels is EMPTY AND project is not empty": [other],
        f"key in ({first}, {second}) AND statusCategory = Done": [second],
        f"id = {number}": [first],
        "resolution = Unresolved AND project = PAY": [first],
        "assignee = 712020:dana-okafor": [first],
        "creator = currentUser() AND NOT labels = pm": [other],
        'due <= "2026-12-02"': [second],
        "text ~ needle": [second],
        'summary ~ "the key"': [second],
        "created >= -1d AND updated <= now() AND project = PLAT": [other],
        "project = PAY AND (status = Done OR labels = pm-1) ORDER BY key DESC": [second, first],
    }.items():
        assert client.found(jql) == expected, jql


def test_updated_takes_epoch_milliseconds_and_a_quoted_time_in_the_accounts_zone(client: Client) -> None:
    start = int(time.time() * 1000) - 1
    key = client.new_jira()
    assert client.found(f"project = PAY AND updated >= {start}") == [key]
    assert client.found(f"project = PAY AND updated >= {start + 60_000}") == []
    utc = time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() + 600))
    assert client.found(f'project = PAY AND updated >= "{utc}"') == [key], "read as an hour earlier than meant"


@pytest.mark.parametrize(
    ("jql", "sentence"),
    [
        ("", "Unbounded JQL"),
        ("order by created", "Unbounded JQL"),
        ("nonsense = 1", "Field 'nonsense' does not exist"),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("status = Odd", "The value 'Odd' does not exist for the field 'status'."),
        ("key = PAY-99", "An issue with key 'PAY-99' does not exist for field 'key'."),
        ("id in (424242)", "A value with ID '424242' does not exist for the field 'id'."),
        ("project = ", "Expecting a value but got the end of the query"),
        ("project PAY", "Expecting an operator but got 'PAY'"),
        ("project = PAY labels = x", "Expecting end of query"),
        ("labels > 3", "The operator '>' is not supported by the 'labels' field."),
        ('updated >= "yesterday-ish"', "Date value 'yesterday-ish' for field 'updated' is invalid."),
        ("project = PAY ORDER BY mood", "Not able to sort using field 'mood'."),
        ("(project = PAY", "Expecting ')'"),
        ("labels = 'open", "cannot stand here"),
    ],
)
def test_bad_jql_is_400_with_a_sentence(client: Client, jql: str, sentence: str) -> None:
    answer = client.jira("GET", "/search/jql", params={"jql": jql}, version=3)
    assert answer.status_code == 400
    assert sentence in answer.json()["errorMessages"][0]


def test_pages_follow_a_token_and_carry_no_total(client: Client) -> None:
    keys = [client.new_jira(f"Item {n}") for n in range(5)]
    body = {"jql": "project = PAY ORDER BY key", "maxResults": 2, "fields": ["summary"]}
    seen, pages = [], 0
    while True:
        page = client.jira("POST", "/search/jql", body, version=3).json()
        seen += [issue["key"] for issue in page["issues"]]
        pages += 1
        assert "total" not in page
        if page["isLast"]:
            break
        body["nextPageToken"] = page["nextPageToken"]
    assert (seen, pages) == (keys, 3)
    assert client.jira("POST", "/search/jql", {**body, "nextPageToken": "no"}, version=3).status_code == 400


def test_only_ids_come_unless_fields_are_asked_and_then_at_most_100(client: Client) -> None:
    for n in range(101):
        client.new_jira(f"Item {n}")
    ids = client.jira("GET", "/search/jql", params={"jql": "project = PAY", "maxResults": 5000}, version=3).json()
    assert len(ids["issues"]) == 101
    assert set(ids["issues"][0]) == {"id"}
    asked = {"jql": "project = PAY", "maxResults": 5000, "fields": "summary,status"}
    page = client.jira("GET", "/search/jql", params=asked, version=3).json()
    assert len(page["issues"]) == 100
    assert set(page["issues"][0]["fields"]) == {"summary", "status"}


def test_a_body_with_a_member_that_is_not_in_the_contract_is_400(client: Client) -> None:
    assert client.jira("POST", "/search/jql", {"jql": "project = PAY", "startAt": 0}, version=3).status_code == 400


def test_the_removed_search_is_410(client: Client) -> None:
    answer = client.jira("GET", "/search", params={"jql": "project = PAY"}, version=3)
    assert answer.status_code == 410
    assert "CHANGE-2046" in answer.json()["errorMessages"][0]


def test_with_lag_a_search_shows_the_past_while_reads_by_key_show_the_present(client: Client) -> None:
    old = client.new_jira("Old title", labels=["pm"])
    client.control("POST", "/settings", {"lags": {"jira/PAY": 0.4}})
    new = client.new_jira("New", labels=["pm"])
    client.jira("PUT", f"/issue/{old}", {"fields": {"summary": "New title"}})
    body = {"jql": "labels = pm", "fields": ["summary"]}
    lagging = client.jira("POST", "/search/jql", body, version=3).json()["issues"]
    assert [each["fields"]["summary"] for each in lagging] == ["Old title"]
    assert client.jira("GET", f"/issue/{old}").json()["fields"]["summary"] == "New title"
    number = int(client.jira("GET", f"/issue/{new}").json()["id"])
    assert new in client.found("labels = pm", reconcileIssues=[number])
    assert client.jira("POST", "/issue/bulkfetch", {"issueIdsOrKeys": [new]}, version=3).json()["issues"]
    until(lambda: sorted(client.found("labels = pm")) == sorted([old, new]))


def test_a_deletion_reaches_the_index_late_too(client: Client) -> None:
    key = client.new_jira(labels=["pm"])
    client.control("POST", "/settings", {"lags": {"jira": 0.3}})
    client.jira("DELETE", f"/issue/{key}")
    assert client.found("labels = pm") == [key]
    until(lambda: client.found("labels = pm") == [])
