"""Where an issue names the one that it stands under: `parent` in Cloud, the field *Epic Link* in Data Center."""

from __future__ import annotations

from typing import Any

from connectors.jira.client import JiraClient
from connectors.jira.reading import JiraReading
from connectors.jira.settings import JiraSettings

PARENT = "parent"
_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"


class JiraParents:
    """Remembers the field, and each parent's key: a postmortem's issues stand under one, and cost no further request.

    In Data Center `parent` is for sub-tasks alone, and only a creation sets it.
    """

    def __init__(self, client: JiraClient, settings: JiraSettings, reading: JiraReading) -> None:
        self._client = client
        self._reading = reading
        self._field = PARENT if settings.is_cloud and settings.parent_field is None else settings.parent_field
        self._keys: dict[str, str] = {}

    def fields(self, parent: str) -> dict[str, Any]:
        """What a creation or an edit sends so that the issue stands under `parent`."""
        if self._field is None:
            self._field = self._found()
        if self._field == PARENT:
            return {PARENT: {"id": parent}}
        return {self._field: self._key(parent)}

    def _found(self) -> str:
        data = self._client.get(self._client.asked("see which field names an epic"), "field")
        for each in data if isinstance(data, list) else ():
            if (each.get("schema") or {}).get("custom") == _EPIC_LINK:
                return str(each["id"])
        return PARENT

    def _key(self, parent: str) -> str:
        if parent not in self._keys:
            asked = self._client.asked(f"read the parent {parent}", about_issue=True)
            self._keys[parent] = str(self._reading.issue(asked, parent)["key"])
        return self._keys[parent]
