"""Title, date, severity, times and summary of a postmortem."""

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.reading import dates, grades, headings, labels, marks
from service.reading.blocks import Block, Heading, ListBlock, Paragraph, Table, walk
from service.reading.sections import Section

_DATE_LABEL = re.compile(
    r"(?:incident |event |start |outage )?(?:date|dates|date/time|date & time|date and time|day|datum"
    r"|fecha|data|日付|発生日|発生日時|日期|날짜)(?: of (?:the )?(?:incident|event|outage))?"
    r"|(?:incident |impact |outage )?(?:from|start(?:ed)?(?: (?:at|time|date))?|began)"
    r"|(?:first )?detected(?: at)?|occurred(?: on| at)?|when|date (?:of )?occurr?ed",
    re.IGNORECASE,
)
_DURATION_LABEL = re.compile(r"(?:\w+ )?(?:duration|downtime|outage window|impact window)\b", re.IGNORECASE)
_SEVERITY_LABEL = re.compile(
    r"(?:incident )?(?:severity|sev)(?: level)?|重大度|深刻度|严重(?:程度|性|级别)|심각도|schweregrad|gravité"
    r"|gravedad|severidad|障害レベル|severidade|gravità",
    re.IGNORECASE,
)
_PEOPLE_LABEL = re.compile(
    r"(?:incident |postmortem |document |report )?(?:authors?|owners?|commander|lead|responders?"
    r"|attendees|attendance|participants|reviewers?|responsible|written by|people(?: involved)?)(?:\(s\))?",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"(?:executive |incident |issue |short |brief |event )?summary|overview|tl;?dr|abstract|synopsis"
    r"|what happened\??|description|サマリー?|概要|要約|摘要|总结|概述|概述|요약|개요|"
    r"zusammenfassung|überblick|résumé|resumen|resumo|riepilogo|sommario|samenvatting|сводка"
    r"|краткое описание|sammanfattning|introduction",
    re.IGNORECASE,
)
_FIELD_LINE = re.compile(r"^[\s\-*•>]*([^:：\n]{2,45}?)\s*[:：](?!(?<=\d:)\d\d)\s*(.*)$")
_UNSTYLE = re.compile(r"[*_`]")


@dataclass(frozen=True, slots=True)
class Field:
    """A label and its value, wherever the document states them: a line, a table row, a list entry, a heading."""

    label: str
    value: str


def fields(found: list[Section]) -> list[Field]:
    """All labelled values of a document, in order."""
    out: list[Field] = []
    for section in found:
        out.extend(_of_blocks(section.blocks))
        first = section.blocks[0] if section.blocks else None
        if section.heading and isinstance(first, Paragraph | ListBlock):
            text = first.text if isinstance(first, Paragraph) else ", ".join(_first_lines(first))
            out.append(Field(headings.words(section.heading), marks.plain(text)))
    return out


def _of_blocks(blocks: list[Block]) -> Iterator[Field]:
    for block in walk(blocks):
        if isinstance(block, Paragraph):
            yield from _of_lines(block.text)
        elif isinstance(block, Table):
            yield from (Field(marks.plain(r[0]).rstrip(":： "), marks.plain(r[1])) for r in block.rows if len(r) >= 2)


def _of_lines(text: str) -> Iterator[Field]:
    for line in re.split(r"\n| [|·] ", text):
        shown = marks.plain(line)
        found = _FIELD_LINE.match(shown)
        if found:
            yield Field(found.group(1), found.group(2))
        elif match := re.match(
            r"((?:first )?detected|resolved|repaired|started)(?: at| on)? (?=\d)(.*)", shown, re.IGNORECASE
        ):
            yield Field(match.group(1), match.group(2))


def _first_lines(block: ListBlock) -> list[str]:
    return [
        entry.blocks[0].text for entry in block.items[:40] if entry.blocks and isinstance(entry.blocks[0], Paragraph)
    ]


def people_values(stated: list[Field]) -> list[str]:
    """The values of the fields that name people."""
    return [
        f.value
        for f in stated
        if len(f.value) <= 300 and (_PEOPLE_LABEL.fullmatch(f.label) or labels.field_of(f.label) == "owner")
    ]


def title(blocks: list[Block], front: Mapping[str, object]) -> str | None:
    """The first main heading, else the title in the front matter, else a sole top heading of a lower level."""
    top = [block for block in blocks if isinstance(block, Heading) and marks.plain(block.text)]
    main = [block for block in top if block.level == 1]
    if main and (len(main) == 1 or not is_part(main[0].text)):
        return marks.plain(main[0].text)
    given = front.get("title")
    if isinstance(given, str) and given.strip():
        return given.strip()
    if main:
        return marks.plain(main[0].text)
    if (
        top
        and all(block.level > top[0].level for block in top[1:])
        and headings.stance(top[0].text) is headings.Stance.NEUTRAL
    ):
        return marks.plain(top[0].text)
    return None


