"""Forgejo as a tracker. What each call takes and answers: https://codeberg.org/api/swagger"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from afteraction_forgejo import hooks, mapping
from afteraction_forgejo.settings import ForgejoSettings
from connectors.answers import Asked, assignee_finding, overtaken, understood, unlike
from connectors.http import within
from connectors.rest import Rest
from connectors.spi import (
    AccessDenied,
    Account,
    Capabilities,
    Category,
    Changes,
    Created,
    Credential,
    Feed,
    Finding,
    Hook,
    Ignored,
    IssueDraft,
    IssueRef,
    Missing,
    Moved,
    Place,
    PlaceDescription,
    Reading,
    Rejected,
    Sweep,
    Touched,
    Visibility,
)

PAGE = 50
OVERLAP = timedelta(minutes=1)
CLOCKS = timedelta(minutes=5)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class ForgejoTracker:
    """One site with all its repositories. Made without a request; used by one thread at a time."""

    def __init__(self, name: str, settings: ForgejoSettings) -> None:
        self.name = name
        self.capabilities = Capabilities(
            quiet_seconds=settings.quiet_seconds,
            call_seconds=settings.call_seconds,
            reads_per_call=1,
            title_limit=mapping.TITLE,
            body_limit=mapping.BODY,
        )
        self.hook: Hook | None = hooks.ForgejoHook(name, settings.webhook_secrets) if settings.webhook_secrets else None
        self._site = settings.api_url
        self._api = Rest(Asked("forgejo", name, "", secret=settings.token), settings.reach, scheme="token")
        self._us: str | None = None

    def check(self) -> Sequence[Finding]:
        with within(self.capabilities.call_seconds):
            return self._api.findings("see who our account is", "/user")

    def credential(self) -> Credential:
        with within(self.capabilities.call_seconds):
            return Credential(self._account())

    def describe(self, place: Place) -> PlaceDescription:
        """Whoever may read issues of a repository may open some there, and edit what they opened."""
        try:
            with within(self.capabilities.call_seconds):
                what = f"look at the repository {place.name}"
                repo = self._api.get(what, mapping.repo_path(place.name), one=False).data
        except AccessDenied as error:
            return PlaceDescription(Visibility.UNKNOWN, (Finding(error.code, error.sentence, error.cure),))
        with understood(self._asked(what)):
            seen_by = Visibility.INTERNAL if repo["private"] or repo.get("internal") else Visibility.PUBLIC
            return PlaceDescription(seen_by, tuple(self._faults(place.name, repo)))

    def _faults(self, place: str, repo: Mapping[str, Any]) -> list[Finding]:
        found = []
        if repo.get("archived"):
            sentence = f"{self.name}: the repository {place} is archived and takes no issues."
            found.append(Finding("forgejo.archived", sentence, "Unarchive it, or name another place."))
        if not repo.get("has_issues", True):
            sentence = f"{self.name}: the repository {place} has issues switched off."
            found.append(Finding("forgejo.issues_disabled", sentence, "Switch them on in its settings."))
        return found

    def unassignable(self, place: Place, accounts: Sequence[Account]) -> Sequence[Finding]:
        with within(self.capabilities.call_seconds):
            what = f"see who may be assigned in {place.name}"
            listed = self._api.get(what, f"{mapping.repo_path(place.name)}/assignees", one=False).data
        with understood(self._asked(what)):
            logins = {each["login"] for each in listed}
        return [assignee_finding("forgejo", self.name, place.name, each) for each in accounts if each.id not in logins]

    def create(self, place: Place, draft: IssueDraft) -> Created:
        """One POST. Only where it was certainly refused, and an assignee was named, it is sent again without."""
        what = f"create an issue in {place.name}"
        if draft.parent is not None:
            raise self._lacking(what, "Forgejo puts no issue under another")
        if draft.confidential:
            raise self._lacking(what, "Forgejo shows an issue to whoever sees its repository")
        text = self._text(draft.title, draft.body, draft.marker)
        payload: dict[str, Any] = {**place.constants, **draft.fields, **text}
        if draft.due_on is not None:
            payload["due_date"] = f"{draft.due_on}T12:00:00Z"
        if draft.assignee is not None:
            payload["assignees"] = [draft.assignee.id]
        path = f"{mapping.repo_path(place.name)}/issues"
        with within(self.capabilities.call_seconds):
            try:
                issue = self._api.change(what, path, payload, one=False).data
            except Rejected:
                if payload.pop("assignees", None) is None:
                    raise
                issue = self._api.change(what, path, payload, one=False).data
        with understood(self._asked(what, mutating=True)):
            ref = mapping.issue_ref(self._site, mapping.Ref(place.name, int(issue["number"])))
            return Created(ref, mapping.digest(text), tuple(_dropped(draft, issue)))

    def find(self, place: Place, marker: str, since: datetime) -> Sequence[Reading]:
        """By the list, which is read from the database; a search by text goes by an index that lags."""
        what, found, page, more = f"look for an issue of ours in {place.name}", [], 1, True
        with within(self.capabilities.call_seconds):
            while more:
                readings, more = self._page(what, place.name, since - CLOCKS, page)
                found += [each for each in readings if marker in each.markers]
                page += 1
        return sorted(found, key=lambda each: int(each.issue.ref.rpartition("#")[2]))

    def look_up(self, url: str) -> Reading | None:
        ref = mapping.ref_in(self._site, url)
        if ref is None:
            return None
        with within(self.capabilities.call_seconds):
            return self._reading(f"read the issue {ref}", ref.place, self._issue(ref))

    def read(self, refs: Sequence[str]) -> Sweep:
        present, gone = [], []
        with within(self.capabilities.call_seconds):
            for text in refs:
                try:
                    ref = self._ref(text)
                    present.append(self._reading(f"read the issue {ref}", ref.place, self._issue(ref)))
                except Moved:
                    raise
                except Missing:
                    gone.append(text)
        return Sweep(tuple(present), tuple(gone))

    def feeds(self, places: Sequence[str]) -> Sequence[Feed]:
        return [Feed(each, (each,)) for each in sorted(set(places))]

    def changes(self, feed: Feed, cursor: str | None, now: datetime) -> Changes:
        """The pages of one instant, then from a minute before the last change seen: instants are whole seconds."""
        _ = now  # the cursor goes by Forgejo's own clock
        since, page, seen = _position(cursor)
        with within(self.capabilities.call_seconds):
            readings, more = self._page("ask what changed", feed.name, since, page)
        seen = max([seen, *(each.updated_at for each in readings)])
        ours = tuple(each for each in readings if each.markers)
        if more:
            return Changes(ours, _cursor(since, page + 1, seen), more=True)
        return Changes(ours, _cursor(seen - OVERLAP, 1, seen))

    def rewrite(self, ref: str, title: str, body: str, marker: str, over: Collection[str] | None = None) -> Created:
        what, known, text = f"rewrite the issue {ref}", self._ref(ref), self._text(title, body, marker)
        wanted: Mapping[str, str] = text
        with within(self.capabilities.call_seconds):
            if over is not None:
                issue = self._issue(known)
                if mapping.digest(issue) not in over:
                    raise overtaken(self._asked(what))
                wanted = unlike(text, issue)
            if wanted:
                self._api.change(what, known.path, wanted, "PATCH")
        return Created(mapping.issue_ref(self._site, known), mapping.digest(text))

    def text_digest(self, title: str, body: str) -> str:
        # Any marker will do: it takes room in the body and is no part of the digest.
        return mapping.digest(self._text(title, body, 16 * "a"))

    def comments_with(self, ref: str, marker: str) -> Sequence[str]:
        what = f"read the comments of the issue {ref}"
        with within(self.capabilities.call_seconds):
            comments = self._api.get(what, f"{self._ref(ref).path}/comments").data
        with understood(self._asked(what)):
            return [str(each["id"]) for each in comments if mapping.token(marker) in each["body"]]

    def comment(self, ref: str, marker: str, text: str, comment_ref: str | None) -> str:
        what, known = f"comment on the issue {ref}", self._ref(ref)
        payload = {"body": mapping.body_of(text, marker, self._site)}
        with within(self.capabilities.call_seconds):
            if comment_ref is not None:
                self._api.change(
                    what, f"{mapping.repo_path(known.place)}/issues/comments/{comment_ref}", payload, "PATCH"
                )
                return comment_ref
            comment = self._api.change(what, f"{known.path}/comments", payload).data
        with understood(self._asked(what, mutating=True)):
            return str(comment["id"])

    def transition(self, ref: str, to: Category) -> str:
        what, known = f"move the issue {ref} to {to.value}", self._ref(ref)
        state = next((word for word, meaning in mapping.CATEGORIES.items() if meaning is to), None)
        if state is None:
            raise self._lacking(what, "Forgejo knows open and closed alone")
        with within(self.capabilities.call_seconds):
            if self._issue(known)["state"] != state:
                self._api.change(what, known.path, {"state": state}, "PATCH")
            return str(self._issue(known)["state"])

    def link(self, ref: str, key: str, url: str, title: str) -> None:
        _ = key, url, title
        raise self._lacking(f"link the issue {ref}", "Forgejo has no links beside the text")

    def put_under(self, ref: str, parent: str) -> None:
        raise self._lacking(f"put the issue {ref} under {parent}", "Forgejo puts no issue under another")

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        marker = f"duplicate-{of.ref}"
        with within(self.capabilities.call_seconds):
            if not self.comments_with(ref, marker):
                self.comment(ref, marker, text, None)
            self.transition(ref, Category.DONE)

    def touched(self, headers: Mapping[str, str], body: bytes) -> Touched | Ignored:
        return hooks.touched(headers, body)

    def _account(self) -> str:
        if self._us is None:
            what = "see who our account is"
            user = self._api.get(what, "/user", one=False).data
            with understood(self._asked(what)):
                self._us = str(user["login"])
        return self._us

    def _text(self, title: str, body: str, marker: str) -> dict[str, str]:
        return {
            "title": mapping.title_of(title, self._site),
            "body": mapping.body_of(body, marker, self._site),
        }

    def _issue(self, ref: mapping.Ref) -> Mapping[str, Any]:
        what = f"read the issue {ref}"
        issue: Mapping[str, Any] = self._api.get(what, ref.path).data
        with understood(self._asked(what)):
            return {**issue, "state": str(issue["state"]), "title": str(issue["title"]), "body": str(issue["body"])}

    def _page(self, what: str, place: str, since: datetime, page: int) -> tuple[list[Reading], bool]:
        """Issues that were changed since then, and whether there are more: a server may have smaller pages."""
        params = {"state": "all", "type": "issues", "since": since.isoformat(), "page": page, "limit": PAGE}
        reply = self._api.get(what, f"{mapping.repo_path(place)}/issues", params, one=False)
        with understood(self._asked(what)):
            return [self._reading(what, place, issue) for issue in reply.data], 'rel="next"' in reply.headers.get(
                "link", ""
            )

    def _reading(self, what: str, place: str, issue: Mapping[str, Any]) -> Reading:
        us = self._account()
        with understood(self._asked(what)):
            return mapping.reading_of(self._site, place, issue, us)

    def _ref(self, text: str) -> mapping.Ref:
        ref = mapping.parse_ref(text)
        if ref is None:
            sentence = f"{self.name}: {text} is no reference of ours to an issue."
            raise Missing("forgejo.missing", sentence, "Look in the tracker for the issue and settle it by hand.")
        return ref

    def _asked(self, what: str, *, mutating: bool = False) -> Asked:
        return Asked("forgejo", self.name, what, mutating)

    def _lacking(self, what: str, because: str) -> Rejected:
        sentence = self._asked(what).sentence(because)
        return Rejected("forgejo.unsupported", sentence, "Do without it, or do it in Forgejo by hand.")


def _dropped(draft: IssueDraft, issue: Mapping[str, Any]) -> list[str]:
    """Labels go by a number that only another request would tell; the rest needs the right to write."""
    dropped = ["labels"] if draft.labels else []
    if draft.assignee is not None and not issue.get("assignees"):
        dropped.append("assignee")
    if draft.due_on is not None and not issue.get("due_date"):
        dropped.append("due date")
    return dropped


def _cursor(since: datetime, page: int, seen: datetime) -> str:
    return json.dumps({"since": since.isoformat(), "page": page, "seen": seen.isoformat()})


def _position(cursor: str | None) -> tuple[datetime, int, datetime]:
    """What cannot be read begins anew: repeating is harmless."""
    try:
        known = json.loads(cursor or "")
        return datetime.fromisoformat(known["since"]), int(known["page"]), datetime.fromisoformat(known["seen"])
    except (ValueError, TypeError, KeyError):
        return BEGINNING, 1, BEGINNING
