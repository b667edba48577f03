"""Action items out of paragraphs and headings, where a section announces actions and holds no list."""

import re
from collections.abc import Iterator
from dataclasses import replace

from service.reading import headings, labels, marks, promises, states
from service.reading.blocks import Block, Code, ListBlock, Paragraph, Table, walk
from service.reading.document import ReadItem
from service.reading.items import Place, is_placeholder, item_of
from service.reading.peel import peel
from service.reading.sections import Section

# A paragraph of so many sentences is one item, explanations included, where it begins with the promise.
_WHOLE, _SHORT = 3, 2
_LABEL = re.compile(r"[A-Z][\w&/\- ]{2,30}? ?[:：]\s+\S")


def of_paragraphs(blocks: list[Block], place: Place, *, only_ours: bool = False) -> Iterator[ReadItem]:
    """One item a short paragraph, one a promising sentence of a long one.

    With `only_ours` a sentence counts only if the authors bind themselves in it.
    """
    for block in blocks:
        if isinstance(block, Paragraph):
            parts = _parts(block.text)
            listed = not only_ours and _is_list(parts)
            for part in parts:
                yield from (
                    _entry(part, place) if listed and _is_sentence(part) else _part(part, place, only_ours=only_ours)
                )


def _is_list(parts: list[str]) -> bool:
    """Whether lines are a list without bullets: half of them and more are orders."""
    return len(parts) > 1 and sum(promises.is_order(marks.plain(part)) for part in parts) * 2 >= len(parts)


def _is_sentence(part: str) -> bool:
    shown = marks.plain(part)
    return len(promises.sentences(shown)) == 1 and not promises.is_chatter(shown)


def _entry(text: str, place: Place) -> Iterator[ReadItem]:
    shown = marks.plain(text)
    if not promises.points_elsewhere(shown) and not is_placeholder(shown):
        item = item_of(peel(text, place.who, place.anchor), replace(place, doubtful=True))
        if item:
            yield item


def _parts(text: str) -> list[str]:
    """A paragraph, or its lines where each of them is a sentence, a bold lead-in or a label of its own.

    Lines that are no more than a label above sentences are left out.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    told = [line for line in lines if not marks.plain(line).endswith(":")]
    if (
        len(lines) > 1
        and told
        and all(re.search(r"[.!。)]$", marks.plain(line)) and marks.plain(line)[0].isupper() for line in told)
    ):
        return told
    at = [number for number, line in enumerate(lines) if _LABEL.match(line) and not labels.value_line(line)]
    if len(at) < 2:
        return [text]
    starts = [*at] if at[0] == 0 else [0, *at]
    return ["\n".join(lines[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _part(text: str, place: Place, *, only_ours: bool) -> Iterator[ReadItem]:
    peeled = peel(text, place.who, place.anchor)
    found = promises.sentences(peeled.text)
    whole = not only_ours and (peeled.done is not None or _is_one(found))
    for candidate in [peeled] if whole else [peel(sentence, place.who, place.anchor) for sentence in found]:
        peeled = candidate
        shown = marks.plain(peeled.text)
        if len(shown) < 15 or promises.points_elsewhere(shown) or is_placeholder(shown):
            continue
        if peeled.done is None and not _promises(shown, whole=whole, only_ours=only_ours):
            continue
        item = item_of(peeled, replace(place, doubtful=True))
        if item:
            yield item


def _is_one(sentences: list[str]) -> bool:
    if len(sentences) > 1 and all(promises.is_order(marks.plain(sentence)) for sentence in sentences):
        return False
    bound = [promises.binds(marks.plain(sentence)) for sentence in sentences]
    return sum(bound) <= 1 and (len(sentences) <= _SHORT or (len(sentences) <= _WHOLE and bound[0]))


def of_vows(blocks: list[Block], place: Place) -> Iterator[ReadItem]:
    """The sentences and list entries that say what the authors will do; a plan to tell or to go on is none."""
    asked = False
    for block in blocks:
        if isinstance(block, Paragraph):
            sentences = promises.sentences(marks.spaced(block.text))
            yield from _vows(sentences, place, asked=asked)
            asked = bool(sentences) and promises.asks(marks.plain(sentences[-1]))
        elif isinstance(block, ListBlock):
            firsts = [first.text for entry in block.items for first in entry.blocks[:1] if isinstance(first, Paragraph)]
            for text in firsts:
                if any(promises.is_vow(sentence) for sentence in promises.sentences(marks.plain(text))):
                    yield from _vow(text, place)


def _vows(sentences: list[str], place: Place, *, asked: bool) -> Iterator[ReadItem]:
    """Vows of a paragraph; after a sentence that asks what will be done, each answer that binds the authors is one."""
    for sentence in sentences:
        shown = marks.plain(sentence)
        if promises.asks(shown):
            asked = True
        elif promises.is_vow(shown) or (asked and promises.binds(shown)):
            yield from _vow(sentence, place)


def _vow(text: str, place: Place) -> Iterator[ReadItem]:
    item = item_of(peel(text, place.who, place.anchor), place)
    if item:
        yield item


def _promises(shown: str, *, whole: bool, only_ours: bool) -> bool:
    if whole:
        if promises.is_told(shown):
            return False
        return promises.orders(shown) or (promises.is_promise(shown) and not promises.is_chatter(shown))
    return promises.orders(shown) or (promises.we_promise(shown) if only_ours else promises.binds(shown))


def names_action(section: Section) -> bool:
    """Whether a sub-heading below a heading that announces actions is itself the action, told of below it."""
    if headings.sorts(section.heading):
        return False
    words = headings.words(section.heading)
    if len(words.split()) < 2:
        return False
    if promises.is_order(words):
        return True
    first = section.blocks[0] if section.blocks else None
    if isinstance(first, Paragraph) and promises.is_order(marks.plain(first.text)):
        return not section.children
    forms = [block for block in section.blocks if isinstance(block, ListBlock | Table)]
    told = any(not isinstance(block, Code) for block in section.blocks)
    return told and not section.children and all(_is_fields(form) for form in forms)


def _is_fields(form: ListBlock | Table) -> bool:
    """Whether a list does no more than state fields of one item ("Owner: x", "Due: y")."""
    if isinstance(form, Table):
        return False
    firsts = [entry.blocks[0] for entry in form.items if entry.blocks]
    return all(isinstance(first, Paragraph) and labels.value_line(marks.plain(first.text)) for first in firsts)


def of_heading(section: Section, place: Place) -> ReadItem | None:
    """The action that a heading names; fields and issues are read out of what stands below it."""
    peeled = peel(headings_text(section.heading), place.who, place.anchor)
    for text in lines(section.blocks):
        field = labels.value_line(marks.unstyled(text).strip())
        if field:
            peeled.give(field[0], field[1], place.anchor)
        else:
            peeled.take_links(text)
            peeled.state(states.of_remark(marks.plain(text)[:200]))
    return item_of(peeled, place)


def headings_text(marked: str) -> str:
    """The heading without its number, marks kept."""
    return re.sub(r"^\s*(?:\d{1,2}|[A-Za-z])[.):]\s+", "", marks.unstyled(marked))


def lines(blocks: list[Block]) -> Iterator[str]:
    """The lines of all paragraphs, marked, also of those inside lists."""
    for block in walk(blocks):
        if isinstance(block, Paragraph):
            yield from block.text.split("\n")
