"""What moves an issue or puts it beside another one: a category, a parent, a duplicate. All may be repeated freely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.answers import Asked, not_understood
from connectors.github import mapping, queries
from connectors.github.client import GithubClient
from connectors.github.settings import GithubSettings
from connectors.github.versions import DUPLICATES, SUB_ISSUES, has
from connectors.github.writing import GithubWriting, shown
from connectors.spi import Category, ConnectorError, Created, IssueRef, Missing, Rejected

_CLOSING = {Category.DONE: "completed", Category.DECLINED: "not_planned"}


class GithubWorkflow:
    def __init__(self, client: GithubClient, settings: GithubSettings, writing: GithubWriting) -> None:
        self._client = client
        self._settings = settings
        self._writing = writing

    def transition(self, ref: str, to: Category) -> str:
        """GitHub heeds a reason only where the state changes, so what is closed otherwise is opened first."""
        asked = self._client.asked(f"move the issue {shown(ref)} to {to.value}", mutating=True, about_issue=True)
        if to is Category.DOING:
            cure = "Use open or closed: GitHub's issues know nothing between the two."
            raise Rejected("github.no_transition", asked.sentence("GitHub has no such status"), cure)
        path = mapping.path_of(asked, ref)
        issue = self._client.get(self._reading(ref), path).data
        category, status = self._standing(asked, issue)
        self._check_same(asked, ref, issue)
        if category is to:
            return status
        if category is not Category.TODO:
            category, status = self._patch(asked, path, {"state": "open"})
        if to is not Category.TODO:
            category, status = self._patch(asked, path, {"state": "closed", "state_reason": _CLOSING[to]})
        if category is not to:
            cure = "Look at the issue in GitHub: its state did not change when it was asked to."
            raise Rejected("github.no_transition", asked.sentence(f"it is {status} all the same"), cure)
        return status

    def put_under(self, ref: str, parent: str) -> None:
        """One request, by node id: REST wants a number that our refs do not hold."""
        asked = self._client.asked(f"put the issue {shown(ref)} under {shown(parent)}", mutating=True, about_issue=True)
        child, above = mapping.parse_ref(ref), mapping.parse_ref(parent)
        if child is None or above is None:
            raise mapping.strange_ref(asked)
        self._client.require(asked, SUB_ISSUES, child.repo)
        variables = {"parent": above.node, "child": child.node}
        try:
            self._client.mutate(asked, queries.ADD_SUB_ISSUE, variables, child.repo)
        except Rejected:  # also what GitHub says where it stands there already
            data = self._client.graphql(self._reading(ref), queries.PARENT, {"id": child.node}, child.repo)
            if ((data.get("node") or {}).get("parent") or {}).get("id") != above.node:
                raise

    def check_parent(self, asked: Asked, parent: str) -> None:
        """Raises where an issue could not stand under it, before anything is made."""
        above = mapping.parse_ref(parent)
        if above is None:
            raise mapping.strange_ref(asked)
        self._client.require(asked, SUB_ISSUES, above.repo)

    def placed_under(self, made: Created, parent: str) -> Created:
        """A new issue, put under its parent. That it exists must be told whatever becomes of this second request."""
        try:
            self.put_under(made.issue.ref, parent)
        except ConnectorError:
            return replace(made, dropped=(*made.dropped, "parent"))
        return made

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        """On a server from before the reason `duplicate`, "not planned" is what GitHub itself offered for one."""
        asked = self._client.asked(f"close the issue {shown(ref)} as a duplicate", mutating=True, about_issue=True)
        path, marker = mapping.path_of(asked, ref), f"duplicate-{of.key.replace('/', '-').replace('#', '-')}"
        if not self._writing.comments_with(ref, marker):
            self._writing.comment(ref, marker, text, None)
        change: dict[str, Any] = {"state": "closed", "state_reason": "not_planned"}
        if has(DUPLICATES, self._client.version(of.place)):
            change = {"state": "closed", "state_reason": "duplicate", **self._canonical(of)}
        self._client.send(asked, "PATCH", path, change)

    def _canonical(self, of: IssueRef) -> dict[str, int]:
        """The number by which REST takes the surviving issue; none where that is gone."""
        asked = self._reading(of.ref)
        try:
            issue = self._client.get(asked, mapping.path_of(asked, of.ref)).data
            return {"duplicate_issue_id": int(issue["id"])}
        except Missing:
            return {}
        except (KeyError, TypeError, ValueError):
            raise not_understood(asked) from None

    def _reading(self, ref: str) -> Asked:
        return self._client.asked(f"read the issue {shown(ref)}", about_issue=True)

    def _check_same(self, asked: Asked, ref: str, issue: Any) -> None:
        """Raises Missing where a repository was made anew under the name, and a stranger's issue has the number."""
        parsed, reading = mapping.parse_ref(ref), mapping.from_rest(self._settings, issue, "")
        if parsed is not None and parsed.node not in ("", issue.get("node_id")) and not reading.markers:
            cure = "Look in GitHub what became of our issue: its repository was made anew under the same name."
            raise Missing("github.another_issue", asked.sentence("another issue has its number by now"), cure)

    def _patch(self, asked: Asked, path: str, change: Mapping[str, str]) -> tuple[Category, str]:
        return self._standing(asked, self._client.send(asked, "PATCH", path, change))

    def _standing(self, asked: Asked, issue: Any) -> tuple[Category, str]:
        try:
            reading = mapping.from_rest(self._settings, issue, "")
        except (KeyError, TypeError, ValueError, AttributeError):
            raise not_understood(asked) from None
        return reading.category, reading.status


def no_links(asked: Asked) -> Rejected:
    cure = "Switch the link off for this tracker: the issue's text names the postmortem."
    return Rejected("github.no_links", asked.sentence("GitHub's issues have no links beside their text"), cure)
