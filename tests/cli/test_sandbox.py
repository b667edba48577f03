"""The `sandbox` command starts what it says, and says what is wrong with its seed or port."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from click.testing import CliRunner

from service.cli.main import cli
from tests.support.waiting import until


def test_it_runs_until_it_is_asked_to_stop(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = ["sandbox", "--port", "0", "--smtp-port", "0", "--ready-file", str(ready)]
    process = subprocess.Popen([sys.executable, "-m", "service.cli", *command], stdout=subprocess.DEVNULL)
    try:
        until(ready.exists, 30)
        with urllib.request.urlopen(json.loads(ready.read_text())["url"], timeout=5) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
    finally:
        process.kill()
        process.wait()


def test_a_seed_that_names_what_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"jira": {"users": [{"nickname": "x"}]}}')
    result = CliRunner().invoke(cli, ["sandbox", "--port", "0", "--smtp-port", "-1", "--seed", str(seed)])
    assert result.exit_code == 1
    assert result.output.startswith(f"The seed {seed} cannot be used (JiraUser")
    assert result.output.count("\n") == 1


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        result = CliRunner().invoke(cli, ["sandbox", "--port", str(port), "--smtp-port", "-1"])
    assert result.exit_code == 1
    assert result.output == f"Port {port} is in use by another program. Give another one with --port.\n"
