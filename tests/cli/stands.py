"""Each tracker as a configuration that holds before a stand-in of its own, for tests that put one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from connectors.sandbox.running import Sandbox
from connectors.spi import IssueDraft, Place
from tests.connectors.trackers.benches import make

BOT = "712020:afteraction"

FILE = """
[service]
base_url = "https://promises.example.com"

[trackers.it]
type = "{type}"
api_url = "{url}"
token_env = "IT_TOKEN"
{hook}
{more}

[targets.there]
tracker = "it"
place = "{place}"
issue_type = "{issue_type}"
constants = {constants}

[[routes]]
name = "all"
target = "there"
visibility = {visibility}

[[people]]
id = "dana"
name = "Dana Okafor"
email = "dana.okafor@acme.example"
accounts = {{ it = "{account}" }}
"""


@dataclass(frozen=True)
class Stand:
    """A tracker's kind. `picky`: a place where an issue needs a field, and a constant with an option that it lacks."""

    name: str
    type: str
    path: str
    stand_in: str
    token: str
    place: str
    account: str
    issue_type: str
    more: str = ""
    picky: tuple[str, str] = ("", "")
    webhooks: bool = True

    def write(self, folder: Path, sandbox: Sandbox, **wrong: Any) -> Path:
        values: dict[str, Any] = {
            "type": self.type,
            "url": f"{sandbox.url}/{self.path}",
            "more": self.more,
            "place": self.place,
            "issue_type": self.issue_type,
            "account": self.account,
            "constants": "{}",
            "visibility": '["internal"]',
            "hook": 'webhook_secret_env = "IT_HOOK"' if self.webhooks else "",
        }
        path = folder / "afteraction.toml"
        path.write_text(FILE.format(**{**values, **wrong}), encoding="utf-8")
        return path


_PICKY_JIRA = ("SEC", '{ customfield_10050 = { value = "Nuclear" } }')
CLOUD = Stand(
    *("Jira Cloud", "jira", "jira", "jira", "sandbox-jira-token", "PAY", "712020:dana-okafor", "Task"),
    more='user = "afteraction@acme.example"',
    picky=_PICKY_JIRA,
)
DATA_CENTER = Stand(
    *("Jira Data Center", "jira", "jira-dc", "jira-dc", "sandbox-jira-token", "PAY", "dana.okafor", "Task"),
    more='deployment = "data_center"',
    picky=_PICKY_JIRA,
)
GITHUB = Stand(
    *("GitHub", "github", "github/api/v3", "github", "sandbox-github-token", "acme/payments", "dana-okafor", "Task")
)
ENTERPRISE = Stand(
    *("GHES", "github", "ghes/api/v3", "github", "sandbox-github-token", "acme/payments", "dana-okafor", "Task")
)
GITLAB = Stand(*("GitLab", "gitlab", "gitlab", "gitlab", "sandbox-gitlab-token", "acme/payments", "32", "issue"))
REDMINE = Stand(
    *("Redmine", "redmine", "redmine", "redmine", "sandbox-redmine-key", "payments", "5", "Bug"),
    picky=("platform", '{ custom_fields = { 2 = "nuclear" } }'),
    webhooks=False,
)
STANDS = (CLOUD, DATA_CENTER, GITHUB, ENTERPRISE, GITLAB, REDMINE)


class World:
    """The sandbox's administrator, in the words that all stand-ins share."""

    def __init__(self, stand: Stand, sandbox: Sandbox) -> None:
        self.stand = stand
        self.sandbox = sandbox
        self.world = sandbox.world

    def forbid(self) -> None:
        """Our account may look at the place and do nothing in it."""
        everything = ["CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "TRANSITION_ISSUES"]
        self._change(jira={"denied": {BOT: everything}}, github={"pushers": ()})
        self._change(gitlab={"roles": {"afteraction-bot": 10}}, redmine={"permissions": {"afteraction": ()}})

    def archive(self) -> None:
        self._change(jira={"archived": True}, github={"archived": True}, gitlab={"archived": True})
        self._change(redmine={"status": 9})

    def publish(self) -> None:
        self._change(jira={"public": True}, github={"visibility": "public"}, gitlab={"visibility": "public"})
        self._change(redmine={"is_public": True})

    def without_an_end(self) -> None:
        """No issue of the place can be closed by us."""
        site = self.world.jira if self.stand is CLOUD else self.world.jira_dc
        if self.stand in (CLOUD, DATA_CENTER):
            site.projects["PAY"] = replace(site.projects["PAY"], statuses=site.projects["PAY"].statuses[:2])
            return
        kept = ("view_issues", "add_issues", "edit_own_issues", "add_issue_notes", "edit_own_issue_notes")
        self._change(redmine={"permissions": {"afteraction": kept}})
        table = {"api_url": f"{self.sandbox.url}/redmine", "token_env": "IT_TOKEN"}
        make("redmine", "it", table).create(Place("payments"), IssueDraft("Ours", "Open.", "abcd1234efgh5678"))

    def without_types(self) -> None:
        """An enterprise server from before there were issue types."""
        self.world.github.seed = replace(self.world.github.seed, enterprise_version="3.16.0")

    def skew(self, seconds: float) -> None:
        self.world.faults.add({"kind": "clock_skew", "tracker": self.stand.stand_in, "seconds": seconds})

    def issues(self) -> list[dict[str, Any]]:
        dumped: dict[str, list[dict[str, Any]]] = requests.get(
            f"{self.sandbox.url}/_sandbox/issues.json", timeout=10
        ).json()
        return [issue for issues in dumped.values() for issue in issues]

    def _change(self, **by_type: dict[str, Any]) -> None:
        wanted = by_type.get(self.stand.type)
        if wanted is None:
            return
        if self.stand.type == "jira":
            site = self.world.jira if self.stand is CLOUD else self.world.jira_dc
            site.projects["PAY"] = replace(site.projects["PAY"], **wanted)
            return
        places: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
            "github": (self.world.github.repo, self.world.github.keep_repo),
            "gitlab": (self.world.gitlab.project, self.world.gitlab.keep_project),
            "redmine": (self.world.redmine.project, self.world.redmine.keep_project),
        }
        find, keep = places[self.stand.type]
        keep(replace(find(self.stand.place), **wanted))
