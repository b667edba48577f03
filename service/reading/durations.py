"""Lengths of time in running text, in minutes."""

import re

_UNITS = (
    (1440.0, r"d(?:ays?)?|tage?n?|jours?|d[ií]as?|dias|giorni|日間?|天|일"),
    (60.0, r"h(?:(?:ou)?rs?)?|stunden?|std|heures?|horas?|ore|uur|時間|小时|小時|시간"),
    (1.0, r"m(?:in(?:ute)?s?)?|minuten|minutos?|minuti|分間?|分钟|分鐘|분"),
    (1 / 60, r"s(?:ec(?:ond)?s?)?|sekunden|secondes|segundos|secondi|秒|초"),
    (10080.0, r"w(?:eeks?)?|wochen?|semaines?|semanas?|settimane|週間|周"),
)
_PART = re.compile(
    r"(?<![a-zA-Z0-9.:\-])(?:~|≈)?(\d{1,7}(?:[.,]\d{1,2})?)[ \-]?(?:"
    + "|".join(f"(?P<u{i}>{words})" for i, (_, words) in enumerate(_UNITS))
    + r")(?![a-zäöüß])",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s,]*(?:and|und|et|y|e|&)?\s*", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?<![\d:\-])(\d{1,3}):([0-5]\d)(?::[0-5]\d)?(?![\d:])(?!\s*(?:am|pm|utc|[a-z]{2,4}\b))", re.IGNORECASE
)


def minutes(text: str) -> float | None:
    """The first length of time that the text states, in minutes ("1h 10m", "4 hours and 42 minutes", "0:45")."""
    first = _PART.search(text)
    if not first:
        clock = _CLOCK.fullmatch(text.strip(" ~.()"))
        return int(clock.group(1)) * 60.0 + int(clock.group(2)) if clock else None
    total, end, smallest = _size(first), first.end(), _unit(first)
    while (part := _PART.match(text, _BETWEEN.match(text, end).end())) and _unit(part) < smallest:  # type: ignore[union-attr]
        total, end, smallest = total + _size(part), part.end(), _unit(part)
    return round(total, 2)


def before(text: str, what: re.Pattern[str]) -> float | None:
    """The length of time that stands right in front of the words ("2 hours and 45 minutes of downtime")."""
    for match in what.finditer(text):
        ahead = text[max(0, match.start() - 60) : match.start()]
        start, end = len(ahead), len(ahead)
        for part in reversed(list(_PART.finditer(ahead))):
            if not _BETWEEN.fullmatch(ahead[part.end() : end]):
                break
            start = end = part.start()
        if start < len(ahead):
            return minutes(ahead[start:])
    return None


def begins(text: str) -> bool:
    """Whether the text begins with a length of time."""
    return bool(_PART.match(text))


def _unit(part: re.Match[str]) -> float:
    return next(size for i, (size, _) in enumerate(_UNITS) if part[f"u{i}"])


def _size(part: re.Match[str]) -> float:
    return float(part.group(1).replace(",", ".")) * _unit(part)
