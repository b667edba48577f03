"""What Jira accepts in the fields of an issue, with the words in which it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connectors.sandbox.jira.markup import is_adf
from connectors.sandbox.jira.model import PRIORITIES, Issue, Markup
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.seed import CustomField, Project

NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
UPDATE_OPERATIONS = {"labels": ("add", "remove", "set")}
EPIC, SUBTASK, EPIC_LINK = "Epic", "Sub-task", "customfield_10008"


@dataclass
class Draft:
    """Values for an Issue, collected field by field together with everything that is wrong with them."""

    values: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return bool(self.errors or self.messages)

    def problem(self) -> dict[str, Any]:
        return {"errorMessages": self.messages, "errors": self.errors}


class Fields:
    """Reads `fields` and `update` of a create or an edit for one project and API version."""

    def __init__(self, site: JiraSite, project: Project, version: int) -> None:
        self._site, self._project, self._version = site, project, version
        self._readers: dict[str, Callable[[Any], Any]] = {
            "summary": self._summary,
            "description": self._description,
            "priority": self._priority,
            "labels": _labels,
            "assignee": self._person,
            "reporter": self._person,
            "duedate": _day,
        }
        self._type = ""

    def read(self, payload: Mapping[str, Any], issue: Issue | None = None, issue_type: str = "") -> Draft:
        """Everything that the payload sets; `issue` is the one to be edited, None for a new one of `issue_type`."""
        draft = Draft(custom=dict(issue.custom) if issue else {})
        self._type = issue.issue_type if issue else issue_type
        names = {"duedate": "due"}
        for name, value in (payload.get("fields") or {}).items():
            if name in {"project", "issuetype"} and issue is None:
                continue
            self._set(draft, name, names.get(name, name), value)
        for name, operations in (payload.get("update") or {}).items():
            self._update(draft, name, operations, issue)
        if issue is None:
            self._require(draft)
        draft.values["custom"] = draft.custom
        return draft

    def custom(self, name: str) -> CustomField | None:
        return next((each for each in self._project.fields if each.id == name), None)

    def _set(self, draft: Draft, name: str, target: str, value: Any) -> None:
        custom, reader = self.custom(name), self._readers.get(name)
        try:
            if name == self._parent_field():
                draft.values["parent"] = self._parent(name, value)
            elif custom is not None:
                draft.custom[name] = _custom(custom, value)
            elif reader is not None and name in self._project.screen:
                draft.values[target] = reader(value)
            else:
                draft.errors[name] = NOT_ON_SCREEN.format(name)
        except ValueError as error:
            draft.errors[name] = str(error)

    def _update(self, draft: Draft, name: str, operations: Any, issue: Issue | None) -> None:
        if name == "comment":
            return
        for operation in operations if isinstance(operations, list) else []:
            for verb, value in operation.items():
                if verb == "set":
                    self._set(draft, name, {"duedate": "due"}.get(name, name), value)
                elif name == "labels" and verb in {"add", "remove"}:
                    present = draft.values.get("labels", issue.labels if issue else ())
                    rest = [label for label in present if label != value]
                    self._set(draft, name, name, [*rest, value] if verb == "add" else rest)
                else:
                    draft.errors[name] = f"Field '{name}' does not support the operation '{verb}'."

    def _require(self, draft: Draft) -> None:
        if "summary" not in draft.values and "summary" not in draft.errors:
            draft.errors["summary"] = "You must specify a summary of the issue."
        for custom in self._project.fields:
            if custom.required and draft.custom.get(custom.id) is None and custom.id not in draft.errors:
                draft.errors[custom.id] = f"{custom.name} is required."

    def _parent_field(self) -> str:
        """Data Center's `parent` is for sub-tasks alone; other issues name their epic in a field of its own."""
        return "parent" if self._site.cloud or self._type == SUBTASK else EPIC_LINK

    def _parent(self, name: str, value: Any) -> int | None:
        if value is None:
            return None
        if name == EPIC_LINK:
            wanted = value if isinstance(value, str) else ""
        else:
            wanted = str(value.get("id") or value.get("key") or "") if isinstance(value, Mapping) else ""
        found = self._site.find(wanted) if wanted else None
        if found is None:
            raise ValueError("Could not find issue by id or key.")
        if (found.issue_type == EPIC) == (self._type in {EPIC, SUBTASK}):
            raise ValueError("Given parent work item does not belong to appropriate hierarchy.")
        return found.id

    def _summary(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("Operation value must be a string")  # noqa: TRY004 - one error kind for all fields
        if not value.strip():
            raise ValueError("You must specify a summary of the issue.")
        if "\n" in value or "\r" in value:
            raise ValueError("The summary is invalid because it contains newline characters.")
        if len(value) > 255:
            raise ValueError("Summary can't exceed 255 characters.")
        return value.strip()

    def _description(self, value: Any) -> Markup | None:
        return read_markup(value, self._version)

    def _priority(self, value: Any) -> str | None:
        if value is None:
            return None
        wanted = value if isinstance(value, Mapping) else {}
        for number, name in enumerate(PRIORITIES, start=1):
            if wanted.get("id") == str(number) or (wanted.get("name") == name and "id" not in wanted):
                return name
        raise ValueError("The priority selected is invalid.")

    def _person(self, value: Any) -> str | None:
        if value is None:
            return None
        wanted = value if isinstance(value, Mapping) else {}
        if not self._site.cloud:
            named = self._site.named(str(wanted.get("name", "")))
            if named is None or not self._site.assignable(named.account_id, self._project):
                raise ValueError(f"User '{wanted.get('name')}' cannot be assigned issues.")
            return named.account_id
        account = wanted.get("accountId") or wanted.get("id")
        if account is None:
            # Cloud dropped usernames for privacy; a `name` is taken for nobody.
            raise ValueError("'accountId' must be the only user identifying query parameter in GDPR strict mode.")
        if not self._site.assignable(account, self._project):
            raise ValueError(f"User '{account}' cannot be assigned issues.")
        return str(account)


def read_markup(value: Any, version: int) -> Markup | None:
    """A rich text in the form that the API version takes; raises ValueError in Jira's words."""
    if value is None:
        return None
    if version == 2:
        if not isinstance(value, str):
            raise ValueError("Operation value must be a string")
        if len(value) > 32_767:
            raise ValueError("The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
        return Markup("wiki", value) if value else None
    if not is_adf(value):
        raise ValueError("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
    return Markup("adf", value)


def _labels(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise ValueError("data was not an array")
    for label in value:
        if re.search(r"\s", label):
            raise ValueError(f"The label '{label}' contains spaces which is invalid.")
        if len(label) > 255:
            raise ValueError(f"The label '{label}' exceeds the limit of 255 characters.")
    return tuple(dict.fromkeys(value))


def _day(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as error:
        raise ValueError("Enter a date in the format yyyy-MM-dd, e.g. 2026-12-31") from error


def _custom(custom: CustomField, value: Any) -> Any:
    if value is None:
        return None
    if custom.kind == "option":
        wanted = value.get("value") if isinstance(value, Mapping) else None
        by_id = value.get("id") if isinstance(value, Mapping) else None
        for number, option in enumerate(custom.options, start=1):
            if wanted == option or by_id == option_id(custom, number):
                return {"value": option, "id": option_id(custom, number)}
        raise ValueError(f"Option value '{wanted or by_id}' is not valid")
    if custom.kind == "number":
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ValueError("Operation value must be a number")
        return value
    if custom.kind == "date":
        return _day(value)
    if isinstance(value, str):
        return value
    raise ValueError("Operation value must be a string")


def option_id(custom: CustomField, number: int) -> str:
    return f"{int(re.sub(r'[^0-9]', '', custom.id) or 0)}{number:02d}"
