"""What the sections say of each other: every name that is used must be one that is given, and given once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.entries import Loaded
from config.faults import Fault, listed, nearest, show
from config.model import OWN_PARENT

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_CONDITIONS = ("teams", "services", "severities", "kinds", "priorities", "visibility", "sources")


@dataclass(frozen=True, slots=True)
class Book:
    """All tables with what holds of them, so that names can be checked even where other keys are wrong.

    `partial` names sections of which a part could not be read: what seems unknown there may be known.
    """

    sections: Mapping[str, Sequence[Loaded]]
    steps: Sequence[Sequence[Loaded]]
    partial: frozenset[str]

    def names(self, section: str) -> list[str]:
        """What may be referred to: names of named tables, ids of people and teams, also of faulty ones."""
        if section in {"people", "teams"}:
            ids = (loaded.text("id") for loaded in self.sections[section])
            return sorted({name for name in ids if name})
        return [loaded.name for loaded in self.sections[section]]


def reference_faults(book: Book) -> Iterator[Fault]:
    yield from _names(book)
    yield from _duplicates(book)
    yield from _uses(book)
    yield from _accounts(book)
    yield from _people(book)
    yield from _routes(book)
    yield from _parents(book)
    yield from _policies(book)
    yield from _service(book)


def _names(book: Book) -> Iterator[Fault]:
    for section in ("sources", "trackers", "targets", "channels", "listeners"):
        for loaded in book.sections[section]:
            if not _NAME.fullmatch(loaded.name):
                cure = (
                    f"Rename it: the name becomes part of addresses and stays for good, as in [{section}.payments-2]."
                )
                wanted = "a name of at most 60 lower-case letters, digits, - and _"
                yield loaded.entry.fault("bad_name", "", loaded.name, wanted, cure)
    families: tuple[Sequence[str], ...] = (("sources", "trackers"), ("targets", "channels", "listeners"))
    for pair in families:
        yield from _taken([loaded for section in pair for loaded in book.sections[section]], pair)


def _taken(tables: Sequence[Loaded], pair: Sequence[str]) -> Iterator[Fault]:
    first: dict[str, Loaded] = {}
    for loaded in tables:
        before = first.setdefault(loaded.name, loaded)
        if before is not loaded:
            wanted = f"a name of its own over {' and '.join(pair)} ({before.entry.place} has it)"
            cure = "Rename one of the two; if issues were made under a name already, keep that one."
            yield loaded.entry.fault("name_clash", "", loaded.name, wanted, cure)


def _duplicates(book: Book) -> Iterator[Fault]:
    for section, key, what in (
        ("people", "id", "an id that no other person has"),
        ("people", "email", "an address that no other person has"),
        ("teams", "id", "an id that no other team has"),
        ("routes", "name", "a name that no other route has"),
        ("policies", "name", "a name that no other policy has"),
    ):
        yield from _twice(book.sections[section], key, what)
    for steps in book.steps:
        yield from _twice(steps, "name", "a name that no other step of the policy has")
    for section in ("service", "redaction"):
        for loaded in book.sections[section][1:]:
            wanted = f"given once ({book.sections[section][0].entry.place} has it)"
            cure = f"Keep one [{section}] table and move its keys there."
            yield loaded.entry.fault("duplicate", "", {}, wanted, cure)


def _twice(tables: Sequence[Loaded], key: str, what: str) -> Iterator[Fault]:
    first: dict[str, Loaded] = {}
    for loaded in tables:
        value = loaded.text(key)
        if not value:
            continue
        before = first.setdefault(value.casefold(), loaded)
        if before is not loaded:
            cure = "Give each its own, or keep one of the two."
            yield loaded.entry.fault("duplicate", key, value, f"{what} ({before.entry.place} has it)", cure)


def _uses(book: Book) -> Iterator[Fault]:
    """Keys whose values are names of another section."""
    for section, key, used, noun in (
        ("targets", "tracker", "trackers", "tracker"),
        ("routes", "target", "targets", "target"),
        ("routes", "sources", "sources", "source"),
        ("routes", "readers", "people", "person"),
        ("policies", "channel", "channels", "channel"),
        ("people", "manager", "people", "person"),
        ("teams", "lead", "people", "person"),
        ("teams", "members", "people", "person"),
    ):
        for loaded in book.sections[section]:
            yield from _unknown(book, loaded, key, used, noun)
    # Teams need not be described: without any, routes and policies go by the words of the postmortem.
    for section in ("routes", "policies") if book.sections["teams"] else ():
        for loaded in book.sections[section]:
            yield from _unknown(book, loaded, "teams", "teams", "team")


def _unknown(book: Book, loaded: Loaded, key: str, used: str, noun: str) -> Iterator[Fault]:
    value = loaded.data.get(key)
    known = book.names(used)
    for index, name in enumerate(value if isinstance(value, tuple) else [value]):
        if not isinstance(name, str) or name in known or used in book.partial:
            continue
        leaf = loaded.leaf(key, index if isinstance(value, tuple) else None)
        yield loaded.entry.fault(
            f"unknown_{noun}", leaf, name, _one_of(used, noun, known), _name_cure(name, used, known)
        )


def _one_of(used: str, noun: str, known: Sequence[str]) -> str:
    identity = "id" if used in {"people", "teams"} else "name"
    return f"the {identity} of a {noun} ({listed(known)})"


def _name_cure(name: str, used: str, known: Sequence[str]) -> str:
    give = f"add [[{used}]] with that id" if used in {"people", "teams"} else f"add [{used}.{name}]"
    near = nearest(name, known)
    return f"Write {show(near)} if that is what you mean, or {give}." if near else f"{give[0].upper()}{give[1:]}."


def _accounts(book: Book) -> Iterator[Fault]:
    known = book.names("trackers")
    for loaded in book.sections["people"]:
        for name in loaded.data.get("accounts") or {}:
            if name in known or "trackers" in book.partial:
                continue
            near = nearest(name, known)
            cure = f"Write {near} if that is what you mean." if near else f"Add [trackers.{name}], or take it out."
            wanted = f"the account of a configured tracker ({listed(known)})"
            yield loaded.entry.fault("unknown_tracker", f"accounts.{name}", name, wanted, cure)


def _people(book: Book) -> Iterator[Fault]:
    for loaded in book.sections["people"]:
        if loaded.text("manager") and loaded.text("manager") == loaded.text("id"):
            cure = "Name the person's own manager, or take the key out."
            yield loaded.entry.fault("own_manager", "manager", loaded.text("id"), "another person", cure)


def _parents(book: Book) -> Iterator[Fault]:
    for loaded in book.sections["routes"]:
        for key in ("parent_type", "parent_fields"):
            if loaded.data.get(key) and loaded.text("parent") != OWN_PARENT:
                wanted = f'absent where parent is not "{OWN_PARENT}"'
                cure = f'Write parent = "{OWN_PARENT}" in the route, or take the key out.'
                yield loaded.entry.fault("no_parent", key, loaded.entry.table.get(key), wanted, cure)


def _routes(book: Book) -> Iterator[Fault]:
    first: Loaded | None = None
    for loaded in book.sections["routes"]:
        if not loaded.data.get("default"):
            continue
        if first is not None:
            wanted = f"true for one route only ({first.entry.place} is the default)"
            cure = "Keep one default route and give the others conditions."
            yield loaded.entry.fault("two_defaults", "default", True, wanted, cure)
        first = first or loaded
        for key in _CONDITIONS:
            if loaded.data.get(key):
                cure = "Take it out, or take default = true out; a private postmortem never goes by the default route."
                value = loaded.entry.table.get(loaded.leaf(key))
                yield loaded.entry.fault(
                    "default_with_condition",
                    loaded.leaf(key),
                    value,
                    "absent here, for a default route has no conditions",
                    cure,
                )


def _policies(book: Book) -> Iterator[Fault]:
    defaults = [loaded for loaded in book.sections["policies"] if loaded.data.get("default")]
    for loaded in defaults[1:]:
        wanted = f"true for one policy only ({defaults[0].entry.place} is the default)"
        yield loaded.entry.fault("two_defaults", "default", True, wanted, "Keep one default policy.")
    for steps in book.steps:
        for loaded in steps:
            yield from _step(loaded)


def _step(loaded: Loaded) -> Iterator[Fault]:
    days, condition = loaded.data.get("after_working_days"), loaded.text("condition")
    if not isinstance(days, int) or condition is None:
        return
    if condition == "due_soon" and days > 0:
        cure = f"Write after_working_days = -{days} to tell {days} working days before the due date."
        wanted = "0 or negative, for due_soon counts back from the due date"
        yield loaded.entry.fault("wrong_sign", "after_working_days", days, wanted, cure)
    if condition != "due_soon" and days < 0:
        cure = 'Write a number from 0, or condition = "due_soon" for a step before the due date.'
        yield loaded.entry.fault("wrong_sign", "after_working_days", days, f"0 or more after {condition} began", cure)


def _service(book: Book) -> Iterator[Fault]:
    for loaded in book.sections["service"]:
        if len(set(loaded.data.get("weekend") or ())) == 7:
            entry, cure = loaded.entry, "Leave out the days on which people work."
            key = entry.path("weekend")
            yield Fault(entry.file, key, "every day of the week", "six days at most", cure, "no_working_day")
        call, lease = loaded.data.get("call_seconds", 25.0), loaded.data.get("lease_seconds", 40.0)
        if lease <= call:
            key = "lease_seconds" if "lease_seconds" in loaded.data else "call_seconds"
            wanted = f"such that the lease ({_seconds(lease)}) outlasts a call ({_seconds(call)})"
            cure = "Write a lease_seconds that is at least 10 above call_seconds."
            yield loaded.entry.fault("lease_too_short", key, loaded.data[key], wanted, cure)


def _seconds(value: float) -> str:
    return f"{value:g} s"
