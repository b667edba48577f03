"""Facts to JSON columns and back. What an older version did not store reads as absent."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from connectors.spi import Account, OwnerText, Visibility
from service.domain.facts import Change, ItemFacts, PostmortemFacts

Json = dict[str, Any]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def _known(cls: type, stored: Json) -> Json:
    names = {field.name for field in fields(cls)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in names}


def item_to_json(facts: ItemFacts) -> Json:
    result: Json = _plain(asdict(facts))
    return result


def item_from_json(stored: Json) -> ItemFacts:
    values = _known(ItemFacts, stored)
    if values.get("owner"):
        values["owner"] = OwnerText(**values["owner"])
    if values.get("due_on"):
        values["due_on"] = date.fromisoformat(values["due_on"])
    return ItemFacts(**values)


def postmortem_to_json(facts: PostmortemFacts) -> Json:
    result: Json = _plain(asdict(facts))
    return result


def postmortem_from_json(stored: Json) -> PostmortemFacts:
    values = _known(PostmortemFacts, stored)
    values["visibility"] = Visibility(values["visibility"])
    values["timeline"] = {key: datetime.fromisoformat(at) for key, at in (values.get("timeline") or {}).items()}
    if values.get("finalized_at"):
        values["finalized_at"] = datetime.fromisoformat(values["finalized_at"])
    return PostmortemFacts(**values)


def changes_to_json(changes: tuple[Change, ...]) -> list[Json]:
    return [_plain(asdict(change)) for change in changes]


def changes_from_json(stored: list[Json]) -> tuple[Change, ...]:
    return tuple(Change(**{**change, "at": datetime.fromisoformat(change["at"])}) for change in stored)


def account_to_json(account: Account | None) -> Json | None:
    return asdict(account) if account else None


def account_from_json(stored: Json | None) -> Account | None:
    return Account(**stored) if stored else None
