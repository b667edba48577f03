"""The ports a connector implements. Every method does one thing, keeps no state between calls, and raises only
`ConnectorError`s. No method retries by itself what changes something: retrying is the caller's, after a probe.
Every call ends within the capability `call_seconds`, however slowly the vendor answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from connectors.spi.documents import (
    FetchById,
    Finalized,
    ItemStatus,
    PostmortemDocument,
    SourceCapabilities,
)
from connectors.spi.types import (
    Account,
    Capabilities,
    Category,
    Changes,
    Created,
    Credential,
    Event,
    Feed,
    Finding,
    Ignored,
    IssueDraft,
    IssueRef,
    Notice,
    Place,
    PlaceDescription,
    Reading,
    Receipt,
    Secret,
    Sweep,
    Touched,
)

SPI_VERSION = 1

T = TypeVar("T")


class Hook(Protocol):
    """The door's view of whoever sends webhooks: prove who sent it, and name the delivery."""

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """The delivery's own key, the same for each repetition. Raises NotAuthentic. `headers` keys are lower case."""
        ...


class Tracker(Protocol):
    """Where issues live."""

    capabilities: Capabilities
    hook: Hook | None

    def check(self) -> Sequence[Finding]:
        """Faults of the whole connection (address, token, clock), each with its cure; empty when all holds."""
        ...

    def describe(self, place: Place) -> PlaceDescription:
        """Visibility of the place, and every fault that would make a creation there fail."""
        ...

    def unassignable(self, place: Place, accounts: Sequence[Account]) -> Sequence[Finding]:
        """A fault for each of these accounts that no issue there can be assigned to: unknown to the tracker, switched
        off, or not let in there. Changes nothing; as many requests as accounts, or fewer where the vendor allows.
        """
        ...

    def create(self, place: Place, draft: IssueDraft) -> Created:
        """Creates one issue with one request. Raises OutcomeUnknown where the issue may exist all the same."""
        ...

    def find(self, place: Place, marker: str, since: datetime) -> Sequence[Reading]:
        """Issues in the place that carry the marker, created at or after `since`, oldest first."""
        ...

    def look_up(self, url: str) -> Reading | None:
        """The issue behind a URL that a person wrote, or None if the URL is not of this tracker. Raises Missing."""
        ...

    def read(self, refs: Sequence[str]) -> Sweep:
        """These issues, `reads_per_call` a request. What is silently absent is confirmed before it is called gone."""
        ...

    def feeds(self, places: Sequence[str]) -> Sequence[Feed]:
        """How changes in these places are asked for: the fewest streams that the vendor allows."""
        ...

    def changes(self, feed: Feed, cursor: str | None, now: datetime) -> Changes:
        """Issues of ours that changed since the cursor, one request a page, with the overlap the vendor's lag needs."""
        ...

    def rewrite(self, ref: str, title: str, body: str, marker: str, over: Collection[str] | None = None) -> Created:
        """Sets title and body (Markdown), keeping the marker. May be repeated freely.

        With `over` it is done only while the issue's text has one of these digests, by the vendor's own condition or by
        a look immediately before, and of title and body only what differs is sent. Raises Overtaken.
        """
        ...

    def text_digest(self, title: str, body: str) -> str:
        """What `Reading.text_digest` is of an issue that `create` or `rewrite` gave this text; no request is made."""
        ...

    def comments_with(self, ref: str, marker: str) -> Sequence[str]:
        """Refs of comments on the issue that carry the marker, oldest first."""
        ...

    def comment(self, ref: str, marker: str, text: str, comment_ref: str | None) -> str:
        """Puts a comment (Markdown) that carries the marker, or edits `comment_ref` in place; returns its ref."""
        ...

    def transition(self, ref: str, to: Category) -> str:
        """Moves the issue to a status of that category by the vendor's own steps; returns the status it has then, read
        back. Where it is in the category already, nothing is done. Raises Rejected where no way leads there.
        """
        ...

    def link(self, ref: str, key: str, url: str, title: str) -> None:
        """Puts a web link beside the issue's text, or changes the one of the same `key`. May be repeated freely."""
        ...

    def put_under(self, ref: str, parent: str) -> None:
        """Puts the issue under its parent. May be repeated freely. Raises Rejected where the two do not go together."""
        ...

    def credential(self) -> Credential:
        """Whose token ours is, and when it ends where the vendor says so."""
        ...

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        """Closes the issue as a duplicate and says so in a comment. May be repeated freely."""
        ...

    def touched(self, headers: Mapping[str, str], body: bytes) -> Touched | Ignored:
        """Which issues an authentic webhook is about. Raises Unreadable."""
        ...


class Source(Protocol):
    """Where postmortems come from."""

    capabilities: SourceCapabilities
    hook: Hook | None

    def check(self) -> Sequence[Finding]: ...

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        """What an authentic delivery says. Raises Unreadable."""
        ...

    def fetch(self, source_id: str) -> PostmortemDocument:
        """The document as it is now, by an id that `parse` or `finalized_since` named. What the tool has no more, or
        has no postmortem of yet, is a document with the status deleted. Raises Missing where the tool does not say.
        """
        ...

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        """A page of what is final there, oldest first; None where the source has no list to ask."""
        ...

    def tell(self, status: ItemStatus) -> None:
        """Tells the tool how one of its items is doing; may be repeated freely. Raises Rejected where it cannot be
        told, Missing where the tool has the item no more.
        """
        ...


class Channel(Protocol):
    """Where notices go."""

    def check(self) -> Sequence[Finding]: ...

    def send(self, notice: Notice) -> None:
        """Hands the notice over. Raises Unavailable, OutcomeUnknown (may have been taken), Rejected, AccessDenied."""
        ...


class Listener(Protocol):
    """Who is told what happened, program to program."""

    call_seconds: float

    def check(self) -> Sequence[Finding]: ...

    def send(self, event: Event) -> Receipt:
        """Hands the event over; may be repeated freely, for its id says that it is the same. Raises Unavailable,
        OutcomeUnknown, AccessDenied; Missing where the listener says for good that it is no more.
        """
        ...


class SettingsCheck(Protocol):
    """Reads one table of the configuration. Shaped like a marshmallow Schema's `load`: raises its ValidationError."""

    def __call__(self, table: Mapping[str, Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Role(Generic[T]):
    """One thing a connector can be: how its table in `afteraction.toml` is read, and how it is made.

    `settings` takes the table without `type` and returns a frozen settings object; secrets in it are `Secret`s.
    `make` takes the configured name and that object.
    `target_settings` reads a tracker target's own extra keys into a mapping (None: it has none).
    """

    settings: SettingsCheck
    make: Callable[[str, Any], T]
    target_settings: SettingsCheck | None = None


@dataclass(frozen=True, slots=True)
class Connector:
    """A vendor's declaration, offered by an entry point in the group `afteraction.connectors`.

    `make` of a role is called once per process and configured name. `spi_version` must equal `SPI_VERSION`.
    `schemas`: JSON Schemas of documents that it takes, by file name, for us to publish.
    """

    title: str
    spi_version: int = SPI_VERSION
    tracker: Role[Tracker] | None = None
    source: Role[Source] | None = None
    channel: Role[Channel] | None = None
    listener: Role[Listener] | None = None
    schemas: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)


__all__ = ["SPI_VERSION", "Channel", "Connector", "Hook", "Listener", "Role", "Secret", "Source", "Tracker"]
