"""Dates in running text: numeric, by month name in seven languages, with or without a year."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = (
    "january jan januar janvier janv enero ene janeiro gennaio gen januari",
    "february feb februar février févr fevr febrero fevereiro fev febbraio februari",
    "march mar märz maerz mrz mars marzo março maart mrt",
    "april apr avril avr abril abr aprile",
    "may mai mayo maio maggio mag mei",
    "june jun juni juin junio junho giugno giu",
    "july jul juli juillet juil julio julho luglio lug",
    "august aug août aout agosto ago augustus",
    "september sep sept septembre septiembre setembro set settembre",
    "october oct oktober okt octobre octubre outubro out ottobre ott",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre déc diciembre dic dezembro dicembre",
)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_NAME = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_ORDINAL = r"(?:st|nd|rd|th|er|º|ª|\.)?"
_LAST_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_FORMS = re.compile(
    rf"(?P<y1>{_YEAR})(?P<s1>[-/.])(?P<m1>\d{{1,2}})(?P=s1)(?P<d1>\d{{1,2}})(?!\d)"
    rf"|(?P<y2>{_YEAR}) ?[年년] ?(?P<m2>\d{{1,2}}) ?[月월] ?(?P<d2>\d{{1,2}}) ?[日일]"
    rf"|(?<![\w.])(?P<d3>\d{{1,2}}){_ORDINAL}(?: of| de"
    rf"| di)?[ \-]+(?P<m3>{_NAME})\b\.?(?:,?[ \-](?:de |del )?(?P<y3>{_YEAR}))?(?![\w])"
    rf"|\b(?P<m4>{_NAME})\.?,? (?P<d4>\d{{1,2}})(?:st|nd|rd|th)?(?:(?: ?[-–—&+] ?| and "
    rf"| to )(?:(?:{_NAME})\.? )?\d{{1,2}}(?:st|nd|rd|th)?)?"
    rf"(?:,? (?P<y4>{_YEAR}))?(?![\w:])"
    rf"|(?<![\d./\-])(?P<d5>\d{{1,2}})\.(?P<m5>\d{{1,2}})\.(?P<y5>{_YEAR})(?!\d)"
    rf"|(?<![\d./\-])(?P<a6>\d{{1,2}})[/\-](?P<b6>\d{{1,2}})[/\-](?P<y6>{_YEAR})(?!\d)"
    rf"|(?<!\d)(?P<m7>\d{{1,2}})[月월] ?(?P<d7>\d{{1,2}})[日일]",
    re.IGNORECASE,
)
_END_OF = re.compile(
    rf"\b(?:the )?(?:end|ende|fin|fine|fim|finales|finales de|eind|koniec) (?:of |de |di )?(?P<m>{_NAME})\b\.?,?"
    rf" (?:de )?(?P<y>{_YEAR})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A date in a text, from `start` to `end`; without a year it is only month and day."""

    start: int
    end: int
    month: int
    day: int
    year: int | None

    def full(self) -> datetime.date | None:
        """The date where the text gives the year and the calendar has that day."""
        return _date(self.year, self.month, self.day) if self.year else None

    def after(self, anchor: datetime.date | None) -> datetime.date | None:
        """The full date, else the first such day on or after the anchor."""
        if self.year or anchor is None:
            return self.full()
        this_year = _date(anchor.year, self.month, self.day)
        return this_year if this_year is None or this_year >= anchor else _date(anchor.year + 1, self.month, self.day)


def _date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def find(text: str) -> Iterator[Found]:
    """All dates of the text in order; what is no day of a calendar is left out."""
    for match in _FORMS.finditer(text):
        found = _found(match)
        if found and 1 <= found.month <= 12 and 1 <= found.day <= 31:
            yield found


def _found(match: re.Match[str]) -> Found | None:
    groups = match.groupdict()
    if match["y6"]:
        first, second = int(match["a6"]), int(match["b6"])
        if first <= 12 and second <= 12 and first != second:
            return None  # day first or month first: nobody can tell
        month, day = (first, second) if first <= 12 else (second, first)
        return Found(match.start(), match.end(), month, day, int(match["y6"]))
    number = next(n for n in "1234567" if groups.get(f"d{n}"))
    word, year = str(groups[f"m{number}"]).lower(), groups.get(f"y{number}")
    named = _MONTH_OF.get(word) or int(word)
    return Found(match.start(), match.end(), named, int(groups[f"d{number}"]), int(year) if year else None)


def due(text: str, anchor: datetime.date | None) -> datetime.date | None:
    """The day that a due date names; a month's end counts as its last day, a month or a quarter alone is no day."""
    last = _END_OF.search(text)
    if last:
        return end_of_month(last.group(0))
    return next((day for found in find(text) if (day := found.after(anchor))), None)


def end_of_month(text: str) -> datetime.date | None:
    """The last day of the month where all of the text names the end of one ("the end of June 2031")."""
    found = _END_OF.fullmatch(text)
    if not found:
        return None
    month, year = _MONTH_OF[found["m"].lower()], int(found["y"])
    return (_date(year, 2, 29) if month == 2 else None) or _date(year, month, _LAST_DAYS[month - 1])
