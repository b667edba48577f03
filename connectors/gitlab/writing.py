"""What changes a project's issues. Each creation is one request; everything else may be repeated."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from typing import Any

from connectors.answers import Asked, not_understood, overtaken, understood, unlike
from connectors.gitlab import mapping
from connectors.gitlab.client import PAGE, GitlabClient
from connectors.gitlab.markdown import BODY, gitlab_markdown, gitlab_title
from connectors.gitlab.reading import GitlabReading
from connectors.gitlab.settings import GitlabSettings
from connectors.markup import fit, size
from connectors.spi import Category, Created, IssueDraft, IssueRef, Missing, Place, Reading, Rejected, text_digest

_LABEL_LIMIT = 255


class GitlabWriting:
    def __init__(self, client: GitlabClient, settings: GitlabSettings, reading: GitlabReading) -> None:
        self._client = client
        self._settings = settings
        self._reading = reading

    def create(self, place: Place, draft: IssueDraft) -> Created:
        """One POST. What GitLab left out for want of a role is named in `dropped`."""
        asked = self._client.asked(f"create an issue in {place.name}", mutating=True)
        if draft.parent is not None:
            raise lacking(asked, "GitLab's epics belong to groups and not to every licence")
        payload = {**self._fields(place, draft), **self._text(draft.title, draft.body, draft.marker)}
        data = self._client.send(asked, "post", f"{mapping.project_path(place.name)}/issues", payload)
        issue = self._reading.ref_of(asked, data)
        with understood(asked):
            dropped = tuple(_dropped(draft, payload, data))
        return Created(issue, _digest(payload), dropped)

    def _fields(self, place: Place, draft: IssueDraft) -> dict[str, Any]:
        fields = {**place.constants, **draft.fields}
        more = fields.pop("labels", [])
        fields["labels"] = _labels([mapping.LABEL, *draft.labels, *([more] if isinstance(more, str) else more)])
        if issue_type := draft.issue_type or place.issue_type:
            fields["issue_type"] = issue_type.lower().replace(" ", "_")
        if draft.due_on is not None:
            fields["due_date"] = draft.due_on.isoformat()
        if draft.assignee is not None and draft.assignee.id.isdigit():
            fields["assignee_ids"] = [int(draft.assignee.id)]
        if draft.confidential:
            fields["confidential"] = True
        return fields

    def _text(self, title: str, body: str, marker: str) -> dict[str, Any]:
        return {
            "title": gitlab_title(title, self._settings.browse_url),
            "description": self._fitted(body, mapping.marker_line(marker)),
        }

    def _fitted(self, text: str, tail: str) -> str:
        site = self._settings.browse_url
        return fit(text, BODY - size(tail), lambda part: gitlab_markdown(part, site)) + tail

    def rewrite(self, ref: str, title: str, body: str, marker: str, over: Collection[str] | None) -> Created:
        """GitLab takes no condition with an edit; the version that its own pages send is no part of its API.
        https://docs.gitlab.com/api/issues/
        """
        asked = self._client.asked(f"rewrite the issue {ref}", mutating=True, about_issue=True)
        path, payload = path_of(asked, ref), self._text(title, body, marker)
        if over is None:
            return Created(
                self._reading.ref_of(asked, self._client.send(asked, "put", path, payload)), _digest(payload)
            )
        looking = self._client.asked(f"read the issue {ref}", about_issue=True)
        issue = self._client.get(looking, path).data
        with understood(looking):
            standing, changed = _digest(issue), unlike(payload, issue)
        if standing not in over:
            raise overtaken(asked)
        if changed:
            issue = self._client.send(asked, "put", path, changed)
        return Created(self._reading.ref_of(asked, issue), _digest(payload))

    def text_digest(self, title: str, body: str) -> str:
        # Any marker will do: it takes room in the body and is no part of the digest.
        return _digest(self._text(title, body, 16 * "a"))

    def comments_with(self, ref: str, marker: str) -> tuple[str, ...]:
        asked = self._client.asked(f"read the comments of the issue {ref}", about_issue=True)
        path, found, page = f"{path_of(asked, ref)}/notes", [], 1
        params = {"activity_filter": "only_comments", "order_by": "created_at", "sort": "asc"}
        while True:
            notes = self._client.get_list(asked, path, {**params, "page": page})
            with understood(asked):
                own = (note for note in notes if not note.get("system"))
                found += [str(note["id"]) for note in own if mapping.token(marker) in str(note.get("body") or "")]
            if len(notes) < PAGE:
                return tuple(found)
            page += 1

    def comment(self, ref: str, marker: str, text: str, comment_ref: str | None) -> str:
        asked = self._client.asked(f"comment on the issue {ref}", mutating=True, about_issue=True)
        path = f"{path_of(asked, ref)}/notes"
        payload = {"body": self._fitted(text, mapping.marker_line(marker))}
        if comment_ref is not None:
            self._client.send(asked, "put", f"{path}/{comment_ref}", payload)
            return comment_ref
        data = self._client.send(asked, "post", path, payload)
        if not isinstance(data, dict) or not data.get("id"):
            raise not_understood(asked)
        return str(data["id"])

    def transition(self, ref: str, to: Category) -> str:
        """Two states, and the labels that tell the rest: see `settings`."""
        asked = self._client.asked(f"move the issue {ref} to {to.value}", mutating=True, about_issue=True)
        path = path_of(asked, ref)
        now = self._now(asked, ref)
        if now.category is to:
            return now.status
        payload = self._steps(asked, now.labels, now.status, to)
        data = self._client.send(asked, "put", path, payload)
        after = self._reading.readings(asked, [data])[0]
        if after.category is not to:
            sentence = asked.sentence(f"GitLab left it {after.status}")
            cure = "Give our account the role Reporter or higher in the project, or set the status by hand."
            raise Rejected("gitlab.not_moved", sentence, cure)
        return after.status

    def _steps(self, asked: Asked, labels: tuple[str, ...], status: str, to: Category) -> dict[str, Any]:
        doing, declined = self._settings.doing_labels, self._settings.declined_labels
        payload: dict[str, Any] = {}
        if to in (Category.DONE, Category.DECLINED) and not status.startswith("closed"):
            payload["state_event"] = "close"
        if to in (Category.TODO, Category.DOING) and status.startswith("closed"):
            payload["state_event"] = "reopen"
        wanted = {Category.DOING: doing, Category.DECLINED: declined}.get(to)
        if wanted is not None:
            if not wanted:
                raise lacking(asked, "its two states do not tell it and no label is configured that does")
            payload["add_labels"] = wanted[0]
        others = {each.casefold() for each in (*doing, *declined)} - {each.casefold() for each in wanted or ()}
        if away := [each for each in labels if each.casefold() in others]:
            payload["remove_labels"] = ",".join(away)
        if not payload:
            raise lacking(asked, f"no step leads there while it is {status}")
        return payload

    def _now(self, asked: Asked, ref: str) -> Reading:
        parsed = mapping.parse_ref(ref)
        data = self._reading.issue(asked, parsed) if parsed else None
        if data is None:
            raise strange(asked)
        return self._reading.readings(asked, [data])[0]

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        """The comment for people; then the one quick action that is meant, since the API knows no other way."""
        asked = self._client.asked(f"close the issue {ref} as a duplicate", mutating=True, about_issue=True)
        path, marker = path_of(asked, ref), f"duplicate-{of.ref.replace('#', '-')}"
        if not self.comments_with(ref, marker):
            self.comment(ref, marker, text, None)
        now = self._now(asked, ref)
        if now.duplicate_of is None and mapping.parse_ref(of.ref) is not None:
            with contextlib.suppress(Rejected):  # what it cannot link: the comment says which issue goes on
                self._client.send(asked, "post", f"{path}/notes", {"body": f"/duplicate {of.key}"})
            now = self._now(asked, ref)
        if not now.status.startswith("closed"):
            self._client.send(asked, "put", path, {"state_event": "close"})


def path_of(asked: Asked, ref: str) -> str:
    parsed = mapping.parse_ref(ref)
    if parsed is None:
        raise strange(asked)
    return parsed.path


def strange(asked: Asked) -> Missing:
    cure = "Look in the tracker for the issue and settle it by hand."
    return Missing("gitlab.missing", asked.sentence("it is gone, or its reference is not one of ours"), cure)


def lacking(asked: Asked, because: str) -> Rejected:
    return Rejected("gitlab.unsupported", asked.sentence(because), "Do without it, or do it in GitLab by hand.")


def _digest(payload: Mapping[str, Any]) -> str:
    return text_digest(payload["title"], mapping.without_marker(payload["description"] or ""))


def _labels(words: list[str]) -> list[str]:
    plain = (" ".join(word.replace(",", " ").split())[:_LABEL_LIMIT] for word in words)
    return list(dict.fromkeys(word for word in plain if word))


def _dropped(draft: IssueDraft, payload: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    dropped = []
    if draft.assignee is not None and not data.get("assignees"):
        dropped.append("assignee")
    if draft.due_on is not None and not data.get("due_date"):
        dropped.append("due date")
    if draft.confidential and not data.get("confidential"):
        dropped.append("confidentiality")
    has = {str(each["name"] if isinstance(each, dict) else each).casefold() for each in data.get("labels") or ()}
    if missing := {each.casefold() for each in payload["labels"]} - has:
        dropped.append(f"labels {', '.join(sorted(missing))}")
    return dropped
