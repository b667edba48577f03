"""What moves an issue or puts it beside another one: a category, a parent, a duplicate. All may be repeated freely."""

from __future__ import annotations

from typing import Any

from connectors.answers import Asked, not_understood
from connectors.github import mapping
from connectors.github.client import GithubClient
from connectors.github.settings import GithubSettings
from connectors.github.writing import GithubWriting, shown
from connectors.spi import Category, IssueRef, Rejected

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
        category, status = self._standing(asked, self._client.get(self._reading(ref), path).data)
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
        variables = {"parent": above.node, "child": child.node}
        self._client.mutate(asked, mapping.ADD_SUB_ISSUE, variables)

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        asked = self._client.asked(f"close the issue {shown(ref)} as a duplicate", mutating=True, about_issue=True)
        path, marker = mapping.path_of(asked, ref), f"duplicate-{of.key.replace('/', '-').replace('#', '-')}"
        if not self._writing.comments_with(ref, marker):
            self._writing.comment(ref, marker, text, None)
        try:
            self._client.send(asked, "PATCH", path, {"state": "closed", "state_reason": "duplicate"})
        except Rejected:  # an enterprise server from before the reason `duplicate`
            self._client.send(asked, "PATCH", path, {"state": "closed", "state_reason": "not_planned"})

    def _reading(self, ref: str) -> Asked:
        return self._client.asked(f"read the issue {shown(ref)}", about_issue=True)

    def _patch(self, asked: Asked, path: str, change: dict[str, str]) -> tuple[Category, str]:
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
