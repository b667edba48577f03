"""Who may be assigned in a GitLab project: whoever can read its issues. Another is left out of an issue silently."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.answers import assignee_finding, not_understood
from connectors.gitlab import mapping
from connectors.gitlab.client import GitlabClient
from connectors.spi import Account, Finding, Missing, Place


class GitlabPeople:
    def __init__(self, name: str, client: GitlabClient) -> None:
        self._name = name
        self._client = client

    def unassignable(self, place: Place, accounts: Sequence[Account]) -> list[Finding]:
        """Members are asked for all at once; of the others each alone, and only where the project is open to them."""
        numbers = [each.id for each in accounts if each.id.isdigit()]
        known = self._members(place, numbers) if numbers else set()
        others = [each for each in numbers if each not in known]
        if others and self._is_open(place):
            known |= {each for each in others if self._is_active(each)}
        return [self._finding(place, each) for each in accounts if each.id not in known]

    def _members(self, place: Place, numbers: Sequence[str]) -> set[str]:
        """https://docs.gitlab.com/api/project_members/: inherited and invited members included."""
        asked = self._client.asked(f"see who is a member of {place.name}")
        path = f"{mapping.project_path(place.name)}/members/all"
        found = self._client.get_list(asked, path, {"user_ids[]": list(numbers)})
        return {str(each.get("id")) for each in found if isinstance(each, dict) and each.get("state") == "active"}

    def _is_open(self, place: Place) -> bool:
        asked = self._client.asked(f"look at the project {place.name}")
        data = self._client.get(asked, mapping.project_path(place.name)).data
        if not isinstance(data, dict):
            raise not_understood(asked)
        return data.get("visibility") != "private" and data.get("issues_access_level") != "private"

    def _is_active(self, number: str) -> bool:
        asked = self._client.asked(f"look at the user {number}", about_issue=True)
        try:
            data = self._client.get(asked, f"/users/{number}").data
        except Missing:
            return False
        return isinstance(data, dict) and data.get("state") == "active"

    def _finding(self, place: Place, account: Account) -> Finding:
        if account.id.isdigit():
            return assignee_finding("gitlab", self._name, place.name, account)
        sentence = f"{self._name}: {account.id!r} is no account of GitLab, which goes by the user's number (User ID)."
        cure = f"Write the number, which stands on the person's profile, as {self._name} under their accounts."
        return Finding("gitlab.assignee_unknown", sentence, cure)
