"""What `check --online` and the first write need to know about Redmine and a project."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.answers import Asked, assignee_finding, clock_finding, quoted, server_time
from connectors.redmine import mapping
from connectors.redmine.client import RedmineClient, Refused
from connectors.redmine.reading import RedmineReading
from connectors.redmine.settings import RedmineSettings
from connectors.spi import (
    AccessDenied,
    Account,
    ConnectorError,
    Finding,
    Missing,
    Place,
    PlaceDescription,
    PlaceField,
    Unavailable,
    Visibility,
)

_NEEDED = {
    "open issues": ("add_issues",),
    "edit them": ("edit_issues", "edit_own_issues"),
    "comment on them": ("add_issue_notes", "edit_issues"),
    "edit its comments": ("edit_own_issue_notes", "edit_issue_notes"),
}
PRIVATE = ("set_issues_private", "set_own_issues_private")
_ASKED = frozenset({*PRIVATE, "manage_subtasks", *(each for every in _NEEDED.values() for each in every)})
_REMEMBERED_SECONDS = 600.0
_ACTIVE, _CLOSED = 1, 5


class RedminePlaces:
    def __init__(self, name: str, client: RedmineClient, settings: RedmineSettings, reading: RedmineReading) -> None:
        self._name = name
        self._client = client
        self._settings = settings
        self._reading = reading
        self._permissions: dict[str, tuple[float, frozenset[str] | None]] = {}
        self._lists: dict[str, tuple[float, list[Any]]] = {}

    def check(self) -> list[Finding]:
        """Faults of the connection. An account answers for its key; a list does not."""
        asked = self._client.asked("see who our account is")
        try:
            reply = self._client.get(asked, "/users/current.json")
        except ConnectorError as error:
            return [finding(error)]
        skew = clock_finding("redmine", self._name, server_time(reply.headers), datetime.now(UTC))
        return [skew] if skew else []

    def named(self, path: str, member: str) -> list[Any]:
        """A list of names that seldom changes: trackers, priorities, statuses."""
        until, known = self._lists.get(path, (0.0, []))
        if time.monotonic() >= until:
            asked = self._client.asked(f"read {member.replace('_', ' ')}")
            known = list(self._client.get_member(asked, path, member))
            self._lists[path] = (time.monotonic() + _REMEMBERED_SECONDS, known)
        return known

    def may(self, project: str, wanted: tuple[str, ...]) -> bool | None:
        """Whether our account has one of these permissions there. None: Redmine does not say."""
        until, known = self._permissions.get(project, (0.0, None))
        if time.monotonic() >= until:
            known = self._granted(project)
            self._permissions[project] = (time.monotonic() + _REMEMBERED_SECONDS, known)
        return None if known is None else bool(known & set(wanted))

    def _granted(self, project: str) -> frozenset[str] | None:
        me = self._reading.me()
        if me.get("admin"):
            return _ASKED
        asked = self._client.asked(f"see what our account may do in {project}")
        found = self._client.get_member(asked, f"/projects/{project}.json", "project")
        roles = [
            role["id"]
            for each in me.get("memberships") or ()
            if each["project"]["id"] == found.get("id")
            for role in each["roles"]
        ]
        granted: set[str] = set()
        for role in dict.fromkeys(roles):
            try:
                granted.update(self._client.get_member(asked, f"/roles/{role}.json", "role").get("permissions") or ())
            except (AccessDenied, Missing):
                return None
        return frozenset(granted & _ASKED)

    def describe(self, place: Place) -> PlaceDescription:
        asked = self._client.asked(f"look at the project {place.name}")
        path = f"/projects/{place.name}.json"
        try:
            params = {"include": "trackers,enabled_modules,issue_custom_fields"}
            project = self._client.get_member(asked, path, "project", params)
        except (AccessDenied, Missing) as error:
            return PlaceDescription(Visibility.UNKNOWN, (finding(error),))
        self._permissions.pop(place.name, None)
        # "Public" is what everyone sees, or everyone who is signed in: asking without a key tells which.
        public = bool(project.get("is_public", True)) and self._client.is_public(asked, path)
        findings = self._findings(place, project)
        types = tuple(self._typed(place, project))
        refusals = () if findings or types else self._refusals(asked, place)
        later = _given(place.per_issue)
        fields = tuple(_field(place, each, refusals) for each in project.get("issue_custom_fields") or ())
        awaited = tuple(f"{each.name} " for each in fields if each.id in later)
        obstacles = (*types, *(self._refusal(place, text) for text in refusals if not text.startswith(awaited)))
        return PlaceDescription(
            Visibility.PUBLIC if public else Visibility.INTERNAL,
            (*findings, *obstacles, *self._closing(place)),
            issue_types=tuple(str(each["name"]) for each in project.get("trackers") or ()),
            fields=fields,
            permissions=tuple(sorted((self._permissions.get(place.name) or (0.0, None))[1] or ())),
            rates=self._settings.rates,
            obstacles=obstacles,
        )

    def _typed(self, place: Place, project: Mapping[str, Any]) -> list[Finding]:
        trackers = project.get("trackers") or []
        if not place.issue_type or mapping.by_name(trackers, place.issue_type) is not None:
            return []
        known = ", ".join(str(each["name"]) for each in trackers) or "none"
        sentence = f"{self._name}: the project {place.name} has no tracker {place.issue_type!r}."
        return [Finding("redmine.issue_type_unknown", sentence, f"It has {known}: name one as issue_type.")]

    def _findings(self, place: Place, project: Mapping[str, Any]) -> list[Finding]:
        findings = []
        if project.get("status", _ACTIVE) != _ACTIVE:
            word = "closed" if project["status"] == _CLOSED else "archived"
            sentence = f"{self._name}: the project {place.name} is {word} and takes no issues."
            findings.append(Finding("redmine.archived", sentence, "Open it again, or name another place."))
        modules = project.get("enabled_modules")
        if modules is not None and mapping.by_name(modules, "issue_tracking") is None:
            sentence = f"{self._name}: the project {place.name} has issue tracking switched off."
            findings.append(Finding("redmine.issues_disabled", sentence, "Switch the module on in its settings."))
        for what, wanted in _NEEDED.items():
            if self.may(place.name, wanted) is False:
                sentence = f"{self._name}: our account may not {what} in {place.name}, and Redmine ignores it silently."
                cure = f"Give its role there the permission {wanted[0]}."
                findings.append(Finding("redmine.permission_missing", sentence, cure))
        return findings

    def _refusals(self, asked: Asked, place: Place) -> tuple[str, ...]:
        """What Redmine would say of a new issue there, asked with one that it must refuse: no subject, no date.

        Which fields are required is told to administrators alone, and some only by the workflow; validation knows.
        """
        errors = self._errors(asked, place)
        told = [text for text in errors if not text.lower().startswith(("subject", "due date"))]
        # In another language our own two faults cannot be told apart by their words.
        return tuple(told) if len(told) < len(errors) else tuple(told) if len(told) > 2 else ()

    def _errors(self, asked: Asked, place: Place, **fields: Any) -> tuple[str, ...]:
        payload = {**self.fields(place.constants), "project_id": place.name, "subject": "", "due_date": "x", **fields}
        if tracker := self.tracker(place.issue_type):
            payload["tracker_id"] = tracker
        try:
            self._client.send(asked, "post", "/issues.json", {"issue": payload})
        except Refused as refusal:
            return refusal.errors
        return ()

    def unassignable(self, place: Place, accounts: Sequence[Account]) -> list[Finding]:
        """Validation is asked here too: who may be assigned depends on groups, roles and a setting, and Redmine lists
        it to few. With somebody who may not be, there is an error more than with nobody.
        """
        asked = self._client.asked(f"see who may be assigned in {place.name}")
        without = set(self._errors(asked, place)) if any(each.id.isdigit() for each in accounts) else set()
        return [
            self._unassignable(place, each)
            for each in accounts
            if not each.id.isdigit() or set(self._errors(asked, place, assigned_to_id=int(each.id))) - without
        ]

    def _unassignable(self, place: Place, account: Account) -> Finding:
        if account.id.isdigit():
            return assignee_finding("redmine", self._name, place.name, account)
        sentence = f"{self._name}: {account.id!r} is no account of Redmine, which goes by the user's number."
        cure = f"Write the number, which stands in the address of their page, as {self._name} under their accounts."
        return Finding("redmine.assignee_unknown", sentence, cure)

    def _closing(self, place: Place) -> list[Finding]:
        """What no creation needs: where Redmine just then does not tell it, that is a finding."""
        try:
            return self._endless(place)
        except Unavailable as error:
            if error.retry_after is not None:
                raise
            return [finding(error)]

    def _endless(self, place: Place) -> list[Finding]:
        """Whether the workflow lets us close the newest issue that is open and ours. Redmine tells steps of issues
        alone, and whoever wrote an issue may be allowed more in it.
        """
        asked = self._client.asked(f"see how issues in {place.name} are closed")
        params = {"project_id": place.name, "author_id": "me", "status_id": "open", "sort": "id:desc", "limit": 1}
        if tracker := self.tracker(place.issue_type):
            params["tracker_id"] = tracker
        listed = self._client.get_member(asked, "/issues.json", "issues", params)
        issue = self._reading.issue(int(listed[0]["id"]), "allowed_statuses") if listed else None
        allowed = (issue or {}).get("allowed_statuses")  # which came with Redmine 5
        if allowed is None or any(each.get("is_closed") for each in allowed):
            return []
        names = ", ".join(str(each.get("name")) for each in allowed) or "none"
        sentence = f"{self._name}: the workflow lets our account close no issue in {place.name} (it offers {names})."
        cure = "Let our account's role take a step to a closed status in the workflow of that tracker."
        return [Finding("redmine.no_transition", sentence, cure)]

    def _refusal(self, place: Place, text: str) -> Finding:
        sentence = f"{self._name}: Redmine would refuse an issue in {place.name} ({quoted(text)})."
        cure = 'Give it in the constants of the target: custom_fields = { 7 = "…" }, where 7 is the id of the field.'
        return Finding("redmine.field_refused", sentence, cure)

    def tracker(self, name: str | None) -> int | None:
        found = mapping.by_name(self.named("/trackers.json", "trackers"), name) if name else None
        return int(found["id"]) if found else None

    def priority(self, ours: str | None) -> int | None:
        name = self._settings.priorities.get(ours or "")
        listed = self.named("/enumerations/issue_priorities.json", "issue_priorities") if name else []
        found = mapping.by_name(listed, name) if name else None
        return int(found["id"]) if found else None

    def fields(self, constants: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Constants as Redmine takes them: `custom_fields` may be a table of id to value. `more` stands over them, each
        custom field by itself.
        """
        fields = {**constants, **(more or {})}
        fields.pop("custom_fields", None)
        custom = [*_custom(constants), *_custom(more or {})]
        if custom:
            fields["custom_fields"] = list({str(each["id"]): each for each in custom}.values())
        return fields


def _field(place: Place, field: Mapping[str, Any], refusals: tuple[str, ...]) -> PlaceField:
    name = str(field.get("name", ""))
    refused = any(text.startswith(f"{name} ") for text in refusals)
    number = str(field.get("id"))
    filled = number in _given(place.per_issue) or (number in _given(place.constants) and not refused)
    return PlaceField(number, name, required=refused, filled=filled)


def _given(fields: Mapping[str, Any]) -> set[str]:
    return {str(each["id"]) for each in _custom(fields)}


def _custom(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    custom = fields.get("custom_fields") or ()
    if not isinstance(custom, Mapping):
        return [each for each in custom if isinstance(each, dict) and "id" in each]
    return [{"id": int(name) if str(name).isdigit() else name, "value": value} for name, value in custom.items()]


def finding(error: ConnectorError) -> Finding:
    return Finding(error.code, error.sentence, error.cure)
