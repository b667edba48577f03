"""What the demo's people do in the sandbox at its beginning, through its HTTP doors alone, each thing once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from service.cli.demo.expected import ADOPTED

ADOPTED_PLACE = "acme/checkout-web"
CALL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Act:
    """A person's change to the issue with a title. Its comment tells later that it was done."""

    title: str
    who: str
    comment: str
    changes: Mapping[str, str] = field(default_factory=dict)


ACTS = (
    Act(
        "Alert 21 days before any certificate of the payment path expires",
        "712020:mateo-silva",
        "The check runs in staging. What is missing is the chain that the acquirer serves.",
        {"status": "In Progress"},
    ),
    Act(
        "Check balances an hour after the settlement as well",
        "712020:dana-okafor",
        "The minute-by-minute report tells us sooner than a second balance check would, so we leave this one.",
        {"status": "Won't Do"},
    ),
    Act(
        "Read the basket from the database when the cache has none",
        "jlind",
        "Half done: reading works, what is left is to keep the database from being asked by everybody at once.",
    ),
    Act(
        "Turn the status page yellow when three checks fail in a row",
        "priya-raman",
        "Live since this morning. The rehearsal took four minutes from the first failed check to yellow.",
        {"state": "closed", "state_reason": "completed"},
    ),
)


class Sandbox:
    """The sandbox's HTTP doors, for a program that plays the people who use it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def issues(self) -> list[dict[str, Any]]:
        """Every issue of both trackers that is there."""
        answer = self._session.get(f"{self._url}/_sandbox/issues.json", timeout=CALL_SECONDS)
        answer.raise_for_status()
        found = answer.json()
        return [issue for tracker in ("jira", "github") for issue in found[tracker] if not issue["deleted"]]

    def filed_by_hand(self, token: str) -> str:
        """The address of the issue that Dana filed before the postmortem was final; files it if it is not there."""
        for issue in self.issues():
            if issue["title"] == ADOPTED:
                return str(issue["url"])
        answer = self._session.post(
            f"{self._url}/github/api/v3/repos/{ADOPTED_PLACE}/issues",
            json={
                "title": ADOPTED,
                "body": "Three customers asked support how to get their basket back. A button would have done.",
                "assignees": ["dana-okafor"],
            },
            headers={"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"},
            timeout=CALL_SECONDS,
        )
        answer.raise_for_status()
        return str(answer.json()["html_url"])

    def act(self, issue: Mapping[str, Any], act: Act) -> None:
        """Does it, unless its comment says that it was done."""
        if any(act.comment in comment["body"] for comment in issue["comments"]):
            return
        named = issue["key"] if issue["tracker"] == "jira" else f"{issue['scope']}/{issue['number']}"
        answer = self._session.post(
            f"{self._url}/_sandbox/{issue['tracker']}/issues/{named}",
            json={"as": act.who, "comment": act.comment, **act.changes},
            timeout=CALL_SECONDS,
        )
        answer.raise_for_status()


def act_all(sandbox: Sandbox, acts: Sequence[Act] = ACTS) -> bool:
    """Does what can be done now; False while an issue is not there yet."""
    by_title = {issue["title"]: issue for issue in sandbox.issues()}
    for act in acts:
        if act.title in by_title:
            sandbox.act(by_title[act.title], act)
    return all(act.title in by_title for act in acts)
