"""What passes between the house and a connector: frozen values, no behaviour beyond reading them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any


class Category(StrEnum):
    """What a tracker's status means to us; the vendor's own word travels beside it."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"
    DECLINED = "declined"


class Visibility(StrEnum):
    """Who may read a postmortem or a place. `UNKNOWN` is only ever a place's."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PRIVATE = "private"
    UNKNOWN = "unknown"


class Secret:
    """A credential that is read when it is used and never printed.

    `NAME` comes from the environment; where `NAME_FILE` names a file instead, the file is read again whenever it
    changed, so a replaced token is used without a restart.
    """

    __slots__ = ("_stamp", "_text", "name")

    def __init__(self, name: str, text: str | None = None) -> None:
        self.name = name
        self._text = text
        self._stamp: tuple[int, int] | None = None

    def reveal(self) -> str:
        """The credential, stripped of surrounding white space. Raises LookupError if it is set nowhere."""
        path = os.environ.get(f"{self.name}_FILE")
        if path:
            return self._from_file(Path(path))
        text = os.environ.get(self.name, self._text if self._text is not None else "")
        if not text.strip():
            raise LookupError(f"The secret {self.name} is not set: set {self.name} or {self.name}_FILE.")
        if any("\ud800" <= each <= "\udfff" for each in text):
            raise LookupError(f"The secret {self.name} is not UTF-8: set it as text.")
        return text.strip()

    def _from_file(self, path: Path) -> str:
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp or self._text is None:
                self._text, self._stamp = path.read_text(encoding="utf-8").strip(), stamp
        except UnicodeDecodeError:
            raise LookupError(
                f"The secret file of {self.name} is not UTF-8: write the secret into it as text."
            ) from None
        except OSError as error:
            raise LookupError(f"The secret file of {self.name} cannot be read: {error.strerror}.") from error
        if not self._text:
            raise LookupError(f"The secret file of {self.name} is empty: write the secret into it.")
        return self._text

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Account:
    """A person as one tracker knows them. `id` is what the tracker's API takes (accountId, login, user id)."""

    id: str
    name: str = ""
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a tracker issues go: a Jira project key, `owner/repo` on GitHub; with what every issue there needs.

    `constants` are vendor field values sent with every creation (required custom fields, components). `per_issue` are
    the fields that each creation gives by `IssueDraft.fields`: their values differ, so `describe` goes by their names.
    """

    name: str
    issue_type: str | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    per_issue: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """An issue to be created. `body` is Markdown (CommonMark); the connector renders it and adds the marker.

    `marker` is the stable token by which `find` sees the issue again; `labels` are plain words; `priority` is our
    `p0`..`p4`, mapped by the connector's table or left out where the vendor has none. `fields` are vendor field values
    for this issue alone, over `Place.constants`; `issue_type` is over `Place.issue_type`. `parent` is the ref of the
    issue that it stands under; `confidential` keeps it from whoever is not a member of the place. Either of the two is
    Rejected, never left out, where the capability is lacking.
    """

    title: str
    body: str
    marker: str
    labels: Sequence[str] = ()
    priority: str | None = None
    due_on: date | None = None
    assignee: Account | None = None
    link: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    issue_type: str | None = None
    parent: str | None = None
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class IssueRef:
    """An issue as the tracker names it. `ref` is opaque and the connector's own; `key` and `url` are for people."""

    ref: str
    key: str
    url: str
    place: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One issue as the tracker shows it at `updated_at` (the tracker's clock, aware, perhaps whole seconds).

    `text_digest` is `spi.text_digest` of title and body as the tracker would give back what `create` or `rewrite`
    wrote, without the marker; `ours` says whether our own account created it (None: not told); `comments` counts
    comments, ours included (None: not told); `duplicate_of` is the ref of the issue that this one duplicates,
    and empty where the tracker says that it is a duplicate and not of which.
    """

    issue: IssueRef
    title: str
    status: str
    category: Category
    updated_at: datetime
    markers: tuple[str, ...] = ()
    text_digest: str | None = None
    assignee: Account | None = None
    due_on: date | None = None
    priority: str | None = None
    labels: tuple[str, ...] = ()
    comments: int | None = None
    ours: bool | None = None
    created_at: datetime | None = None
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """What a successful creation is known by, without reading it back. `dropped` names parts the tracker left out.

    `text_digest` is what a later `Reading.text_digest` is compared with.
    """

    issue: IssueRef
    text_digest: str
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """One stream of changes with a cursor of its own: a whole site (Jira) or one repository (GitHub)."""

    name: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of a feed. `cursor` is opaque to us and is stored when the page was applied; `more`: ask again now."""

    readings: tuple[Reading, ...]
    cursor: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """What reading by ref found. `gone` refs were confirmed absent; `moved` maps an asked ref to where it is now."""

    readings: tuple[Reading, ...]
    gone: tuple[str, ...] = ()
    moved: Mapping[str, IssueRef] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault that `check --online` shows: a machine word, what is wrong in one sentence, and the cure."""

    code: str
    sentence: str
    cure: str


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` creations in any `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PlaceField:
    """A field that an issue of the configured type has there. `id` is what `constants` and `fields` name it by;
    `allowed` are the values that the vendor lists (empty: it lists none). `filled`: we or the vendor give it a value.
    """

    id: str
    name: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    filled: bool = False


@dataclass(frozen=True, slots=True)
class PlaceDescription:
    """What a place is, as far as it matters before the first write. `findings` are all faults that would make a
    creation, a comment or a closing there fail; `obstacles` those of them for which any creation is refused as long as
    the place and its filling are what they are. The rest is what the vendor tells, and empty where it tells nothing.
    """

    visibility: Visibility
    findings: tuple[Finding, ...] = ()
    issue_types: tuple[str, ...] = ()
    fields: tuple[PlaceField, ...] = ()
    permissions: tuple[str, ...] = ()
    rates: tuple[Rate, ...] = ()
    obstacles: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Credential:
    """What the vendor tells of our token. `expires_at` None: it does not say, or never."""

    account: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a vendor can carry, and the timing that its exactly-once recipe needs.

    `quiet_seconds`: how long after an unknown answer a probe may be trusted; `call_seconds`: total deadline of one
    call, connection to last byte; `rates`: the vendor's own limits on creation; `reads_per_call`: issues that one
    request of `read` gets.

    What a vendor lacks is False, and asking for it raises Rejected: `due_dates`: issues have a date field; `links`:
    `link` puts a web link beside the text; `parents`: an issue can stand under another; `confidential`: one issue can
    be kept from those who see its place; `issue_types`: places have types to choose from; `duplicates`: the tracker
    says of which issue another is the duplicate; `webhooks`: it sends them; `expiry`: it tells when our token ends.
    `title_limit` and `body_limit`: characters that a title and a body can have; None: no limit is known.
    """

    quiet_seconds: float
    call_seconds: float = 25.0
    rates: tuple[Rate, ...] = ()
    reads_per_call: int = 100
    due_dates: bool = True
    links: bool = False
    parents: bool = False
    confidential: bool = False
    issue_types: bool = False
    duplicates: bool = False
    webhooks: bool = True
    expiry: bool = False
    title_limit: int | None = None
    body_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """A tracker's webhook in our terms: these refs are due for a read. State is never taken from a webhook."""

    refs: tuple[str, ...]
    event: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """An authentic delivery that is not for us, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to one person, complete and redacted. `message_id` stays the same over every repetition."""

    message_id: str
    to: str
    subject: str
    text: str
    html: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for a listener; `data` is complete and redacted. `id` stays the same over every
    repetition; `sent_at` is the instant of this try.
    """

    id: str
    type: str
    at: datetime
    sent_at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a listener answered when it took an event."""

    status: str
