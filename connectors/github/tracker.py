"""GitHub as a tracker."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from connectors.answers import assignee_finding
from connectors.github import hooks
from connectors.github.client import GithubClient
from connectors.github.places import GithubPlaces
from connectors.github.reading import GithubReading
from connectors.github.settings import GithubSettings
from connectors.github.workflow import GithubWorkflow, no_links
from connectors.github.writing import GithubWriting, shown
from connectors.http import within
from connectors.markup import GITHUB_BODY, GITHUB_TITLE
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


class GithubTracker:
    """One GitHub, with all its repositories. Made without a request; used by one thread at a time."""

    def __init__(self, name: str, settings: GithubSettings) -> None:
        self.name = name
        self.capabilities = Capabilities(
            quiet_seconds=settings.quiet_seconds,
            call_seconds=settings.call_seconds,
            rates=settings.rates,
            due_dates=False,
            parents=True,
            issue_types=True,
            duplicates=True,
            expiry=True,
            title_limit=GITHUB_TITLE,
            body_limit=GITHUB_BODY,
        )
        self.hook: Hook | None = hooks.GithubHook(name, settings.webhook_secrets) if settings.webhook_secrets else None
        self._client = client = GithubClient(name, settings)
        self._reading = GithubReading(client, settings)
        self._writing = GithubWriting(client, settings)
        self._workflow = GithubWorkflow(client, settings, self._writing)
        self._places = GithubPlaces(name, client)

    def check(self) -> Sequence[Finding]:
        with within(self.capabilities.call_seconds):
            return self._places.check()

    def describe(self, place: Place) -> PlaceDescription:
        with within(self.capabilities.call_seconds):
            return self._places.describe(place)

    def unassignable(self, place: Place, accounts: Sequence[Account]) -> Sequence[Finding]:
        with within(self.capabilities.call_seconds):
            return [
                assignee_finding("github", self.name, place.name, each)
                for each in accounts
                if not self._writing.may_be_assigned(place.name, each.id)
            ]

    def create(self, place: Place, draft: IssueDraft) -> Created:
        with within(self.capabilities.call_seconds):
            if draft.parent is None:
                return self._writing.create(place, draft)
            asked = self._client.asked(f"create an issue in {place.name} under {shown(draft.parent)}")
            self._workflow.check_parent(asked, draft.parent)
            return self._workflow.placed_under(self._writing.create(place, draft), draft.parent)

    def find(self, place: Place, marker: str, since: datetime) -> Sequence[Reading]:
        with within(self.capabilities.call_seconds):
            return self._reading.find(place, marker, since)

    def look_up(self, url: str) -> Reading | None:
        with within(self.capabilities.call_seconds):
            return self._reading.look_up(url)

    def read(self, refs: Sequence[str]) -> Sweep:
        return self._reading.read(refs)

    def feeds(self, places: Sequence[str]) -> Sequence[Feed]:
        return [Feed(place, (place,)) for place in sorted(set(places))]

    def changes(self, feed: Feed, cursor: str | None, now: datetime) -> Changes:
        with within(self.capabilities.call_seconds):
            return self._reading.changes(feed, cursor, now)

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
            return self._workflow.transition(ref, to)

    def link(self, ref: str, key: str, url: str, title: str) -> None:
        _ = key, url, title  # GitHub's issues have nothing that takes them
        raise no_links(self._client.asked(f"link the issue {shown(ref)}", about_issue=True))

    def put_under(self, ref: str, parent: str) -> None:
        with within(self.capabilities.call_seconds):
            self._workflow.put_under(ref, parent)

    def credential(self) -> Credential:
        with within(self.capabilities.call_seconds):
            return self._places.credential()

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        with within(self.capabilities.call_seconds):
            self._workflow.close_as_duplicate(ref, of, text)

    def touched(self, headers: Mapping[str, str], body: bytes) -> Touched | Ignored:
        return hooks.touched(headers, body)
