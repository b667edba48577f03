"""As a process: it says where it listens, ends on a signal, and finds its state again."""

import concurrent.futures
import json
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.sandbox.options import parse
from connectors.sandbox.running import PortTakenError, Sandbox
from connectors.sandbox.seed import SeedError, parse_seed
from tests.sandbox.client import REPO, Client, until
from tests.sandbox.conftest import options


@contextmanager
def sandbox(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "connectors.sandbox", "--port", "0", "--smtp-port", "0"]
    command += ["--state", str(folder / "state"), "--ready-file", str(ready), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        try:
            until(ready.exists, seconds=20)
            yield child, json.loads(ready.read_text())
        finally:
            child.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_state_survives_the_end_of_the_process_however_it_comes(tmp_path: Path, number: signal.Signals) -> None:
    with sandbox(tmp_path) as (child, found), Client(found["url"]) as client:
        client.new_jira("Kept", labels=["pm"], description="Why")
        client.control("POST", "/jira/issues/PAY-1", {"status": "Done", "comment": "hi"})
        client.new_jira("Gone")
        client.jira("DELETE", "/issue/PAY-2")
        client.new_github("Kept too", labels=["pm"])
        client.control("POST", f"/github/repos/{REPO}", {"full_name": "acme/billing"})
        with smtplib.SMTP("127.0.0.1", found["smtp_port"], timeout=5) as smtp:
            smtp.sendmail("a@x.example", ["b@x.example"], "Subject: kept\r\n\r\nbody")
        before = client.control("GET", "/issues.json").json()
        child.send_signal(number)
        assert child.wait(timeout=10) == (0 if number != signal.SIGKILL else -signal.SIGKILL)
    with sandbox(tmp_path) as (_, found), Client(found["url"]) as client:
        after = client.control("GET", "/issues.json").json()
        for entry in (entry for dump in (before, after) for each in dump.values() for entry in each):
            entry.pop("url")
        assert after == before
        assert client.found("labels = pm") == ["PAY-1"]
        assert client.new_jira("Next") == "PAY-3"
        assert client.new_github("Next", repo="acme/billing")["number"] == 2
        assert [each["subject"] for each in client.session.get(f"{found['url']}/mailbox.json", timeout=5).json()] == [
            "kept"
        ]


def test_secrets_may_come_from_the_environment_and_do_not_print() -> None:
    environment = {"SANDBOX_WEBHOOK_JIRA_SECRET": "hush", "SANDBOX_WEBHOOK_GITHUB_SECRET": "quiet"}
    found = parse(["--webhook-jira", "http://x.example/hooks/jira", "--smtp-port", "-1"], environment)
    assert found.webhook_jira_secret == "hush"
    assert found.smtp_port is None
    assert set(found.hooks()) == {"jira"}
    assert "hush" not in repr(found)
    assert "hush" not in repr(found.hooks())


def test_many_clients_at_once_lose_and_double_nothing(client: Client) -> None:
    def create(worker: int) -> list[str]:
        with Client(client.url) as own:
            return [own.new_jira(f"{worker}/{n}") for n in range(10)]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        keys = [key for found in pool.map(create, range(16)) for key in found]
    assert len(set(keys)) == len(keys) == 160
    assert sorted(each["title"] for each in client.issues("jira")) == sorted(
        f"{w}/{n}" for w in range(16) for n in range(10)
    )


def test_connections_are_kept_alive_and_answer_what_is_wrong(client: Client) -> None:
    assert client.jira("GET", "/myself").headers.get("Connection") is None
    assert client.jira("POST", "/issue", data="{not json").status_code == 400
    assert client.jira("GET", "/nothing").status_code == 404
    assert client.session.head(f"{client.url}/", timeout=5).status_code == 200
    assert client.jira("GET", "/myself").status_code == 200


def test_a_stopped_sandbox_hangs_up() -> None:
    running = Sandbox(options())
    running.start()
    with Client(running.url) as client:
        assert client.jira("GET", "/myself").status_code == 200
        running.stop()
        with pytest.raises(requests.ConnectionError):
            client.jira("GET", "/myself")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"jira": {"projects": [{"key": "A", "name": "A", "colour": "red"}]}}, "unknown key colour"),
        ({"jira": {"users": [{"name": "Ann"}]}}, "account_id"),
        (
            {"jira": {"projects": [{"key": "A", "name": "A", "statuses": [{"name": "x", "category": "later"}]}]}},
            "category 'later'",
        ),
    ],
)
def test_a_seed_with_a_fault_is_refused_by_name(document: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SeedError, match=sentence):
        parse_seed(document)


def test_a_taken_port_is_named_with_the_option_that_changes_it(shared: Sandbox) -> None:
    port = int(shared.url.rpartition(":")[2])
    with pytest.raises(PortTakenError, match=f"Port {port} is in use by another program. Give another one with --port"):
        Sandbox(options(port=port))
    with pytest.raises(PortTakenError, match="--smtp-port"):
        Sandbox(options(smtp_port=shared.smtp_port))
