"""What changes a Jira site. Each creation is one request; everything else may be repeated."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any

from connectors.answers import not_understood, overtaken, understood, unlike
from connectors.jira import mapping
from connectors.jira.client import OPTIONAL, FieldRefused, JiraClient
from connectors.jira.parents import JiraParents
from connectors.jira.reading import JiraReading
from connectors.jira.settings import JiraSettings
from connectors.jira.workflow import JiraWorkflow
from connectors.markup import JIRA_DESCRIPTION, JIRA_SUMMARY, fit, one_line, size
from connectors.spi import AccessDenied, Created, IssueDraft, IssueRef, Place, Rejected, text_digest
from connectors.wiki import jira_wiki

_COMMENT_PAGE = 100
_LINK_KEY = 255


class JiraWriting:
    def __init__(
        self, client: JiraClient, settings: JiraSettings, reading: JiraReading, workflow: JiraWorkflow
    ) -> None:
        self._client = client
        self._settings = settings
        self._reading = reading
        self._workflow = workflow
        self._parents = JiraParents(client, settings, reading)

    def create(self, place: Place, draft: IssueDraft) -> Created:
        """One POST. Only where Jira certainly refused it, and for nothing but fields that an issue can do without
        (an assignee who may not be assigned, no due date on the screen), it is asked again without them.
        """
        asked = self._client.asked(f"create an issue in {place.name}", mutating=True)
        if draft.confidential:
            sentence = asked.sentence("Jira cannot keep one issue from those who see its project")
            raise Rejected("jira.not_confidential", sentence, "Route it to a project that only they may see.")
        fields = self._fields(place, draft)
        dropped: tuple[str, ...] = ()
        payload: dict[str, Any] = {"fields": fields}
        if self._settings.is_cloud:
            payload["properties"] = [_property(draft.marker)]
        try:
            data = self._client.post(asked, "issue", payload)
        except FieldRefused as refusal:
            dropped = tuple(sorted(refusal.fields))
            if not refusal.fields or not set(dropped) <= set(OPTIONAL) & set(fields):
                raise
            payload["fields"] = {name: value for name, value in fields.items() if name not in dropped}
            data = self._client.post(asked, "issue", payload)
        if not isinstance(data, dict) or not data.get("id") or not data.get("key"):
            raise not_understood(asked)
        issue = mapping.issue_ref(self._settings, str(data["id"]), str(data["key"]))
        return Created(issue, _digest(fields), dropped)

    def _fields(self, place: Place, draft: IssueDraft) -> dict[str, Any]:
        constants = {**place.constants, **draft.fields}
        more = constants.pop("labels", [])
        fields: dict[str, Any] = {
            **constants,
            "project": {"key": place.name},
            "issuetype": {"name": draft.issue_type or place.issue_type or "Task"},
            "summary": one_line(draft.title, JIRA_SUMMARY),
            "description": description(draft.body),
            "labels": mapping.labels_of([*draft.labels, *more], draft.marker),
        }
        if draft.parent is not None:
            fields |= self._parents.fields(draft.parent)
        if draft.due_on is not None:
            fields["duedate"] = draft.due_on.isoformat()
        if draft.assignee is not None:
            fields["assignee"] = {"accountId" if self._settings.is_cloud else "name": draft.assignee.id}
        if draft.priority is not None and draft.priority in self._settings.priorities:
            fields["priority"] = {"name": self._settings.priorities[draft.priority]}
        return fields

    def rewrite(self, ref: str, title: str, body: str, over: Collection[str] | None) -> Created:
        """Jira takes no condition with an edit: https://developer.atlassian.com/cloud/jira/platform/rest/v3/

        Its history shows afterwards what was written between our look and our edit; that is put back.
        """
        fields = {"summary": one_line(title, JIRA_SUMMARY), "description": description(body)}
        looking = self._client.asked(f"read the issue {ref}", about_issue=True)
        issue = self._reading.issue(looking, ref, ("project", *fields), history=over is not None)
        asked = self._client.asked(f"rewrite the issue {ref}", mutating=True, about_issue=True)
        with understood(looking):
            standing, changed = _digest(issue["fields"]), unlike(fields, issue["fields"])
        if over is not None and standing not in over:
            raise overtaken(asked)
        if changed:
            self._client.call(asked, "PUT", f"issue/{ref}", {"fields": changed})
        if changed and over is not None and (theirs := self._displaced(issue, changed)):
            self._client.call(asked, "PUT", f"issue/{ref}", {"fields": theirs})
            raise overtaken(asked)
        return Created(self._reading.ref_of(issue), _digest(fields))

    def _displaced(self, before: Mapping[str, Any], changed: Mapping[str, str]) -> dict[str, str]:
        asked = self._client.asked(f"read the history of the issue {before['key']}", about_issue=True)
        after = self._reading.issue(asked, str(before["id"]), history=True)
        with understood(asked):
            return mapping.displaced(before, after, self._reading.our_account(), changed)

    def text_digest(self, title: str, body: str) -> str:
        return text_digest(one_line(title, JIRA_SUMMARY), description(body))

    def comments_with(self, ref: str, marker: str) -> tuple[str, ...]:
        asked = self._client.asked(f"read the comments of the issue {ref}", about_issue=True)
        carries = re.compile(rf"{re.escape(_token(marker))}(?![\w.:-])")
        found: list[str] = []
        start = 0
        while True:
            data = self._client.get(
                asked, f"issue/{ref}/comment", startAt=start, maxResults=_COMMENT_PAGE, orderBy="created"
            )
            if not isinstance(data, dict) or not isinstance(data.get("comments"), list):
                raise not_understood(asked)
            comments = data["comments"]
            found += [str(each["id"]) for each in comments if carries.search(str(each.get("body", "")))]
            start += len(comments)
            if not comments or start >= int(data.get("total", 0)):
                return tuple(found)

    def comment(self, ref: str, marker: str, text: str, comment_ref: str | None) -> str:
        asked = self._client.asked(f"comment on the issue {ref}", mutating=True, about_issue=True)
        tail = f"\n\n~{_token(marker)}~"
        payload = {"body": fit(text, JIRA_DESCRIPTION - size(tail), jira_wiki) + tail}
        if comment_ref is not None:
            self._client.call(asked, "PUT", f"issue/{ref}/comment/{comment_ref}", payload)
            return comment_ref
        data = self._client.post(asked, f"issue/{ref}/comment", payload)
        if not isinstance(data, dict) or not data.get("id"):
            raise not_understood(asked)
        return str(data["id"])

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        asked = self._client.asked(f"close the issue {ref} as a duplicate", mutating=True, about_issue=True)
        issue = self._reading.issue(asked, ref, ("status", "issuelinks", "project"))
        self._link(ref, issue, of)
        marker = f"duplicate-{issue['id']}"
        if not self.comments_with(ref, marker):
            self.comment(ref, marker, text, None)
        self._workflow.finish_as_duplicate(ref)

    def link(self, ref: str, key: str, url: str, title: str) -> None:
        """With a `globalId` that the issue has, Jira changes that link. The library's own call asks for application
        links first, which takes an administrator.
        """
        asked = self._client.asked(f"link the issue {ref} to {key}", mutating=True, about_issue=True)
        identity = key if len(key) <= _LINK_KEY else hashlib.sha256(key.encode()).hexdigest()
        link = {"url": url, "title": one_line(title, JIRA_SUMMARY)}
        payload = {"globalId": identity, "application": {"name": "Afteraction"}, "object": link}
        self._client.post(asked, f"issue/{ref}/remotelink", payload)

    def put_under(self, ref: str, parent: str) -> None:
        asked = self._client.asked(f"put the issue {ref} under {parent}", mutating=True, about_issue=True)
        self._client.call(asked, "PUT", f"issue/{ref}", {"fields": self._parents.fields(parent)})

    def _link(self, ref: str, issue: Mapping[str, Any], of: IssueRef) -> None:
        links = issue["fields"].get("issuelinks") or ()
        if any(str((link.get("outwardIssue") or {}).get("id")) == of.ref for link in links):
            return
        asked = self._client.asked(f"link the issue {ref} to {of.key}", mutating=True)
        # The issue that is named inward is the one that "duplicates" the outward one.
        payload = {
            "type": {"name": "Duplicate"},
            "inwardIssue": {"key": issue["key"]},
            "outwardIssue": {"key": of.key},
        }
        try:
            self._client.post(asked, "issueLink", payload)
        except (AccessDenied, Rejected):
            return  # linking is switched off or the type renamed; the comment says which issue goes on


def description(body: str) -> str:
    return fit(body, JIRA_DESCRIPTION, jira_wiki)


def _digest(fields: Mapping[str, Any]) -> str:
    return text_digest(fields["summary"], fields["description"] or "")


def _property(marker: str) -> dict[str, Any]:
    return {"key": mapping.PROPERTY, "value": {"marker": marker}}


def _token(marker: str) -> str:
    return f"pm:{marker}"
