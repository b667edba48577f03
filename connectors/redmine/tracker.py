"""Redmine as a tracker."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from connectors.http import within
from connectors.redmine.client import RedmineClient
from connectors.redmine.markdown import TITLE
from connectors.redmine.places import RedminePlaces
from connectors.redmine.reading import RedmineReading
from connectors.redmine.settings import RedmineSettings
from connectors.redmine.writing import BODY, RedmineWriting, lacking
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


class RedmineTracker:
    """One Redmine, with all its projects. Made without a request; used by one thread at a time."""

    def __init__(self, name: str, settings: RedmineSettings) -> None:
        self.name = name
        self.capabilities = Capabilities(
            quiet_seconds=settings.quiet_seconds,
            call_seconds=settings.call_seconds,
            rates=settings.rates,
            parents=True,
            confidential=True,
            issue_types=True,
            duplicates=True,
            webhooks=False,
            title_limit=TITLE,
            body_limit=BODY,
        )
        self.hook: Hook | None = None
        self._client = RedmineClient(name, settings)
        self._reading = RedmineReading(self._client, settings)
        self._places = RedminePlaces(name, self._client, settings, self._reading)
        self._writing = RedmineWriting(self._client, settings, self._reading, self._places)

    def check(self) -> Sequence[Finding]:
        with within(self.capabilities.call_seconds):
            return self._places.check()

    def describe(self, place: Place) -> PlaceDescription:
        with within(self.capabilities.call_seconds):
            return self._places.describe(place)

    def unassignable(self, place: Place, accounts: Sequence[Account]) -> Sequence[Finding]:
        with within(self.capabilities.call_seconds):
            return self._places.unassignable(place, accounts)

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
        with within(self.capabilities.call_seconds):
            return self._reading.read(refs)

    def feeds(self, places: Sequence[str]) -> Sequence[Feed]:
        return [Feed("site", tuple(sorted(set(places))))] if places else []

    def changes(self, feed: Feed, cursor: str | None, now: datetime) -> Changes:
        _ = feed, now  # there is one feed, and its cursor goes by Redmine's own clock
        with within(self.capabilities.call_seconds):
            return self._reading.changes(cursor)

    def rewrite(self, ref: str, title: str, body: str, marker: str, over: Collection[str] | None = None) -> Created:
        with within(self.capabilities.call_seconds):
            return self._writing.rewrite(ref, title, body, marker, over)

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
            return self._writing.transition(ref, to)

    def link(self, ref: str, key: str, url: str, title: str) -> None:
        _ = key, url, title
        raise lacking(self._client.asked(f"link the issue {ref}"), "Redmine links issues with issues alone")

    def put_under(self, ref: str, parent: str) -> None:
        with within(self.capabilities.call_seconds):
            self._writing.put_under(ref, parent)

    def credential(self) -> Credential:
        with within(self.capabilities.call_seconds):
            return Credential(str(self._reading.me().get("login", "")))

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        with within(self.capabilities.call_seconds):
            self._writing.close_as_duplicate(ref, of, text)

    def touched(self, headers: Mapping[str, str], body: bytes) -> Touched | Ignored:
        _ = headers, body
        return Ignored("Redmine sends no webhooks")
