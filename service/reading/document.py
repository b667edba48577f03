"""What reading a postmortem gives: plain facts, without a trace of the markup that they came from."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def _nothing() -> Mapping[str, object]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ReadItem:
    """One promise as the document words it.

    `done` is None where the document has no mark for it. `priority` is p0 to p4 where the word has a place on that
    scale, else the author's word in lower case. `links` holds issues, tickets and pull requests, in order of
    appearance. `section` is the sub-heading that the item stands under. `doubtful` means that a person should look:
    the text was found outside a heading that announces actions, or only its wording makes it one.
    """

    text: str
    done: bool | None = None
    owner: str | None = None
    due: datetime.date | None = None
    priority: str | None = None
    kind: str | None = None
    links: tuple[str, ...] = ()
    section: str | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A postmortem as it was read; what it does not say is None or empty, never guessed.

    `warnings` are whole sentences for the author: what could not be read and was left out.
    """

    title: str | None = None
    incident_date: datetime.date | None = None
    severity: str | None = None
    time_to_detect_minutes: float | None = None
    time_to_recover_minutes: float | None = None
    summary: str | None = None
    front_matter: Mapping[str, object] = field(default_factory=_nothing)
    action_items: tuple[ReadItem, ...] = ()
    warnings: tuple[str, ...] = ()
