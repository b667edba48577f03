"""Lists that authors write by hand inside a paragraph, one line an entry."""

import re
from collections.abc import Iterator
from dataclasses import replace

from service.reading import marks
from service.reading.blocks import Block, ListBlock, ListItem, Paragraph

# Two asterisks are how a wiki writes a list inside a list.
_BULLET = re.compile(r"\s*(?:[•‣◦▪●○■□▸►➤]|\*{2,4})\s+(?=\S)")
# Where the markup is HTML, a hyphen or a number at the beginning of a line is the author's own bullet too.
_TYPED = re.compile(r"\s*(?:[•‣◦▪●○■□▸►➤\-–]|\*{1,4}|\(?\d{1,2}[.)])\s+(?=\S)")
# Markdown reads no bold where a space stands inside its asterisks; the author meant it all the same.
_SPACED_BOLD = re.compile(r"\s*\*\*\s*([^*\s][^*]{0,80}?)\s*\*\*\s*[:：]?\s*")
_NUMBERED = re.compile(r"\s*(\d{1,2})[.)]\s+(?=\S)")
# A line of prose begins with a capital and goes on in words; code does neither for long.
_PROSE = re.compile(r"[A-Z][a-z]+(?: [\w'’,/\-]+){3,}[^;{}=<>\\|$`]*$")
_SIGN = re.compile(r"\s*[✓✔☐☑✅⬜❌⏳🚧]")


def of_paragraph(text: str, *, typed: bool = False) -> Iterator[Block]:
    """A paragraph; lines that begin with a bullet of the author's own making become the list that they are.

    With `typed` the hyphens and numbers count that Markdown would have read as a list itself.
    """
    bullet = _TYPED if typed else _BULLET
    lines = text.strip().split("\n")
    if len(lines) > 1 and all(_SIGN.match(line) for line in lines):
        yield ListBlock(ordered=False, items=[ListItem([Paragraph(line)]) for line in lines])
        return
    if len(lines) == 1 and (bold := _SPACED_BOLD.fullmatch(text)):
        yield Paragraph(f"{marks.BOLD}{bold.group(1)}{marks.BOLD_END}")
        return
    if len(lines) > 1 and marks.plain(lines[0]).endswith(":") and _NUMBERED.match(lines[1]):
        # Markdown takes only a list that begins with 1 for one where no empty line is above it.
        yield Paragraph(lines[0])
        yield replace(_list(lines[1:], _NUMBERED), ordered=True, start=int(_NUMBERED.findall(lines[1])[0]))
        return
    at = next((number for number, line in enumerate(lines) if bullet.match(line)), None)
    if at is None or (typed and len(lines) == 1):
        yield Paragraph(text)
        return
    if at:
        yield Paragraph("\n".join(lines[:at]))
    yield _list(lines[at:], bullet)


def of_indented(content: str, before: Block | None) -> ListBlock | None:
    """The list that an author wrote by indenting lines of prose below a line with a colon; None where it is code."""
    entries = [line.strip() for line in content.strip().split("\n")]
    announced = isinstance(before, Paragraph) and before.text.rstrip().endswith(":")
    if not announced or not all(_PROSE.match(line) for line in entries):
        return None
    return ListBlock(ordered=False, items=[ListItem([Paragraph(line)]) for line in entries])


def _list(lines: list[str], bullet: re.Pattern[str]) -> ListBlock:
    entries: list[list[str]] = []
    for line in lines:
        if bullet.match(line):
            entries.append([bullet.sub("", line, count=1)])
        else:
            entries[-1].append(line)
    return ListBlock(ordered=False, items=[ListItem([Paragraph("\n".join(entry))]) for entry in entries])
