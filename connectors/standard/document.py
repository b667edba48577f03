"""From the bytes of a delivery to the document, or to one sentence with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from marshmallow import ValidationError

from connectors.payloads import json_object
from connectors.spi import DocumentItem, OwnerText, PostmortemDocument, Unreadable, Visibility
from connectors.standard.schema import Document

_MOST_FAULTS = 20
_CURE = "Correct the document at the sender and send it again; its schema is at /schemas/postmortem-v1.json."


def read_document(body: bytes) -> PostmortemDocument:
    """Raises Unreadable, which names each fault by its path in the document."""
    raw = json_object("standard", body, cure=_CURE)
    faults: list[str] = []
    data: dict[str, Any] = {}
    try:
        data = Document().load(raw)
    except ValidationError as error:
        faults = list(_flat(error.messages))
    faults += [*_repeated_ids(raw), *_misspelt(raw)]
    if faults:
        more = f", and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        sentence = f"The document cannot be read: {'; '.join(faults[:_MOST_FAULTS])}{more}."
        raise Unreadable("standard.invalid", sentence, _CURE)
    return _document({name: value for name, value in data.items() if value is not None}, raw)


def _flat(messages: Any, path: str = "") -> Iterator[str]:
    """Marshmallow's nested messages as `action_items[2].due_on must be a day`."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            part = f"[{name}]" if isinstance(name, int) else f".{name}" if path else str(name)
            yield from _flat(inner, path if name == "_schema" else path + part)
        return
    for message in messages if isinstance(messages, list) else [messages]:
        yield f"{path or 'it'} {message}"


def _repeated_ids(raw: Mapping[str, Any]) -> list[str]:
    seen: dict[str, int] = {}
    faults = []
    items = raw.get("action_items")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        identity = item.get("id") if isinstance(item, dict) else None
        if not isinstance(identity, str):
            continue
        if identity in seen:
            faults.append(f"action_items[{index}].id repeats that of action_items[{seen[identity]}]")
        seen.setdefault(identity, index)
    return faults


def _misspelt(raw: Mapping[str, Any]) -> list[str]:
    """Unknown members are passed over; but what was meant to be private must not be shown for a letter."""
    near = get_close_matches("visibility", [str(name).lower() for name in raw], 1, cutoff=0.85)
    if not near or "visibility" in raw:
        return []
    return [f"{near[0][:40]} may be meant as visibility"]


def _document(data: Mapping[str, Any], raw: Mapping[str, Any]) -> PostmortemDocument:
    items = data.get("action_items")
    visibility = data.get("visibility")
    timeline = data.get("timeline", {})
    plain: dict[str, Any] = {name: data[name] for name in _PLAIN if name in data}
    lists: dict[str, Any] = {name: tuple(data[name]) for name in _LISTS if name in data}
    return PostmortemDocument(
        **plain,
        **lists,
        url=data.get("url") or None,
        issue_url=data.get("issue_url") or None,
        visibility=None if visibility is None else Visibility(visibility),
        timeline={name: at for name, at in timeline.items() if at is not None},
        risk={name: level for name, level in data.get("risk", {}).items() if level is not None},
        contributing_factors=tuple(_filled(factor) for factor in data.get("contributing_factors", ())),
        action_items=None if items is None else tuple(_item(_filled(item)) for item in items),
        raw=raw,
    )


_PLAIN = (
    "id",
    "title",
    "status",
    "revision",
    "merged_into",
    "summary",
    "impact",
    "incident_type",
    "severity",
    "finalized_at",
    "body_markdown",
)
_LISTS = ("services", "teams", "tags", "objectives")


def _filled(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


def _item(data: Mapping[str, Any]) -> DocumentItem:
    owner = data.get("owner")
    special = {"owner", "addresses", "milestones", "labels", "issue_url"}
    return DocumentItem(
        **{name: value for name, value in data.items() if name not in special},
        owner=OwnerText(owner.get("email"), owner.get("name")) if owner else None,
        addresses=tuple(data.get("addresses", ())),
        milestones=tuple(_filled(milestone) for milestone in data.get("milestones", ())),
        labels=tuple(data.get("labels", ())),
        issue_url=data.get("issue_url") or None,
    )
