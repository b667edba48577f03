"""Reads one Markdown document."""

from collections.abc import Iterator

from service.reading import actions, facts, frontmatter, marks, people, timing
from service.reading.blocks import Block, Heading, Paragraph, Table, walk
from service.reading.document import Document
from service.reading.outline import outline
from service.reading.sections import sections


def read_markdown(text: str) -> Document:
    """All facts that a postmortem in Markdown states. Never raises; what could not be read is in `warnings`."""
    front, body, warnings = frontmatter.split(text.replace("\r\n", "\n"))
    blocks = outline(body)
    found = sections(blocks)
    stated = facts.fields(found)
    title, summary = facts.title(blocks, front), facts.summary(found)
    day = facts.incident_date(stated, title, summary, front, facts.timeline(found))
    who = people.of_document(_texts(blocks), facts.people_values(stated))
    return Document(
        title=title,
        incident_date=day,
        severity=facts.severity(stated, front),
        time_to_detect_minutes=timing.time_to_detect(stated),
        time_to_recover_minutes=timing.time_to_recover(stated, facts.opening(found, summary)),
        summary=summary,
        front_matter=front,
        action_items=tuple(actions.of_sections(found, who, day)),
        warnings=warnings,
    )


def _texts(blocks: list[Block]) -> Iterator[str]:
    for block in walk(blocks):
        if isinstance(block, Heading | Paragraph):
            yield marks.plain(block.text)
        elif isinstance(block, Table):
            yield from (marks.plain(cell) for row in block.rows for cell in row)
