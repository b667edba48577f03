"""What changes a project's issues. Each creation is one request; everything else may be repeated.

Redmine answers 204 to a change that the workflow or a role forbids, so each change is read again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from connectors.answers import Asked, not_understood, overtaken, understood, unlike
from connectors.markup import fit, size
from connectors.redmine import mapping
from connectors.redmine.client import RedmineClient, Refused
from connectors.redmine.markdown import redmine_markdown, subject
from connectors.redmine.places import PRIVATE, RedminePlaces
from connectors.redmine.reading import RedmineReading
from connectors.redmine.settings import RedmineSettings
from connectors.redmine.textile import textile
from connectors.spi import Category, Created, IssueDraft, IssueRef, Missing, Place, Rejected, text_digest

# Redmine itself has no limit but its database's; MySQL's older tables keep 65,535 bytes.
BODY = 65_535


class RedmineWriting:
    def __init__(
        self, client: RedmineClient, settings: RedmineSettings, reading: RedmineReading, places: RedminePlaces
    ) -> None:
        self._client = client
        self._settings = settings
        self._reading = reading
        self._places = places
        self._render: Callable[[str], str] = textile if settings.formatting == "textile" else redmine_markdown

    def create(self, place: Place, draft: IssueDraft) -> Created:
        """One POST. Only where Redmine certainly refused it, and an assignee was named, it is asked again without:
        somebody who left must not stand in the way, and validation says so in the account's language.
        """
        asked = self._client.asked(f"create an issue in {place.name}", mutating=True)
        if draft.confidential and self._places.may(place.name, PRIVATE) is not True:
            # Redmine would take the issue and silently show it to everybody there.
            sentence = asked.sentence("our account may not make issues private there")
            cure = "Give its role there the permission to set issues private, or route private postmortems elsewhere."
            raise Rejected("redmine.not_private", sentence, cure)
        payload = self._fields(place, draft)
        dropped = []
        try:
            data = self._client.send(asked, "post", "/issues.json", {"issue": payload})
        except Refused as refusal:
            if payload.pop("assigned_to_id", None) is None:
                raise
            try:
                data = self._client.send(asked, "post", "/issues.json", {"issue": payload})
            except Refused:
                raise refusal from None
            dropped.append("assignee")
        issue = data.get("issue") if isinstance(data, dict) else None
        if not isinstance(issue, dict):
            raise not_understood(asked)
        dropped += _dropped(draft, issue, dropped)
        return Created(self._reading.ref_of(asked, issue, place.name), _digest(payload), tuple(dropped))

    def _fields(self, place: Place, draft: IssueDraft) -> dict[str, Any]:
        fields = self._places.fields(place.constants, draft.fields)
        fields |= {"project_id": place.name, **self._text(draft.title, draft.body, draft.marker)}
        if tracker := self._places.tracker(draft.issue_type or place.issue_type):
            fields["tracker_id"] = tracker
        if priority := self._places.priority(draft.priority):
            fields["priority_id"] = priority
        if draft.due_on is not None:
            # Redmine sets today as the start, and refuses a date before it.
            fields |= {"due_date": draft.due_on.isoformat(), "start_date": None}
        if draft.assignee is not None and draft.assignee.id.isdigit():
            fields["assigned_to_id"] = int(draft.assignee.id)
        if draft.confidential:
            fields["is_private"] = True
        if draft.parent is not None:
            fields["parent_issue_id"] = self._number(draft.parent)
        if self._settings.marker_field is not None:
            own = {"id": self._settings.marker_field, "value": draft.marker}
            fields["custom_fields"] = [*fields.get("custom_fields", ()), own]
        return fields

    def _text(self, title: str, body: str, marker: str) -> dict[str, str]:
        return {"subject": subject(title), "description": self._fitted(body, mapping.marker_line(marker))}

    def _fitted(self, text: str, tail: str) -> str:
        return fit(text, BODY - size(tail), self._render) + tail

    def rewrite(self, ref: str, title: str, body: str, marker: str, over: Collection[str] | None) -> Created:
        """Redmine's API shows no version of an issue; its history shows afterwards what our words took the place of.
        Where that is not what was read, it was written in between, and is put back.
        """
        asked = self._client.asked(f"rewrite the issue {shown(ref)}", mutating=True, about_issue=True)
        payload = self._text(title, body, marker)
        before = self._present(asked, ref)
        if over is not None and _digest(before) not in over:
            raise overtaken(asked)
        changed = unlike(payload, before)
        if not changed:
            return Created(self._reading.ref_of(asked, before), _digest(payload))
        self._client.send(asked, "put", _path(before), {"issue": changed})
        after = self._present(asked, ref, "journals")
        if _digest(after) == _digest(before) != _digest(payload):
            raise ignored(asked, "our account may not edit it")
        with understood(asked):
            theirs = _displaced(after, before, changed) if over is not None else {}
        if theirs:
            self._client.send(asked, "put", _path(before), {"issue": theirs})
            raise overtaken(asked)
        return Created(self._reading.ref_of(asked, after), _digest(payload))

    def text_digest(self, title: str, body: str) -> str:
        # Any marker will do: it takes room in the body and is no part of the digest.
        return _digest(self._text(title, body, 16 * "a"))

    def comments_with(self, ref: str, marker: str) -> tuple[str, ...]:
        asked = self._client.asked(f"read the comments of the issue {shown(ref)}", about_issue=True)
        journals = self._present(asked, ref, "journals").get("journals") or ()
        return tuple(str(each["id"]) for each in journals if mapping.token(marker) in str(each.get("notes") or ""))

    def comment(self, ref: str, marker: str, text: str, comment_ref: str | None) -> str:
        """A comment is a note in the issue's journal; only reading the issue again tells its number."""
        asked = self._client.asked(f"comment on the issue {shown(ref)}", mutating=True, about_issue=True)
        notes = self._fitted(text, mapping.marker_line(marker))
        if comment_ref is not None:
            self._client.send(asked, "put", f"/journals/{comment_ref}.json", {"journal": {"notes": notes}})
            return comment_ref
        known = set(self.comments_with(ref, marker))
        self._client.send(asked, "put", f"/issues/{self._number(ref)}.json", {"issue": {"notes": notes}})
        fresh = [each for each in self.comments_with(ref, marker) if each not in known]
        if not fresh:
            raise ignored(asked, "our account may not comment there")
        return fresh[0]

    def transition(self, ref: str, to: Category) -> str:
        asked = self._client.asked(f"move the issue {shown(ref)} to {to.value}", mutating=True, about_issue=True)
        return self._move(asked, ref, (to,))

    def _move(self, asked: Asked, ref: str, wanted: tuple[Category, ...]) -> str:
        """To the first status of the first of these categories that the workflow lets our account choose."""
        issue = self._present(asked, ref, "allowed_statuses")
        now = mapping.category_of(self._settings, issue["status"])
        if now in wanted:
            return str(issue["status"]["name"])
        allowed = issue.get("allowed_statuses") or ()
        found = [each for to in wanted for each in allowed if mapping.category_of(self._settings, each) is to]
        if not found:
            words = " or ".join(each.value for each in wanted)
            names = ", ".join(str(each["name"]) for each in allowed) or "none"
            sentence = asked.sentence(
                f"the workflow offers our account no status that means {words} (it offers {names})"
            )
            raise Rejected(
                "redmine.no_transition", sentence, "Let our account's role take that step, or set it by hand."
            )
        self._client.send(asked, "put", _path(issue), {"issue": {"status_id": found[0]["id"]}})
        after = self._present(asked, ref)
        if after["status"]["id"] != found[0]["id"]:
            raise ignored(asked, f"it is still {after['status']['name']}")
        return str(after["status"]["name"])

    def put_under(self, ref: str, parent: str) -> None:
        asked = self._client.asked(f"put the issue {shown(ref)} under {shown(parent)}", mutating=True, about_issue=True)
        issue, number = self._present(asked, ref), self._number(parent)
        if (issue.get("parent") or {}).get("id") == number:
            return
        self._client.send(asked, "put", _path(issue), {"issue": {"parent_issue_id": number}})
        if (self._present(asked, ref).get("parent") or {}).get("id") != number:
            raise ignored(asked, "our account may not manage subtasks there")

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        asked = self._client.asked(f"close the issue {shown(ref)} as a duplicate", mutating=True, about_issue=True)
        issue, other = self._present(asked, ref), mapping.parse_ref(of.ref)
        if not self.comments_with(ref, f"duplicate-{issue['id']}"):
            self.comment(ref, f"duplicate-{issue['id']}", text, None)
        if other is not None and mapping.original_of(issue) != other.id:
            relation = {"issue_to_id": other.id, "relation_type": "duplicates"}
            with contextlib.suppress(Refused):  # it may not be related: the comment says which issue goes on
                self._client.send(asked, "post", f"/issues/{issue['id']}/relations.json", {"relation": relation})
        self._move(asked, ref, (Category.DECLINED, Category.DONE))

    def _number(self, ref: str) -> int:
        parsed = mapping.parse_ref(ref)
        if parsed is None:
            raise missing(self._client.asked(f"find the issue {ref}"))
        return parsed.id

    def _present(self, asked: Asked, ref: str, include: str = "relations") -> Any:
        """The issue, if it still is the one that the ref means. Raises Missing."""
        parsed = mapping.parse_ref(ref)
        issue = self._reading.issue(parsed.id, include) if parsed else None
        if issue is None or mapping.ref_of(issue) != parsed:
            raise missing(asked)
        return issue


