"""All action items of a document: which sections promise, and in which form."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import dropwhile, islice

from service.reading import grades, headings, items, marks, promises, prose, states, tables
from service.reading.blocks import ListBlock, Paragraph, Table
from service.reading.document import ReadItem
from service.reading.headings import Stance
from service.reading.items import Place
from service.reading.peel import peel
from service.reading.people import People
from service.reading.sections import BOLD_LEVEL, Section

_LABELLED = re.compile(
    r"[\s\-*•]*(?:action (?:items?|points?)|actions?|to-?do|follow-?ups?|next steps?|suggested|proposed|planned)"
    r"\s*[:：]\s+(\S.{10,})",
    re.IGNORECASE | re.DOTALL,
)
# "The following will be implemented:" ends like a state and tells what is to come.
_AHEAD = re.compile(r"\b(?:will|shall|must|should|to|being|can|could|may)\b", re.IGNORECASE)
_PLAN = re.compile(r"\bplan(?: (?:for|to|of) .+)?$", re.IGNORECASE)
_TOLD_THERE = re.compile(r"time ?line|chronolog|response|events|log\b", re.IGNORECASE)


def of_sections(found: list[Section], who: People, anchor: datetime.date | None) -> list[ReadItem]:
    """The items under headings that announce actions; only where there are none, what else reads like actions."""
    place = Place(who, anchor)
    announced = list(islice(_announced(found, place), items.MOST))
    place = replace(place, doubtful=True)
    return (
        announced
        or list(islice(_unannounced(found, place), items.MOST))
        or list(islice(_led(found, place), items.MOST))
        or list(islice(_vows(found, place), items.MOST))
    )


def _announced(found: list[Section], place: Place) -> Iterator[ReadItem]:
    for section in found:
        if section.stance is Stance.ACTION and section.parent is not None and not _inside_named(section):
            yield from _section(section, place)


def _inside_named(section: Section) -> bool:
    """Whether a heading above this one is itself the action: then this section only tells of it."""
    above = section.parent
    return above is not None and above.stance is Stance.ACTION and _names_action(above)


def _names_action(section: Section) -> bool:
    above = section.parent
    return (
        above is not None
        and above.stance is Stance.ACTION
        and section.level <= BOLD_LEVEL
        and prose.names_action(section)
    )


def _section(section: Section, place: Place) -> Iterator[ReadItem]:
    here = _place(section, place)
    if _names_action(section):
        above = section.parent
        item = prose.of_heading(section, replace(here, section=None if above is None else _shown(above), owner=None))
        if item:
            yield item
        below = replace(here, section=headings.words(section.heading), doubtful=True)
        yield from (
            child for block in section.blocks if isinstance(block, ListBlock) for child in items.commands(block, below)
        )
        return
    read = list(_lists(section, here))
    if not read and (not _has_forms(section) or _shown(section)):
        read = list(prose.of_paragraphs(section.blocks, here))
    yield from read


def _lists(section: Section, here: Place) -> Iterator[ReadItem]:
    lead: Paragraph | None = None
    for block in section.blocks:
        if isinstance(block, ListBlock):
            # In front of a table of actions a list without boxes explains the table's words.
            if items.is_marked(block) or not _is_before_table(section, block):
                yield from items.of_list(block, _below(here, lead))
        elif isinstance(block, Table):
            yield from tables.of_table(block, here)
        lead = block if isinstance(block, Paragraph) else None


def _is_before_table(section: Section, block: ListBlock) -> bool:
    """Whether a table of actions follows under the same heading, labels inside it aside."""
    top = section
    while top.level >= BOLD_LEVEL and top.parent is not None:
        top = top.parent
    parts = [top, *(child for child in top.children if child.level >= BOLD_LEVEL)]
    ahead = dropwhile(lambda each: each is not block, (each for part in parts for each in part.blocks))
    return any(isinstance(each, Table) and tables.announces_actions(each) for each in ahead)


def _below(here: Place, lead: Paragraph | None) -> Place:
    """A line in front of a list may say that all of it was done."""
    if lead is None:
        return here
    text = marks.plain(lead.text)
    last = promises.sentences(text)[-1:] or [""]
    done = text.endswith((":", "：")) and bool(states.of_remark(text.split()[-1].strip(":：")))
    return replace(here, done=True) if done and not _AHEAD.search(last[0]) else here


def _has_forms(section: Section) -> bool:
    """Whether the announced part of the document that this section belongs to has a list or a table anywhere."""
    top = section
    while top.parent is not None and top.parent.stance is Stance.ACTION:
        top = top.parent
    open_, seen = [top], 0
    while open_:
        at = open_.pop()
        seen += sum(isinstance(block, ListBlock | Table) for block in at.blocks)
        seen += at is not top and _names_action(at)
        open_.extend(at.children)
    return bool(seen)


def _shown(section: Section) -> str | None:
    """The sub-heading under which items stand, None where it is the one that announces them."""
    above = section.parent
    if above is None or above.stance is not Stance.ACTION:
        return None
    return headings.words(section.heading) or None


def _place(section: Section, place: Place) -> Place:
    """What the section's own heading says for all items under it: who, in what state, of which kind, how urgent."""
    words = headings.words(section.heading)
    name = _shown(section)
    bracket = words[len(headings.without_bracket(words)) :].strip(" ()[]（）")
    done = states.of_word(bracket) if bracket else states.of_word(words)
    if name is None and done is False:
        done = None  # "TODO" above a list announces it and marks nothing.
    if name and section.level >= BOLD_LEVEL and _is_person(section, words, place):
        return replace(place, owner=words.lstrip("@"), section=None)
    if name and (words.startswith("@") or place.who.is_person(words)):
        return replace(place, owner=words.lstrip("@"), section=None)
    urgency = grades.priority(words) if name and grades.is_priority(words) else None
    return replace(place, section=name, done=done, kind=grades.kind(name), priority=urgency)


