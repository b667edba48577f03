"""What a project's create screen asks for, and what of it a configured place does not give. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.spi import Finding, Place, PlaceField

# What every creation sends by itself; `reporter` is filled in by Jira.
OURS = frozenset({"project", "issuetype", "summary", "description", "labels", "reporter"})
NEEDED = ("description", "labels")
Meta = Mapping[str, Any]


def field_id(meta: Meta) -> str:
    return str(meta.get("fieldId") or meta.get("key"))


def place_fields(metas: Iterable[Meta], place: Place) -> tuple[PlaceField, ...]:
    return tuple(
        PlaceField(
            id=field_id(meta),
            name=str(meta.get("name", field_id(meta))),
            required=bool(meta.get("required")),
            allowed=allowed(meta),
            filled=bool(meta.get("hasDefaultValue")) or field_id(meta) in {*OURS, *place.constants, *place.per_issue},
        )
        for meta in metas
    )


def allowed(meta: Meta) -> tuple[str, ...]:
    """The values that a person would choose from."""
    return tuple(str(each.get("value") or each.get("name") or each.get("key")) for each in _values(meta))


def findings(tracker: str, place: Place, metas: Iterable[Meta]) -> list[Finding]:
    """Every reason in the place's fields why a creation there would fail (getsentry/sentry#52779)."""
    known = {field_id(meta): meta for meta in metas}
    where = f"{place.issue_type or 'Task'} in {place.name}"
    fields = place_fields(known.values(), place)
    found = [
        Finding(
            "jira.field_required",
            f"{tracker}: {where} requires the field {each.name} ({each.id}), which nothing fills.",
            f"Give it a value under the target's constants or the route's fields{_example(each)}.",
        )
        for each in fields
        if each.required and not each.filled
    ]
    if known:
        found += [
            _unknown(tracker, where, name)
            for name in (*NEEDED, *place.constants, *place.per_issue)
            if name not in known
        ]
    return found + _options(tracker, where, place, known)


def _unknown(tracker: str, where: str, name: str) -> Finding:
    sentence = f"{tracker}: {where} has no field {name} on its create screen."
    cure = f"Put {name} on that screen, or remove it from the target's constants and the route's fields."
    return Finding("jira.field_unknown", sentence, cure)


def _options(tracker: str, where: str, place: Place, known: Mapping[str, Meta]) -> list[Finding]:
    found = []
    for name, given in place.constants.items():
        meta = known.get(name)
        if meta is None or not _values(meta):
            continue
        for value in given if isinstance(given, list | tuple) else [given]:
            if not _is_allowed(value, meta):
                sentence = f"{tracker}: {where} has no option {_shown(value)} for {meta.get('name', name)} ({name})."
                some = ", ".join(allowed(meta)[:20])
                cure = f"Write one of {some} under the target's constants or the route's fields."
                found.append(Finding("jira.option_unknown", sentence, cure))
    return found


def _is_allowed(value: Any, meta: Meta) -> bool:
    """A value is named by whichever of its members is given; what is not shaped like a choice is left to Jira."""
    if not isinstance(value, Mapping):
        return True
    given = {name: value[name] for name in ("id", "value", "name", "key") if name in value}
    return not given or any(
        all(str(each.get(name)) == str(text) for name, text in given.items()) for each in _values(meta)
    )


def _values(meta: Meta) -> list[Meta]:
    values = meta.get("allowedValues")
    return [each for each in values if isinstance(each, Mapping)] if isinstance(values, list) else []


def _shown(value: Mapping[str, Any]) -> str:
    return str(value.get("value") or value.get("name") or value.get("id") or value.get("key"))


def _example(each: PlaceField) -> str:
    some = each.allowed[:5]
    return f', for example {each.id} = {{ value = "{some[0]}" }} (one of {", ".join(some)})' if some else ""
