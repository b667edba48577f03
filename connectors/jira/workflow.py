"""Takes an issue through its workflow to a status of a category, one request a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.answers import Asked, not_understood
from connectors.jira import mapping
from connectors.jira.client import JiraClient
from connectors.jira.reading import JiraReading
from connectors.jira.settings import JiraSettings
from connectors.spi import Category, Rejected

FINISHED = (Category.DONE, Category.DECLINED)
DUPLICATE = "Duplicate"
_KEYS = {Category.TODO: "new", Category.DOING: "indeterminate", Category.DONE: "done", Category.DECLINED: "done"}
Transition = Mapping[str, Any]


class JiraWorkflow:
    """What leads where is asked anew at each step: conditions, validators and our permissions decide it."""

    def __init__(self, client: JiraClient, settings: JiraSettings, reading: JiraReading) -> None:
        self._client = client
        self._settings = settings
        self._reading = reading

    def move(self, ref: str, to: Category) -> str:
        """By the statuses that the settings name for the category, else by the one step that leads there."""
        asked = self._client.asked(f"move the issue {ref} to {to.value}", mutating=True, about_issue=True)
        status, category = self._standing(asked, ref)
        if category is to:
            return status
        left = _after(self._settings.transitions.steps.get(to, ()), status)
        while True:
            transition, left = self._next(asked, ref, to, left)
            self._take(asked, ref, to, transition)
            if not left:
                break
        status, category = self._standing(asked, ref)
        if category is to:
            return status
        sentence = asked.sentence(f"the workflow left it in the status {status}, which we read as {category.value}")
        cure = f"Name the statuses and the resolution of {to.value} under transitions of the tracker."
        raise Rejected("jira.transition_without_effect", sentence, cure)

    def finish_as_duplicate(self, ref: str) -> None:
        """To any finished status, with the resolution Duplicate where there is one."""
        asked = self._client.asked(f"close the issue {ref} as a duplicate", mutating=True, about_issue=True)
        if self._standing(asked, ref)[1] in FINISHED:
            return
        finished = [each for each in self._available(asked, ref) if _category_key(each) == "done"]
        if not finished:
            self.move(ref, Category.DECLINED)
            return
        best = min(finished, key=lambda each: (DUPLICATE not in _resolutions(each), not self._declines(each)))
        self._take(asked, ref, Category.DECLINED, best, DUPLICATE)

    def rehearse(self, ref: str, to: Category) -> None:
        """Raises what `move` would raise at its first step, and changes nothing."""
        asked = self._client.asked(f"move the issue {ref} to {to.value}", about_issue=True)
        status, category = self._standing(asked, ref)
        if category is not to:
            transition, _ = self._next(asked, ref, to, _after(self._settings.transitions.steps.get(to, ()), status))
            self._fields(asked, transition, to, "")

    def _next(self, asked: Asked, ref: str, to: Category, left: Sequence[str]) -> tuple[Transition, Sequence[str]]:
        """The step that leads furthest along the way, and what is left of the way after it."""
        available = self._available(asked, ref)
        if not left:
            return self._direct(asked, available, to), ()
        for number in range(len(left), 0, -1):
            found = next((each for each in available if _leads_to(each, left[number - 1])), None)
            if found is not None:
                return found, left[number:]
        raise self._no_way(asked, available, to)

    def _direct(self, asked: Asked, available: Sequence[Transition], to: Category) -> Transition:
        reaching = [each for each in available if _category_key(each) == _KEYS[to]]
        if to is Category.DONE:
            reaching = [each for each in reaching if not self._declines(each)]
        if to is Category.DECLINED:
            named = [each for each in reaching if self._declines(each)]
            reaching = named or [each for each in reaching if self._resolution(_resolutions(each), to)]
        if not reaching:
            raise self._no_way(asked, available, to)
        return reaching[0]

    def _no_way(self, asked: Asked, available: Sequence[Transition], to: Category) -> Rejected:
        names = ", ".join(str((each.get("to") or {}).get("name", each.get("name"))) for each in available)
        sentence = asked.sentence(f"no step that our account may take leads there from here (only: {names or 'none'})")
        cure = f"Name the statuses on the way as {to.value} under transitions of the tracker, or move it by hand."
        return Rejected("jira.no_transition", sentence, cure)

    def _take(self, asked: Asked, ref: str, to: Category, transition: Transition, resolution: str = "") -> None:
        payload: dict[str, Any] = {"transition": {"id": str(transition["id"])}}
        fields = self._fields(asked, transition, to, resolution)
        if fields:
            payload["fields"] = fields
        self._client.post(asked, f"issue/{ref}/transitions", payload)

    def _fields(self, asked: Asked, transition: Transition, to: Category, preferred: str) -> dict[str, Any]:
        screen: Mapping[str, Any] = transition.get("fields") or {}
        given = self._settings.transitions.fields
        fields = {name: given[name] for name in screen if name in given}
        allowed = _resolutions(transition)
        resolution = preferred if preferred in allowed else self._resolution(allowed, to)
        if resolution is not None:
            fields["resolution"] = {"name": resolution}
        for name, each in screen.items():
            if each.get("required") and not each.get("hasDefaultValue") and name not in fields:
                label = f"{each.get('name', name)} ({name})"
                sentence = asked.sentence(f"the step {transition.get('name')} requires the field {label}")
                cure = f"Give {name} a value under transitions.fields of the tracker."
                raise Rejected("jira.transition_field_required", sentence, cure)
        return fields

    def _resolution(self, allowed: Sequence[str], to: Category) -> str | None:
        """None where the step's screen has no resolution: the workflow sets it, or there is none."""
        configured = self._settings.transitions.resolution.get(to)
        if not allowed or to not in FINISHED or configured in allowed:
            return configured if configured in allowed else None
        if to is Category.DONE:
            return next((name for name in allowed if not mapping.is_declined(self._settings, name)), None)
        ranks = {word.casefold(): rank for rank, word in enumerate(self._settings.declined_resolutions)}
        declined = [name for name in allowed if name.casefold() in ranks]
        return min(declined, key=lambda name: ranks[name.casefold()], default=None)

    def _available(self, asked: Asked, ref: str) -> Sequence[Transition]:
        data = self._client.get(asked, f"issue/{ref}/transitions", expand="transitions.fields")
        found = data.get("transitions") if isinstance(data, dict) else None
        if not isinstance(found, list):
            raise not_understood(asked)
        return found

    def _standing(self, asked: Asked, ref: str) -> tuple[str, Category]:
        issue = self._reading.issue(asked, ref, ("status", "resolution"))
        try:
            return mapping.standing(self._settings, issue["fields"])
        except (KeyError, TypeError, AttributeError):
            raise not_understood(asked) from None

    def _declines(self, transition: Transition) -> bool:
        return mapping.is_declined(self._settings, str((transition.get("to") or {}).get("name", "")))


def _after(way: Sequence[str], status: str) -> Sequence[str]:
    """What of the way lies before an issue in this status; all of it where the status is not on it."""
    names = [name.casefold() for name in way]
    return way[names.index(status.casefold()) + 1 :] if status.casefold() in names else way


def _leads_to(transition: Transition, name: str) -> bool:
    names = ((transition.get("to") or {}).get("name"), transition.get("name"))
    return any(isinstance(each, str) and each.casefold() == name.casefold() for each in names)


def _category_key(transition: Transition) -> str:
    return str(((transition.get("to") or {}).get("statusCategory") or {}).get("key", ""))


def _resolutions(transition: Transition) -> list[str]:
    field = (transition.get("fields") or {}).get("resolution") or {}
    return [str(each["name"]) for each in field.get("allowedValues") or () if each.get("name")]
