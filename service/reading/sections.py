"""The outline as sections: each heading, or bold or short line that serves as one, with the blocks under it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from service.reading import headings, marks
from service.reading.blocks import Block, Heading, ListBlock, ListItem, Paragraph, Table
from service.reading.headings import Stance

# Lines that serve as headings rank below all real ones: a bold line above a line that ends in a colon.
TITLE_LEVEL, BOLD_LEVEL, LABEL_LEVEL, ITEM_LEVEL = 6, 7, 8, 9
_LABEL_END = re.compile(r"[:：]\s*$")
_SENTENCE = re.compile(r"[.!?。](?:\s|$)")


@dataclass(slots=True)
class Section:
    """`stance` is what holds for the blocks: the heading's own, or its parent's where the heading says nothing."""

    heading: str
    level: int
    stance: Stance
    parent: "Section | None" = None
    blocks: list[Block] = field(default_factory=list)
    children: list["Section"] = field(default_factory=list)

    def announced(self) -> "Section | None":
        """The nearest section, from here upwards, whose own heading announces actions."""
        at: Section | None = self
        while at is not None and headings.stance(at.heading) not in (Stance.ACTION, Stance.WEAK):
            at = at.parent
        return at


def sections(blocks: Iterable[Block]) -> list[Section]:
    """All sections in order; the first one has no heading and holds what stands before any."""
    root = Section("", 0, Stance.NEUTRAL)
    found, current, titled = [root], root, False
    for block, following in _with_next([part for whole in blocks for part in _parts(whole)]):
        opened = _opens(block, following)
        if opened is None:
            current.blocks.append(block)
            continue
        text, level = opened
        while current.parent is not None and current.level >= level and not _goes_on(current, text, level):
            current = current.parent
        is_title = level == 1 and not titled
        titled = titled or level == 1
        current = _open(current, text, level, is_title=is_title)
        found.append(current)
    for section in list(found):
        found.extend(_item_sections(section))
    return found


def _parts(block: Block) -> Iterator[Block]:
    """A paragraph divided at each line that is a title: with a colon ("Root cause:"), or first and of actions."""
    if not isinstance(block, Paragraph) or "\n" not in block.text.strip() or ":" not in block.text:
        yield block
        return
    taken: list[str] = []
    for number, line in enumerate(block.text.strip().split("\n")):
        if not headings.is_line_title(line) and not (number == 0 and headings.is_first_line_title(line)):
            taken.append(line)
            continue
        if taken:
            yield Paragraph("\n".join(taken))
        yield Heading(LABEL_LEVEL, line)
        taken = []
    if taken:
        yield Paragraph("\n".join(taken))


def _goes_on(above: Section, text: str, level: int) -> bool:
    """An empty heading that announces actions goes on over headings of its own level that only sort them.

    A label does so over labels of some words that may divide a list of actions ("Shift handover response:").
    """
    divides = headings.stance(text) is Stance.ASIDE and len(headings.words(text).split()) > 1
    if level == above.level == LABEL_LEVEL and divides and headings.stance(above.heading) is Stance.ACTION:
        return True
    return (
        above.level == level
        and not above.blocks
        and all(child.level == level for child in above.children)
        and headings.stance(above.heading) is Stance.ACTION
        and headings.stance(text) not in (Stance.ACTION, Stance.STOP)
        and headings.sorts(text)
    )


def _open(parent: Section, text: str, level: int, *, is_title: bool) -> Section:
    own = Stance.NEUTRAL if is_title else headings.stance(text)
    section = Section(text, level, _effective(own, parent.stance), parent)
    parent.children.append(section)
    return section


def _effective(own: Stance, above: Stance) -> Stance:
    if own is Stance.NEUTRAL:
        return above
    if own is Stance.ASIDE:
        return above if above in (Stance.ACTION, Stance.WEAK) else Stance.STOP
    if own is Stance.WEAK and above is Stance.ACTION:
        return Stance.ACTION
    return own


def _with_next(blocks: list[Block]) -> Iterator[tuple[Block, Block | None]]:
    for number, block in enumerate(blocks):
        yield block, blocks[number + 1] if number + 1 < len(blocks) else None


def _opens(block: Block, following: Block | None) -> tuple[str, int] | None:
    """(text, level) where the block is a heading or a line that serves as one."""
    if isinstance(block, Heading):
        return (block.text, block.level) if block.text.strip() else None
    if not isinstance(block, Paragraph) or following is None or "\n" in block.text.strip():
        return None
    text = block.text.strip()
    shown = marks.plain(text)
    if len(shown) > 80 or _SENTENCE.search(shown.rstrip(":： .?？")):
        return None
    if marks.is_bold(text):
        return text, BOLD_LEVEL
    if _LABEL_END.search(shown) and _is_list_of_lists(text, following):
        return text, TITLE_LEVEL
    if isinstance(following, ListBlock | Table) and headings.is_plain_title(text):
        return text, LABEL_LEVEL
    if _LABEL_END.search(shown) and isinstance(following, ListBlock) and len(shown.split()) <= 6:
        return text, LABEL_LEVEL
    return None


def _is_list_of_lists(text: str, following: Block) -> bool:
    """Whether a line announces actions and the bold line below it only sorts them."""
    return (
        headings.stance(text) is Stance.ACTION
        and isinstance(following, Paragraph)
        and marks.is_bold(following.text)
        and headings.sorts(following.text)
    )


def _item_sections(section: Section) -> list[Section]:
    """List items that are only a label for what stands inside them ("- **Follow-ups**:" above a nested list)."""
    found: list[Section] = []
    for block in section.blocks:
        if isinstance(block, ListBlock) and section.stance is not Stance.ACTION:
            found.extend(label for item in block.items if (label := _item_section(item, section)))
    return found


def _item_section(item: ListItem, above: Section) -> Section | None:
    if len(item.blocks) < 2 or not isinstance(item.blocks[0], Paragraph):
        return None
    text = item.blocks[0].text
    shown = marks.plain(text)
    stance = headings.stance(text)
    if len(shown) > 60 or stance not in (Stance.ACTION, Stance.WEAK):
        return None
    if not (_LABEL_END.search(shown) or marks.is_bold(text) or len(shown.split()) <= 3):
        return None
    if above.stance is Stance.STOP:
        stance = Stance.WEAK  # Inside a part about something else the words of the entries have to decide.
    return Section(text, ITEM_LEVEL, stance, above, list(item.blocks[1:]))
