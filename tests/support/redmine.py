"""A real Redmine of the test's own, from Debian's packages redmine, redmine-sqlite and puma; only they need root.

The package serves whatever stands in its own folder. A copy of that folder, with its own SQLite file, secret and
settings, is an instance that any user may run and throw away.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.system import missing
from tests.support.waiting import find_free_port, until

PACKAGE = Path("/usr/share/redmine")
SEED = Path(__file__).with_name("redmine_seed.rb")
RENDER = Path(__file__).with_name("redmine_render.rb")
BOT_KEY, PERSON_KEY, OUTSIDER_KEY = "b" * 40, "c" * 40, "d" * 40
STARTS_WITHIN = 120


@dataclass
class Redmine:
    """`ids` holds what the seed made: trackers, statuses, fields and users by name."""

    folder: Path
    port: int
    ids: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, document: Any = None, key: str = PERSON_KEY) -> Any:
        """What a person does, by the API and without the connector; the answer's JSON, or None."""
        body = None if document is None else json.dumps(document).encode()
        headers = {"X-Redmine-API-Key": key, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None

    def make_project(self, identifier: str) -> str:
        """A private project with the seed's trackers and members, for one test alone; its identifier."""
        known = {"trackers": [self.ids["trackers"][name] for name in ("Bug", "Audited")], "fields": self.ids["fields"]}
        project = {"name": identifier.capitalize(), "identifier": identifier, "is_public": False}
        project |= {"enabled_module_names": ["issue_tracking"], "tracker_ids": known["trackers"]}
        project |= {"issue_custom_field_ids": list(known["fields"].values())}
        self.call("POST", "/projects.json", {"project": project})
        member = {"user_id": self.ids["users"]["bot"], "role_ids": [self.ids["roles"]["Manager"]]}
        self.call("POST", f"/projects/{identifier}/memberships.json", {"membership": member})
        return identifier

    def rendered(self, texts: Sequence[str], formatting: str) -> list[str]:
        """The HTML that Redmine itself makes of each text in an issue's description."""
        given = json.dumps({"formatting": formatting, "texts": list(texts)})
        said = _rails(self.folder, self.port, ["bundle", "exec", "rails", "runner", str(RENDER)], given)
        return list(json.loads(next(line for line in said.splitlines() if line.startswith("[")))) if texts else []

    def answers(self) -> bool:
        try:
            return bool(self.call("GET", "/users/current.json"))
        except (OSError, ValueError):
            return False


def _environment(port: int) -> dict[str, str]:
    # Ruby's security update carries a Bundler that shadows Debian's patched one and does not find Debian's gems.
    own = {"BUNDLER_VERSION": "2.3.15", "RAILS_ENV": "production", "REDMINE_INSTANCE": "default", "LANG": "C.UTF-8"}
    keys = {"BOT_KEY": BOT_KEY, "PERSON_KEY": PERSON_KEY, "OUTSIDER_KEY": OUTSIDER_KEY}
    return {**os.environ, **own, **keys, "SCHEMA": "/dev/null", "REDMINE_HOST": f"127.0.0.1:{port}"}


def _rails(folder: Path, port: int, command: list[str], given: str = "") -> str:
    own = {"cwd": folder, "env": _environment(port), "input": given, "timeout": 300}
    done = subprocess.run(command, check=False, capture_output=True, text=True, **own)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)} failed: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def _built(folder: Path, port: int) -> dict[str, Any]:
    """An instance with its tables and its seed; what the seed made."""
    shutil.copytree(PACKAGE, folder, symlinks=True, ignore=shutil.ignore_patterns("instances", "Gemfile.lock"))
    (folder / "config" / "database.yml").unlink(missing_ok=True)
    gemfile = folder / "Gemfile"
    gemfile.write_text(gemfile.read_text().replace(f"{PACKAGE}/{{config", f"{folder}/{{config"))
    instance = folder / "instances" / "default"
    for name in ("config", "log", "tmp", "files", "public"):
        (instance / name).mkdir(parents=True)
    database = f"production:\n  adapter: sqlite3\n  database: {instance}/db.sqlite3\n  timeout: 10000\n"
    (instance / "config" / "database.yml").write_text(database)
    (instance / "config" / "secret_key.txt").write_text(os.urandom(32).hex())
    _rails(folder, port, ["bundle", "install", "--local", "--quiet"])
    _rails(folder, port, ["bundle", "exec", "rake", "db:migrate"])
    said = _rails(folder, port, ["bundle", "exec", "rails", "runner", str(SEED)])
    return dict(json.loads(next(line for line in said.splitlines() if line.startswith("{"))))


@pytest.fixture(scope="session")
def redmine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redmine]:
    if not (PACKAGE / "config.ru").exists() or shutil.which("puma") is None:
        missing("Redmine", "install the packages redmine, redmine-sqlite and puma.")
    folder, port = tmp_path_factory.mktemp("redmine") / "app", find_free_port()
    found = Redmine(folder, port, _built(folder, port))
    # SQLite locks: with more than one thread some of the requests that write at once are a 500.
    command = ["puma", "-e", "production", "-b", f"tcp://127.0.0.1:{port}", "-t", "1:1", "config.ru"]
    with (folder / "puma.log").open("wb") as log:
        found.process = subprocess.Popen(command, cwd=folder, env=_environment(port), stdout=log, stderr=log)
    try:
        until(found.answers, STARTS_WITHIN, "Redmine answers")
        yield found
    finally:
        found.process.terminate()
        found.process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)
