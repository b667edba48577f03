"""`emulate`, a GitHub that others wrote, as a process of its own. Its state is in memory, and nothing is reset.

It is asked through a proxy that can let requests go wrong.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from connectors.conformance.fault_proxy import FaultProxy, fault_proxy
from tests.support.published import EMULATE, need
from tests.support.system import missing
from tests.support.waiting import find_free_port, until

TOKEN = "emulated-token"
SEED = f"""
tokens:
  {TOKEN}: {{login: keeper, scopes: [repo, user]}}
github:
  users:
    - {{login: keeper, name: Keeper, email: keeper@example.test}}
    - {{login: erika, name: Erika, email: erika@example.test}}
  repos:
    - {{owner: keeper, name: promises, description: d, private: true, auto_init: true}}
    - {{owner: keeper, name: open, description: d, private: false, auto_init: true}}
"""


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultProxy]:
    script, node = need(EMULATE, "dist/index.js"), shutil.which("node")
    if node is None:
        missing("Node", "install Node 20 or newer.")
    seed = tmp_path_factory.mktemp("emulate") / "seed.yaml"
    seed.write_text(SEED, encoding="utf-8")
    port = find_free_port()
    with fault_proxy(port) as proxy:
        # The address that it gives itself must be the client's: PyGithub refuses answers that name another host.
        options = ["start", "--service", "github", "--port", str(port), "--base-url", proxy.url, "--seed", str(seed)]
        quiet, known = subprocess.DEVNULL, _environment(seed.parent)
        process = subprocess.Popen([node, str(script), *options], stdout=quiet, stderr=quiet, env=known)
        try:
            until(lambda: _answers(f"http://127.0.0.1:{port}"), 30, "emulate answers")
            yield proxy
        finally:
            process.terminate()
            process.wait(timeout=10)


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(home)}


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/rate_limit", timeout=2).status_code < 500
    except requests.RequestException:
        return False
