"""Jira, Cloud or Data Center, as a tracker."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from connectors.http import within
from connectors.jira import hooks
from connectors.jira.client import JiraClient
from connectors.jira.people import JiraPeople
from connectors.jira.places import JiraPlaces
from connectors.jira.reading import JiraReading
from connectors.jira.settings import JiraSettings
from connectors.jira.site import JiraSite
from connectors.jira.workflow import JiraWorkflow
from connectors.jira.writing import JiraWriting
from connectors.markup import JIRA_DESCRIPTION, JIRA_SUMMARY
from connectors.spi import (
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
    Place,
    PlaceDescription,
    Reading,
    Sweep,
    Touched,
)


class JiraTracker:
    """One site. Made without a request; used by one thread at a time."""

    def __init__(self, name: str, settings: JiraSettings) -> None:
        self.name = name
        self.capabilities = Capabilities(
            quiet_seconds=settings.quiet_seconds,
            call_seconds=settings.call_seconds,
            links=True,
            parents=True,
            issue_types=True,
            duplicates=True,
            expiry=not settings.is_cloud and settings.user is None,
            title_limit=JIRA_SUMMARY,
            body_limit=JIRA_DESCRIPTION,
        )
        self.hook: Hook | None = hooks.JiraHook(name, settings.webhook_secrets) if settings.webhook_secrets else None
        client = JiraClient(name, settings)
        self._reading = JiraReading(client, settings)
        self._workflow = JiraWorkflow(client, settings, self._reading)
        self._writing = JiraWriting(client, settings, self._reading, self._workflow)
        self._places = JiraPlaces(client, settings, self._reading, self._workflow)
        self._site = JiraSite(name, client, settings)
        self._people = JiraPeople(client, settings)

    def check(self) -> Sequence[Finding]:
        with within(self.capabilities.call_seconds):
            return self._site.check()

    def describe(self, place: Place) -> PlaceDescription:
        with within(self.capabilities.call_seconds):
            return self._places.describe(place)

    def unassignable(self, place: Place, accounts: Sequence[Account]) -> Sequence[Finding]:
        with within(self.capabilities.call_seconds):
            return self._people.unassignable(place, accounts)

    def create(self, place: Place, draft: IssueDraft) -> Created:
        with within(self.capabilities.call_seconds):
            return self._writing.create(place, draft)

    def find(self, place: Place, marker: str, since: datetime) -> Sequence[Reading]:
        with within(self.capabilities.call_seconds):
            return self._reading.find(place, marker, since)

    def look_up(self, url: str) -> Reading | None:
        with within(self.capabilities.call_seconds):
            return self._reading.look_up(url)

    def read(self, refs: Sequence[str]) -> Sweep:
        return self._reading.read(refs)

    def feeds(self, places: Sequence[str]) -> Sequence[Feed]:
        return [Feed("site", tuple(sorted(set(places))))] if places else []

    def changes(self, feed: Feed, cursor: str | None, now: datetime) -> Changes:
        with within(self.capabilities.call_seconds):
            return self._reading.changes(feed, cursor, now)

    def rewrite(self, ref: str, title: str, body: str, marker: str, over: Collection[str] | None = None) -> Created:
        _ = marker  # stands in a label and a property, not in the text
        with within(self.capabilities.call_seconds):
            return self._writing.rewrite(ref, title, body, over)

    def text_digest(self, title: str, body: str) -> str:
        return self._writing.text_digest(title, body)

    def comments_with(self, ref: str, marker: str) -> Sequence[str]:
        with within(self.capabilities.call_seconds):
            return self._writing.comments_with(ref, marker)

    def comment(self, ref: str, marker: str, text: str, comment_ref: str | None) -> str:
        with within(self.capabilities.call_seconds):
            return self._writing.comment(ref, marker, text, comment_ref)

    def transition(self, ref: str, to: Category) -> str:
        with within(self.capabilities.call_seconds):
            return self._workflow.move(ref, to)

    def link(self, ref: str, key: str, url: str, title: str) -> None:
        with within(self.capabilities.call_seconds):
            self._writing.link(ref, key, url, title)

    def put_under(self, ref: str, parent: str) -> None:
        with within(self.capabilities.call_seconds):
            self._writing.put_under(ref, parent)

    def credential(self) -> Credential:
        with within(self.capabilities.call_seconds):
            return self._site.credential()

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        with within(self.capabilities.call_seconds):
            self._writing.close_as_duplicate(ref, of, text)

    def touched(self, headers: Mapping[str, str], body: bytes) -> Touched | Ignored:
        return hooks.touched(headers, body)