def _labelled(section: Section, here: Place) -> Iterator[ReadItem]:
    """Lines that call themselves an action ("Action: ...", "TODO: ..."), except where the course of events is told."""
    if _TOLD_THERE.search(section.heading):
        return
    for text in prose.lines(section.blocks):
        found = _LABELLED.match(marks.unstyled(text))
        if found and promises.is_promise(found.group(1)):
            item = items.item_of(peel(found.group(1), here.who, here.anchor), here)
            if item:
                yield item


def _announces(lead: Paragraph) -> bool:
    """Whether a paragraph announces the list below it: by its last sentence or by the label that it begins with."""
    text = marks.plain(lead.text)
    label, colon, _ = text.partition(":")
    return promises.announces(text) or (
        bool(colon) and len(label.split()) <= 6 and headings.stance(label) is Stance.ACTION
    )


def _is_person(section: Section, words: str, place: Place) -> bool:
    """A label names who does what stands below it, also by initials where another label beside it names a person."""
    if place.who.is_person(words, initials=True):
        return True
    beside = section.parent.children if section.parent and place.who.is_person_like(words) else []
    return any(
        place.who.is_person(headings.words(other.heading), initials=True) for other in beside if other is not section
    )


def _unannounced(found: list[Section], place: Place) -> Iterator[ReadItem]:
    for section in found:
        here = replace(place, section=None)
        yield from _weak(section, here) if section.stance is Stance.WEAK else _labelled(section, here)


def _led(found: list[Section], place: Place) -> Iterator[ReadItem]:
    for section in found:
        if section.stance is not Stance.WEAK:
            yield from _led_lists(section, replace(place, section=None))


def _weak(section: Section, here: Place) -> Iterator[ReadItem]:
    read: list[ReadItem] = []
    steps = bool(_PLAN.search(headings.words(section.heading)))
    marked = states.of_word(headings.words(section.heading))
    here = replace(here, done=marked)
    for block in section.blocks:
        if isinstance(block, ListBlock):
            # Below "Planned" or "Completed" every entry is an action, whatever its words; so is each step of a plan.
            read.extend(items.of_list(block, here, only_promises=marked is None and not (steps and block.ordered)))
        elif isinstance(block, Table) and (tables.announces_actions(block) or tables.has_actions(block)):
            read.extend(tables.of_table(block, here))
    yield from read or prose.of_paragraphs(section.blocks, here, only_ours=True)


def _led_lists(section: Section, here: Place) -> Iterator[ReadItem]:
    """Lists that a sentence in front of them announces, and tables whose head does."""
    lead: Paragraph | None = Paragraph(section.heading) if section.level >= BOLD_LEVEL else None
    going_on = False
    for block in section.blocks:
        if isinstance(block, ListBlock):
            going_on = (going_on and block.start > 1) or (lead is not None and _announces(lead))
            if going_on:
                yield from items.of_list(block, here)
        elif isinstance(block, Table) and tables.announces_actions(block) and _may_hold(section, block):
            yield from tables.of_table(block, here)
        lead = block if isinstance(block, Paragraph) else None


def _may_hold(section: Section, table: Table) -> bool:
    """A head that says "action item" makes a table one of actions in every part but the course of events."""
    told = _TOLD_THERE.search(section.heading) or headings.is_taken(section.heading)
    return section.stance is Stance.NEUTRAL or (not told and tables.names_items(table))


def _vows(found: list[Section], place: Place) -> Iterator[ReadItem]:
    """Where nothing else was found: sentences in which the authors say what they will do."""
    for section in found:
        if not any(word in section.heading.lower() for word in ("timeline", "summary")):
            yield from prose.of_vows(section.blocks, place)
