"""The course of events: what a timeline says happened when, as minutes from its first entry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.reading import facts, marks
from service.reading.blocks import Block, ListBlock, Paragraph, Table
from service.reading.sections import Section

_CLOCK = re.compile(
    r"(?<![\d:.+\-])([01]?\d|2[0-3])[:.h]([0-5]\d)(?::[0-5]\d)?(?!:?\d)\s*(?:([ap])\.?m?\b)?", re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BEGINS = re.compile(
    r"\b(?:start|beginning) of (?:the )?(?:incident|outage|impact)\b"
    r"|\b(?:incident|outage|impact|downtime) (?:starts|begins|began|started)\b",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"\b(?:detected|notic(?:es|ed|ing)|reported|reports|paged?|pages|alert(?:s|ed)?"
    r"|investigation (?:starts|started|begins|began)|(?:starts|started|begins|began) (?:to )?investigat\w+)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\b(?:end of (?:the )?(?:incident|outage|impact)|(?:incident|outage|impact|downtime) (?:ends|ended|is over|over)"
    r"|(?:service|services|site|everything)(?: \w+){0,2} (?:resumes?|resumed|restored|recovered|back)"
    r"|fully (?:operational|restored|recovered)|back (?:to normal|online|up)"
    r"|(?:incident|issue) (?:is |was )?resolved)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Event:
    """What an entry tells, and the minute at which it happened, counted from the midnight before the first entry."""

    minute: int
    text: str


def time_to_detect(found: list[Section]) -> float | None:
    """Minutes from the entry that says that the incident began to the first later one in which somebody saw it."""
    return _between(_events(found), _SEEN)


def time_to_recover(found: list[Section]) -> float | None:
    """Minutes from the entry that says that the incident began to the first later one that says that it ended."""
    return _between(_events(found), _ENDS)


def _between(events: list[Event], end: re.Pattern[str]) -> float | None:
    start = next((number for number, event in enumerate(events) if _BEGINS.search(event.text)), None)
    if start is None:
        return None
    later = (event for event in events[start + 1 :] if end.search(event.text))
    last = next(later, None)
    return float(last.minute - events[start].minute) if last else None


def _events(found: list[Section]) -> list[Event]:
    events: list[Event] = []
    day, before = 0, -1
    for stamp, text in _entries(found):
        clock = _CLOCK.search(_DAY.sub(" ", stamp))
        if clock is None:
            continue
        minute = int(clock[1]) * 60 + int(clock[2])
        if clock[3]:
            minute = minute % 720 + (720 if clock[3].lower() == "p" else 0)
        if minute < before:
            day += 1
        before = minute
        events.append(Event(day * 1440 + minute, text))
    return events


def _entries(found: list[Section]) -> Iterator[tuple[str, str]]:
    """(time, what happened) of the entries in order: lines, list entries, table rows, or headings with their text."""
    for section in found:
        if not facts.within_timeline(section):
            continue
        texts = [marks.plain(block.text) for block in section.blocks if isinstance(block, Paragraph)]
        if _CLOCK.search(section.heading):
            yield section.heading, " ".join(texts)
            continue
        for block in section.blocks:
            yield from _of_block(block)


def _of_block(block: Block) -> Iterator[tuple[str, str]]:
    if isinstance(block, Table):
        for row in block.rows:
            cells = [marks.plain(cell) for cell in row]
            yield " ".join(cells[:2])[:40], " ".join(cells)
    elif isinstance(block, ListBlock):
        firsts = [entry.blocks[0] for entry in block.items if entry.blocks]
        yield from ((marks.plain(f.text)[:40], marks.plain(f.text)) for f in firsts if isinstance(f, Paragraph))
    elif isinstance(block, Paragraph):
        lines = [marks.plain(line) for line in block.text.split("\n")]
        yield from ((line[:30], line) for line in lines)
