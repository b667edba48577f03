"""Action items out of tables with whatever columns they have."""

import re
from collections.abc import Iterator
from dataclasses import replace

from service.reading import labels, marks, people, promises, states, trackers
from service.reading.blocks import Table
from service.reading.document import ReadItem
from service.reading.items import Place, is_placeholder, item_of
from service.reading.peel import peel
from service.reading.peeled import Peeled

_FIELDS = ("owner", "due", "state", "priority", "kind", "ticket")
_CAPITAL_STATE = re.compile(
    r"(?<![\w#])(?:TO-?DO|DONE|WIP|COMPLETED?|IN[- ]PROGRESS|PENDING|NOT STARTED|FIXED|CLOSED"
    r"|RESOLVED|ONGOING|OPEN|BLOCKED)(?!\w)"
)


def columns(table: Table) -> list[str | None]:
    """The field that each column names."""
    return [labels.field_of(marks.plain(cell)) for cell in table.rows[0]] if table.rows else []


def announces_actions(table: Table) -> bool:
    """Whether the head alone makes it a table of actions: an action column and who, until when or in what state."""
    named = set(columns(table))
    return (
        "action" in named
        and "time" not in named
        and len(named & {"owner", "due", "state", "ticket", "priority"}) >= 1
        and ("owner" in named or "due" in named or "ticket" in named or "state" in named)
    )


def names_items(table: Table) -> bool:
    """Whether the head names action items or follow-ups in so many words."""
    return any(
        re.search(r"\b(?:action items?|follow[- ]?ups?)\b", marks.plain(c), re.IGNORECASE) for c in table.rows[0]
    )


def of_table(table: Table, place: Place) -> Iterator[ReadItem]:
    """The items of a table's rows in order."""
    named = columns(table)
    at = _action_column(table, named)
    if at is None:
        return
    for row in table.rows[1:]:
        if at < len(row) and not is_placeholder(marks.plain(row[at])):
            item = _row(row, named, at, place)
            if item:
                yield item


def _action_column(table: Table, named: list[str | None]) -> int | None:
    for wanted in ("action", "text"):
        if wanted in named:
            return named.index(wanted)
    rows = table.rows[1:50]
    for at, name in enumerate(named):
        if name == "ticket" and sum(_tells(row, at) for row in rows) * 2 > len(rows):
            return at
    free = [at for at, name in enumerate(named) if name is None or name == "ticket"]
    if not free:
        return _ordering_column(table, named)
    return max(
        free, key=lambda at: (named[at] is None, sum(len(marks.plain(row[at])) for row in rows if at < len(row)))
    )


def _ordering_column(table: Table, named: list[str | None]) -> int | None:
    """Where every column is named for something else, the one whose cells are orders: its author mixed up the head."""
    rows = table.rows[1:50]
    for at in range(len(named)):
        if sum(at < len(row) and promises.is_order(marks.plain(row[at])) for row in rows) * 2 > len(rows):
            return at
    return None


def _tells(row: list[str], at: int) -> bool:
    """Whether a cell in a column of issues says what is to be done, and does not only name the issue."""
    words = marks.plain(row[at]) if at < len(row) else ""
    return len(words.split()) >= 4 and not trackers.names_issue(words)


def _row(row: list[str], named: list[str | None], at: int, place: Place) -> ReadItem | None:
    peeled = peel(row[at], place.who, place.anchor)
    for number, cell in enumerate(row[: len(named)]):
        name = named[number]
        if number == at or not marks.plain(cell):
            continue
        if name in _FIELDS and name is not None:
            _give(peeled, name, cell, place)
        elif name not in ("number", "time"):
            peeled.take_links(cell)
    if peeled.done is None:
        peeled.state(_stray_state(row, named, at))
    item = item_of(peeled, place)
    return replace(item, owner=item.owner or place.owner) if item else None


def _give(peeled: Peeled, name: str, cell: str, place: Place) -> None:
    if name == "owner":
        # A column decides who it is, whatever the words inside the action looked like.
        stated = people.owner(", ".join(line for line in cell.split("\n") if line.strip()))
        peeled.owner = stated or peeled.owner
        peeled.take_links(cell)
    else:
        peeled.give(name, cell, place.anchor)


def _stray_state(row: list[str], named: list[str | None], at: int) -> bool | None:
    """A state in a cell of another column: alone, in bold, or as a word in capitals ("Bug 12 **TODO**")."""
    for number, cell in enumerate(row[: len(named)]):
        if number == at or named[number] in ("kind", "priority", "owner", "due", "number"):
            continue
        shown = marks.plain(cell)
        whole = states.of_word(shown)
        if whole is not None:
            return whole
        found = _CAPITAL_STATE.search(shown)
        if found:
            return states.of_word(found.group(0))
        for bold in re.findall(f"{marks.BOLD}([^{marks.BOLD_END}]*){marks.BOLD_END}", cell):
            state = states.of_word(marks.plain(bold))
            if state is not None:
                return state
        sign, _ = states.of_signs(shown)
        if sign is not None:
            return sign
    return None


def has_actions(table: Table) -> bool:
    """Whether, without a heading that announces actions, most rows are worded as actions or carry an issue."""
    named = columns(table)
    at = _action_column(table, named)
    if at is None or "time" in named or len(table.rows) < 2:
        return False
    rows = [row for row in table.rows[1:50] if at < len(row)]
    good = sum(
        promises.is_promise(row[at]) or any(trackers.is_issue(url) for cell in row for url, _ in marks.links(cell))
        for row in rows
    )
    return good * 2 > len(rows)
