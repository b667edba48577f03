"""A drill's kills hit the process that is being served, at the chosen point of its request."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import Client, until
from tests.sandbox.conftest import options

CLIENT = """
import sys, requests
session = requests.Session()
session.trust_env = False
body = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": sys.argv[2]}}
login = ("afteraction@acme.example", "sandbox-jira-token")
session.get(sys.argv[1] + "/jira/rest/api/2/myself", auth=login)
print(session.post(sys.argv[1] + "/jira/rest/api/2/issue", json=body, auth=login).status_code, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def drill() -> Iterator[Sandbox]:
    with Sandbox(options(allow_kills=True)) as sandbox:
        yield sandbox


@pytest.fixture
def plan(drill: Sandbox) -> Iterator[Client]:
    drill.world.reset(["issues", "stats", "faults", "kills"])
    with Client(drill.url) as client:
        yield client


@contextmanager
def process(url: str, summary: str = "Do it") -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", CLIENT, url, summary]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.parametrize(
    ("point", "stored"), [("before_request", 0), ("on_arrival", 1), ("after_commit", 1), ("after_answer", 1)]
)
def test_the_client_dies_at_the_point_and_the_issue_is_there_or_not(plan: Client, point: str, stored: int) -> None:
    plan.control("POST", "/kill-plan", {"points": {point: 1}, "match": {"creates_only": True}})
    own = {"children_of": [os.getpid()]}
    plan.control("POST", "/kill-plan", {"candidates": own})
    with process(plan.url) as child:
        assert child.wait(timeout=10) == -signal.SIGKILL
    assert len(plan.issues("jira")) == stored
    (kill,) = plan.control("GET", "/kills.json").json()
    assert (kill["point"], kill["pid"], kill["signal"]) == (point, child.pid, "SIGKILL")
    assert (kill["method"], kill["path"], kill["scope"]) == ("POST", "/issue", "PAY")


def test_a_doomed_request_suffers_no_fault_besides(plan: Client) -> None:
    plan.fault("error_before", methods=["POST"])
    own = {"children_of": [os.getpid()]}
    plan.control("POST", "/kill-plan", {"points": {"after_commit": 1}, "candidates": own})
    with process(plan.url) as child:
        assert child.wait(timeout=10) == -signal.SIGKILL
    assert len(plan.issues("jira")) == 1


def test_who_is_no_candidate_lives_and_reading_kills_nobody(plan: Client) -> None:
    plan.control("POST", "/kill-plan", {"points": {"on_arrival": 5}, "candidates": {"pids": [1]}})
    with process(plan.url) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"201\n"
    assert plan.control("GET", "/kills.json").json() == []


def test_the_same_request_dies_only_as_often_as_the_plan_allows(plan: Client) -> None:
    own = {"children_of": [os.getpid()]}
    plan.control("POST", "/kill-plan", {"points": {"before_request": 9}, "per_request": 2, "candidates": own})
    for _ in range(2):
        with process(plan.url) as child:
            assert child.wait(timeout=10) == -signal.SIGKILL
    with process(plan.url) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"201\n"
    assert plan.control("GET", "/kill-plan").json()["points"] == {"before_request": 7}


def test_a_stopped_client_wakes_up_again_and_finds_its_answer(plan: Client) -> None:
    own = {"children_of": [os.getpid()]}
    stop = {"points": {"on_arrival": 1}, "seconds": 0.5}
    plan.control("POST", "/kill-plan", {"stop": stop, "candidates": own})
    with process(plan.url) as child:
        until(lambda: plan.control("GET", "/kills.json").json())
        until(lambda: len(plan.issues("jira")) == 1)
        assert child.stdout is not None
        assert child.stdout.readline() == b"201\n"
    assert plan.control("GET", "/kills.json").json()[0]["signal"] == "SIGSTOP"


@pytest.mark.parametrize("body", [{"points": {"sometime": 1}}, {"pointz": {}}, {"stop": {"points": {"never": 1}}}])
def test_a_plan_that_makes_no_sense_is_refused_with_a_sentence(plan: Client, body: dict[str, object]) -> None:
    answer = plan.control("POST", "/kill-plan", body)
    assert answer.status_code == 400
    assert "Unknown" in answer.json()["error"]


def test_a_sandbox_that_was_not_started_for_drills_takes_no_plan(client: Client) -> None:
    answer = client.control("POST", "/kill-plan", {"points": {"on_arrival": 1}})
    assert answer.status_code == 400
    assert "--allow-kills" in json.loads(answer.text)["error"]


def lives(plan: Client, **values: object) -> None:
    own = {"children_of": [os.getpid()]}
    told = plan.control("POST", "/kill-plan", {"points": {"on_arrival": 3}, "candidates": own, **values})
    assert told.status_code == 200, told.text
    with process(plan.url) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"201\n"
    assert plan.control("GET", "/kills.json").json() == []


def test_a_plan_for_another_tracker_or_by_no_chance_kills_nobody(plan: Client) -> None:
    lives(plan, match={"trackers": ["github"]})
    lives(plan, match={"trackers": []}, probability=0.0, seed=7)


def test_a_plan_that_was_cleared_kills_nobody_and_is_none(plan: Client) -> None:
    plan.control("POST", "/kill-plan", {"points": {"on_arrival": 3}, "candidates": {"children_of": [os.getpid()]}})
    assert plan.control("DELETE", "/kill-plan").status_code == 204
    assert plan.control("GET", "/kill-plan").json() == {}
    with process(plan.url) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"201\n"


def test_a_client_that_froze_before_its_request_arrives_late_and_is_served(plan: Client) -> None:
    stop = {"points": {"before_request": 1}, "seconds": 0.3}
    plan.control("POST", "/kill-plan", {"stop": stop, "candidates": {"children_of": [os.getpid()]}})
    with process(plan.url) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"201\n"
    (kill,) = plan.control("GET", "/kills.json").json()
    assert (kill["point"], kill["signal"]) == ("before_request", "SIGSTOP")
    assert len(plan.issues("jira")) == 1