def is_part(heading: str) -> bool:
    """Whether a heading is the name of a part that many postmortems have, not the title of one."""
    return len(headings.words(heading).split()) <= 3 and headings.stance(heading) is not headings.Stance.NEUTRAL


def severity(stated: list[Field], front: Mapping[str, object]) -> str | None:
    """The stated severity; the front matter's first, for it was written to be read by programs."""
    given = front.get("severity")
    if isinstance(given, str | int):
        return grades.severity(str(given))
    for field in stated:
        if _SEVERITY_LABEL.fullmatch(field.label) and (found := grades.severity(field.value)):
            return found
    return None


def incident_date(
    stated: list[Field], texts: tuple[str, ...], front: Mapping[str, object], times: list[str]
) -> datetime.date | None:
    """The day of the incident: stated, else in the texts (title, summary, opening), else the first day of the duration,
    else the timeline's if that spans few days.

    A day without a year in title or summary takes the year from the timeline.
    """
    for field in stated:
        if _DATE_LABEL.fullmatch(field.label) and (day := _first_full(field.value)):
            return day
    lasted = [field.value for field in stated if _DURATION_LABEL.match(field.label)]
    for text in (*texts, *lasted):
        if day := _first_full(text):
            return day
    told = next(dates.find("\n".join(texts[:2])), None)
    given = front.get("incident_date") or front.get("date")
    if isinstance(given, datetime.datetime):
        return given.date()
    if isinstance(given, datetime.date):
        return given
    if isinstance(given, str) and (day := _first_full(given)):
        return day
    return _from_timeline(told, times) or _with_year(told, front)


def _with_year(told: dates.Found | None, front: Mapping[str, object]) -> datetime.date | None:
    """A day without a year takes the year of the first date in the front matter, which is not before it."""
    written = next((day for value in front.values() if isinstance(value, str) and (day := _first_full(value))), None)
    if told is None or written is None:
        return None
    years = (written.year, written.year - 1)
    days = (dates.Found(told.start, told.end, told.month, told.day, year).full() for year in years)
    return next((day for day in days if day and day <= written), None)


def _from_timeline(partial: dates.Found | None, times: list[str]) -> datetime.date | None:
    days = sorted({day for line in times for found in dates.find(line) if (day := found.full())})
    if not days:
        return None
    if partial:
        same = [day for day in days if (day.month, day.day) == (partial.month, partial.day)]
        if same:
            return same[0]
    return days[0] if (days[-1] - days[0]).days <= 7 else None


def _first_full(text: str) -> datetime.date | None:
    return next((day for found in dates.find(text[:3000]) if (day := found.full())), None)


def timeline(found: list[Section]) -> list[str]:
    """The texts of the section about the course of events: its headings, first cells and first lines."""
    out: list[str] = []
    inside = [s for s in found if within_timeline(s)]
    for section in inside:
        out.append(headings.words(section.heading))
        for block in section.blocks:
            if isinstance(block, Table):
                out.extend(marks.plain(row[0]) for row in block.rows[:200] if row)
            elif isinstance(block, ListBlock):
                out.extend(marks.plain(line)[:60] for line in _first_lines(block))
            elif isinstance(block, Paragraph):
                out.append(marks.plain(block.text)[:60])
    return out


def within_timeline(section: Section) -> bool:
    at: Section | None = section
    while at is not None:
        if re.search(
            r"time ?line|chronolog|タイムライン|時系列|时间线|타임라인|хронолог|cronolog|zeit",
            at.heading,
            re.IGNORECASE,
        ):
            return True
        at = at.parent
    return False


def summary(found: list[Section]) -> str | None:
    """The first paragraph under a heading that announces a summary, else the first one that is a text of its own."""
    for section in found:
        if _SUMMARY.fullmatch(headings.without_bracket(headings.words(section.heading))):
            text = next(_useful(section, 15), None) or next(
                (t for child in section.children for t in _useful(child, 15)), None
            )
            if text:
                return text
    early = [section for section in found if section.level <= 2][:4]
    return next(
        (text for section in early if section.stance is headings.Stance.NEUTRAL for text in _useful(section, 60)), None
    )


def opening(found: list[Section], summary: str | None) -> str:
    """The texts that tell the incident in short: what stands before the first part, and the summary."""
    early = [section for section in found if section.level <= 1][:2]
    if not any(section.blocks for section in early):
        early = found[: len(early) + 1]  # A second line of the title stands between it and the text.
    return "\n".join([*(text for section in early for text in _useful(section, 30)), summary or ""])[:4000]


def _useful(section: Section, least: int) -> Iterator[str]:
    for block in section.blocks:
        if not isinstance(block, Paragraph):
            continue
        text = marks.plain(block.text)
        bare = marks.plain(re.sub(marks.ANY_LINK, "", block.text))
        if (
            len(text) >= least
            and len(bare) >= least
            and not _FIELD_LINE.match(marks.plain(block.text.split("\n")[0])[:60] if least > 15 else "")
        ):
            yield text