def shown(ref: str) -> str:
    return f"#{ref.partition('@')[0]}"


def missing(asked: Asked) -> Missing:
    cure = "Look in the tracker for the issue and settle it by hand."
    return Missing("redmine.missing", asked.sentence("it is gone, or its number is another issue's now"), cure)


def ignored(asked: Asked, because: str) -> Rejected:
    cure = "Give our account's role the permission, or the step in the workflow, and retry."
    return Rejected("redmine.ignored", asked.sentence(f"Redmine took it and changed nothing: {because}"), cure)


def lacking(asked: Asked, because: str) -> Rejected:
    return Rejected("redmine.unsupported", asked.sentence(because), "Do without it, or do it in Redmine by hand.")


def _path(issue: Mapping[str, Any]) -> str:
    return f"/issues/{issue['id']}.json"


def _digest(issue: Mapping[str, Any]) -> str:
    return text_digest(issue["subject"], mapping.without_marker(issue.get("description") or ""))


def _displaced(issue: Mapping[str, Any], before: Mapping[str, Any], ours: Mapping[str, str]) -> dict[str, str]:
    """Words that stood neither there before nor are ours, and that ours took the place of, by the issue's history."""
    details = [each for journal in issue.get("journals") or () for each in journal.get("details") or ()]
    found = {
        name: str(each.get("old_value") or "")
        for each in details
        if (name := each.get("name")) in ours and not unlike({name: ours[name]}, {name: each.get("new_value")})
    }
    return {name: words for name, words in found.items() if unlike({name: words}, before)}


def _dropped(draft: IssueDraft, issue: Mapping[str, Any], already: list[str]) -> list[str]:
    dropped = []
    if draft.assignee is not None and not issue.get("assigned_to") and "assignee" not in already:
        dropped.append("assignee")
    if draft.due_on is not None and not issue.get("due_date"):
        dropped.append("due date")
    if draft.parent is not None and not issue.get("parent"):
        dropped.append("parent")
    if draft.confidential and not issue.get("is_private"):
        dropped.append("confidentiality")
    return dropped
