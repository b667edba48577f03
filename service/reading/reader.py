"""Reads one Markdown document."""

import re
from collections.abc import Iterator, Mapping

from service.reading import actions, course, facts, frontmatter, hypertext, marks, people, timing
from service.reading.blocks import Block, Heading, Paragraph, Table, walk
from service.reading.document import Document
from service.reading.outline import outline
from service.reading.sections import sections

# A postmortem is some pages long, pictures that stand inside it aside; reading more than a book has no use.
_LONGEST = 1_000_000
_PICTURE = re.compile(r"data:[\w/+.\-]{1,80};base64,[A-Za-z0-9+/=]{100,}")


def read_markdown(text: str) -> Document:
    """All facts that a postmortem in Markdown states; one that is HTML as a whole is read as `read_html` does.

    Never raises; what could not be read is in `warnings`.
    """
    kept, cut = _shortened(text)
    front, body, warnings = frontmatter.split(kept.replace("\r\n", "\n"))
    blocks = hypertext.blocks(marks.clean(body)) if hypertext.is_whole(body) else outline(body)
    return _document(blocks, front, (*warnings, *cut))


def read_html(html: str) -> Document:
    """All facts that a postmortem in HTML states, Confluence's storage format included. Never raises."""
    kept, cut = _shortened(html)
    return _document(hypertext.blocks(marks.clean(kept)), {}, cut)


def _shortened(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without the pictures inside it, and a warning where it is too long to be read to its end."""
    bare = _PICTURE.sub("", text) if "base64," in text else text
    if len(bare) <= _LONGEST:
        return bare, ()
    cure = "put the action items nearer to the beginning, or the attachments into files of their own"
    return bare[:_LONGEST], (f"Only the first {_LONGEST} characters of the document were read; {cure}.",)


def _document(blocks: list[Block], front: Mapping[str, object], warnings: tuple[str, ...]) -> Document:
    found = sections(blocks)
    stated = facts.fields(found)
    title, summary = facts.title(blocks, front), facts.summary(found)
    told = facts.opening(found, summary)
    day = facts.incident_date(stated, (title or "", summary or "", told), front, facts.timeline(found))
    who = people.of_document(_texts(blocks), facts.people_values(stated))
    return Document(
        title=title,
        incident_date=day,
        severity=facts.severity(stated, front),
        time_to_detect_minutes=_first(timing.time_to_detect(stated), course.time_to_detect(found)),
        time_to_recover_minutes=_first(timing.time_to_recover(stated, told), course.time_to_recover(found)),
        summary=summary,
        front_matter=front,
        action_items=tuple(actions.of_sections(found, who, day)),
        warnings=warnings,
    )


def _first(stated: float | None, told: float | None) -> float | None:
    return told if stated is None else stated


def _texts(blocks: list[Block]) -> Iterator[str]:
    for block in walk(blocks):
        if isinstance(block, Heading | Paragraph):
            yield marks.plain(block.text)
        elif isinstance(block, Table):
            yield from (marks.plain(cell) for row in block.rows for cell in row)
