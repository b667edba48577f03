"""What the connector asks, against what GitHub publishes about its API; and what the stand-in answers, too.

Where the two disagree GitHub is right. What the published description itself gets wrong is named here, one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from graphql import GraphQLSchema, build_schema, parse, validate
from graphql.execution.values import get_variable_values
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from connectors import http
from connectors.github import hooks, queries
from connectors.github.tracker import GithubTracker
from connectors.sandbox.running import Sandbox
from connectors.spi import Account, Category, Ignored, Place, Touched
from tests.connectors_github.calls import PAYMENTS, START, act, cloud, draft, enterprise, followed
from tests.connectors_github.test_app import APP, app_sandbox, keys
from tests.support.published import GITHUB_GRAPHQL, GITHUB_REST, GITHUB_WEBHOOKS, need

pytestmark = pytest.mark.system
__all__ = ["keys"]
Exchange = tuple[requests.PreparedRequest, requests.Response]

# The description's own faults, or what it leaves out, by what the validator says.
DESCRIPTION_FAULTS = (
    r"^None is not one of \['completed', 'reopened', 'not_planned', 'duplicate'\]$",  # nullable, but not in its enum
    r"ResponseNotFound.*'304'",  # of the list, which GitHub's guide to conditional requests promises
    r"ResponseNotFound.*'307'",  # of a write to a renamed repository, which GitHub's guide to redirects promises
)
# What a redirect names; its own path is described nowhere.
UNDESCRIBED = re.compile(r"/repositories/\d+")
# The stand-in's account and repository are shorter than GitHub's; what the connector reads of them is complete.
ABBREVIATED = re.compile(r"^GET (/user|/repos/[^/]+/[^/]+)$")


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(need(GITHUB_GRAPHQL, "schema.graphql").read_text(encoding="utf-8"), assume_valid=True)


@pytest.fixture
def exchanges(monkeypatch: pytest.MonkeyPatch) -> list[Exchange]:
    """Every request that leaves through our adapter, with its answer."""
    seen: list[Exchange] = []
    send = http.DeadlineAdapter.send

    def recorded(self: http.DeadlineAdapter, request: requests.PreparedRequest, *args: Any, **more: Any) -> Any:
        response = send(self, request, *args, **more)
        seen.append((request, response))
        return response

    monkeypatch.setattr(http.DeadlineAdapter, "send", recorded)
    return seen


def described(name: str, base: str) -> OpenAPI:
    document = json.loads(need(GITHUB_REST, f"generated/{name}.json").read_bytes())
    document["servers"] = [{"url": base}]
    return OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


def everything(github: GithubTracker, sandbox: Sandbox, issue_type: str | None, *, parents: bool) -> None:
    """Each thing that the connector can do, once."""
    place = Place(PAYMENTS.name, issue_type)
    github.check()
    github.credential()
    github.describe(place)
    made = github.create(place, draft(labels=("x",), assignee=Account("dana-okafor"))).issue
    second = github.create(PAYMENTS, draft("m2", parent=made.ref if parents else None)).issue
    _, cursor = followed(github, None)
    followed(github, cursor)
    github.find(PAYMENTS, "m1", START)
    github.find(PAYMENTS, "never", START)
    github.look_up(made.url)
    github.rewrite(made.ref, "A", "b", "m1")
    comment = github.comment(made.ref, "c", "x", None)
    github.comment(made.ref, "c", "y", comment)
    github.comments_with(made.ref, "c")
    for category in (Category.DONE, Category.DECLINED, Category.TODO):
        github.transition(made.ref, category)
    github.close_as_duplicate(second.ref, made, "The same.")
    followed(github, cursor)
    third, fourth = (github.create(PAYMENTS, draft(marker)).issue for marker in ("m3", "m4"))
    act(sandbox, "issues/acme/payments/3", transfer="acme/checkout-web")
    act(sandbox, "issues/acme/payments/4", delete=True)
    github.read([made.ref, third.ref, f"I_x:{third.key}", fourth.ref])
    act(sandbox, "repos/acme/payments", full_name="acme/billing")
    github.create(PAYMENTS, draft("m5"))
    github.describe(place)


@pytest.mark.parametrize(
    ("description", "face", "make", "issue_type"),
    [("api.github.com", "github", cloud, "Task"), ("ghes-3.19", "ghes", enterprise, "Task")],
    ids=["github.com", "enterprise"],
)
def test_every_request_and_every_answer_is_as_github_describes_it(
    sandbox, exchanges, description, face, make, issue_type
):
    api = described(description, f"{sandbox.url}/{face}/api/v3")
    everything(make(sandbox), sandbox, issue_type, parents=face == "github")
    rest = [pair for pair in exchanges if not str(pair[0].url).endswith("/graphql")]
    faults = [fault for pair in rest for fault in _faults(api, pair)]
    assert len({_named(request) for request, _ in rest}) >= 20
    assert not faults, "\n".join(dict.fromkeys(faults))


def test_every_request_of_an_app_is_as_github_describes_it(exchanges, keys, tmp_path, monkeypatch):
    with app_sandbox(keys, tmp_path) as sandbox:
        monkeypatch.setenv("GITHUB_APP_KEY", keys[0])
        api = described("api.github.com", f"{sandbox.url}/github/api/v3")
        github = cloud(sandbox, **APP)
        github.check()
        github.describe(PAYMENTS)
        github.create(PAYMENTS, draft())
    faults = [fault for pair in exchanges for fault in _faults(api, pair)]
    assert {"GET /app", "GET /repos/acme/payments/installation"} <= {_named(request) for request, _ in exchanges}
    assert not [fault for fault in faults if "asked" in fault or "access_tokens" in fault], faults


def test_request_that_is_wrong_would_be_found():
    api = described("api.github.com", "https://api.github.com")
    wrong = {"title": 5.5}, {"body": "no title"}, {"title": "x", "assignees": "dana"}
    for body in wrong:
        asked = requests.Request("POST", "https://api.github.com/repos/o/n/issues", json=body).prepare()
        assert list(api.iter_request_errors(RequestsOpenAPIRequest(asked))), body


def _named(request: requests.PreparedRequest) -> str:
    path = str(request.url).partition("/api/v3")[2].partition("?")[0]
    return f"{request.method} {path}"


def _faults(api: OpenAPI, pair: Exchange) -> list[str]:
    request, response = pair
    name = _named(request)
    if UNDESCRIBED.search(name):
        return []
    asked = RequestsOpenAPIRequest(request)
    said = [f"asked: {each}" for error in api.iter_request_errors(asked) for each in _words(error)]
    if not (response.ok and ABBREVIATED.match(name)):
        answered = RequestsOpenAPIResponse(response)
        words = [each for error in api.iter_response_errors(asked, answered) for each in _words(error)]
        said += [f"answered {response.status_code}: {each}" for each in words if not _is_the_descriptions(each)]
    return [f"{name} {each}" for each in said]


def _is_the_descriptions(words: str) -> bool:
    return any(re.search(fault, words) for fault in DESCRIPTION_FAULTS)


def _words(error: Any) -> list[str]:
    """What the validator found, down to each member."""
    inner = getattr(error, "schema_errors", None) or ([error.__cause__] if error.__cause__ else [])
    found = [each.message if hasattr(each, "message") else word for each in inner for word in _words_of(each)]
    return found or [repr(error)]


def _words_of(error: Any) -> list[str]:
    return [error.message] if hasattr(error, "message") else _words(error)


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (queries.nodes(duplicates=True), {"ids": ["I_1"]}),
        (queries.nodes(duplicates=False), {"ids": ["I_1"]}),
        (
            queries.changed(duplicates=True),
            {"owner": "o", "name": "n", "since": "2026-01-01T00:00:00Z", "label": "x", "after": None},
        ),
        (queries.NEWEST, {"owner": "o", "name": "n"}),
        (queries.by_numbers(range(1, 51), duplicates=True), {"owner": "o", "name": "n"}),
        (queries.PARENT, {"id": "I_1"}),
        (queries.ADD_SUB_ISSUE, {"parent": "I_1", "child": "I_2"}),
    ],
    ids=["nodes", "nodes before 3.17", "changed", "newest", "by number", "parent", "add sub-issue"],
)
def test_every_query_is_valid_by_githubs_schema(schema, query, variables):
    document = parse(query)
    assert validate(schema, document) == []
    (operation,) = (each for each in document.definitions if each.kind == "operation_definition")
    assert not isinstance(get_variable_values(schema, operation.variable_definitions, variables), list)


def test_everything_that_is_read_of_a_node_may_be_absent_only_where_githubs_schema_says_so(schema):
    issue = schema.get_type("Issue")
    required = {name for name, field in issue.fields.items() if str(field.type).endswith("!")}
    assert {"id", "number", "title", "body", "state", "createdAt", "updatedAt", "repository"} <= required
    assert str(issue.fields["stateReason"].args["enableDuplicate"].type) == "Boolean"


@pytest.fixture(scope="module")
def webhooks() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(need(GITHUB_WEBHOOKS, "generated/api.github.com.json").read_bytes())
    return document


def _events(webhooks: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(event, action, schema of the body) of everything that is about issues and their comments."""
    for name, hook in webhooks["webhooks"].items():
        found = re.fullmatch(r"(issues|issue-comment)-(.+)", name)
        if found:
            body = hook["post"]["requestBody"]["content"]["application/json"]["schema"]
            yield found[1].replace("-", "_"), found[2].replace("-", "_"), _resolved(webhooks, body)


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    merged: dict[str, Any] = {"required": [], "properties": {}}
    for each in [node, *(_resolved(document, part) for part in node.get("allOf", ()))]:
        merged["required"] = [*merged["required"], *each.get("required", ())]
        merged["properties"] = {**merged["properties"], **each.get("properties", {})}
    return merged


def test_every_webhook_about_an_issue_names_it_in_the_way_that_is_read(webhooks):
    seen = 0
    for event, action, body in _events(webhooks):
        issue = _resolved(webhooks, body["properties"]["issue"])
        repository = _resolved(webhooks, body["properties"]["repository"])
        assert {"issue", "repository", "action"} <= set(body["required"]), (event, action)
        assert {"node_id", "number"} <= set(issue["required"]), (event, action)
        assert "full_name" in repository["required"], (event, action)
        told = {
            "action": action,
            "issue": {"node_id": "I_1", "number": 1},
            "repository": {"full_name": "o/n"},
        }
        touched = hooks.touched({"x-github-event": event}, json.dumps(told).encode())
        assert touched == Touched(("I_1:o/n#1",), f"{event}.{action}")
        seen += 1
    assert seen >= 15
    assert isinstance(hooks.touched({"x-github-event": "star"}, b"{}"), Ignored)
