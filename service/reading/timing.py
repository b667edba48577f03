"""How long it took to notice an incident and to recover from it."""

import datetime
import re

from service.reading import dates, durations
from service.reading.facts import Field

_DETECT_LABEL = re.compile(
    r"(?:mean )?time[- ]to[- ](?:detect(?:ion)?|discover(?:y)?|identif(?:y|ication)|notice"
    r"|acknowledge)|m?ttd|detection time|検知(?:まで)?の?時間|发现时间|检测时间",
    re.IGNORECASE,
)
_RECOVER_LABELS = (
    re.compile(
        r"(?:mean )?time[- ]to[- ](?:recover(?:y)?|resol(?:ve|ution)|restor(?:e|ation)|full recovery)"
        r"|m?ttr|recovery time|resolution time|復旧(?:まで)?の?時間|恢复时间",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:total |incident |outage |impact |approximate |overall )?(?:duration|downtime|outage time|window"
        r"|time to (?:repair|fix|mitigat(?:e|ion))|length)(?: of (?:the )?(?:incident|outage|impact"
        r"|event))?"
        r"|dauer|durée|duración|duração|durata|継続時間|影響時間|持续时间|지속 ?시간",
        re.IGNORECASE,
    ),
)
_START_LABEL = re.compile(
    r"(?:incident |impact |outage )?(?:start(?:ed)?|began|from)(?: (?:at|time|date(?: (?:&|and) time)?))?|(?:start"
    r"|begin) of (?:incident|outage|impact)",
    re.IGNORECASE,
)
_DETECTED_LABEL = re.compile(
    r"(?:incident |issue |problem |outage )?(?:first )?detected(?: (?:at|time))?|(?:incident )?detection", re.IGNORECASE
)
_RESOLVED_LABEL = re.compile(
    r"(?:incident |fully )?(?:resolved|recovered|ended|end|until|till)(?: (?:at|time|date(?: (?:&|and) time)?))?"
    r"|(?:end) of (?:incident|outage|impact)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-3])[:.h]([0-5]\d)(?!\d)\s*([ap]\.?m)?", re.IGNORECASE)
_LASTED = re.compile(
    r"\b(?:lasted|lasting|went on|outage|downtime|duration|disruption|(?:down|unavailable|offline"
    r"|unreachable|inaccessible))\b"
    r"(?: (?:was|of|for|is|lasted|lasting|a total|approximately|about|around|roughly|nearly|almost"
    r"|over))*[ :~]*(?=\d)"
    r"|\b(?:for|after|within) (?:a total of |a period of |an estimated |approximately |about |around "
    r"|roughly |nearly |almost |over |~ ?)(?=\d)",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\b(?:from|between)(?: the (?:hours|times) of)? (\d{1,2}):?([0-5]\d)(?: ?([ap])\.?m\.?\b)?(?: ?[A-Z]{3,4}\b)?"
    r" ?(?:to|and|until|till|-|–) ?(\d{1,2}):?([0-5]\d)(?!\d)(?: ?([ap])\.?m\b)?",
    re.IGNORECASE,
)
# The length stands in front of what it is the length of.
_LENGTH_OF = re.compile(
    r"[ \-](?:of )?(?:(?!(?:day|hour|hr|min|minute)s?\b)\w+ )?(?:downtime|outage|disruption"
    r"|unavailability)\b"
    r"| (?:after (?:it|the (?:incident|outage)) (?:began|started))\b",
    re.IGNORECASE,
)
_FIXED_IN = re.compile(
    r"\b(?:fixed|resolved|restored|recovered|mitigated|back (?:up|online))(?: \w+){0,2}? (?:in|within)"
    r"(?: about| around| approximately| roughly| under| less than)? (?=\d)",
    re.IGNORECASE,
)
# A sentence that gives both instants with their days.
_DAYS = re.compile(
    r"\b(?:from|between) (?=.{0,15}\d)[^\n;()]{10,45}? (?:to|and|until|till) (?=.{0,15}\d)[^\n;()]{10,45}",
    re.IGNORECASE,
)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = re.compile(rf"\b({'|'.join(_NUMBERS)})(?= (?:hours?|minutes?|days?)\b)", re.IGNORECASE)


def time_to_detect(stated: list[Field]) -> float | None:
    """Minutes until the incident was noticed: stated, else between two stated instants."""
    return _first(
        _stated_minutes(stated, _DETECT_LABEL),
        _between(stated, _START_LABEL, _DETECTED_LABEL),
        _between(stated, _RECOVER_LABELS[1], _DETECTED_LABEL),
    )


def time_to_recover(stated: list[Field], told: str) -> float | None:
    """Minutes until the service was back: stated, else between two instants, else as the opening text tells.

    None where what is stated contradicts the instants that are stated beside it.
    """
    said = _first(*(_stated_minutes(stated, label) for label in _RECOVER_LABELS))
    if said is not None:
        shown = _between(stated, _START_LABEL, _RESOLVED_LABEL) or _between(stated, _DETECTED_LABEL, _RESOLVED_LABEL)
        return None if shown and abs(shown - said) > max(30, said / 5) else said
    return _first(_between(stated, _START_LABEL, _RESOLVED_LABEL), _told(told))


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _stated_minutes(stated: list[Field], label: re.Pattern[str]) -> float | None:
    values = [field.value for field in stated if label.fullmatch(field.label)]
    return _first(*(durations.minutes(value) for value in values), *(_between_instants(value) for value in values))


def _between_instants(value: str) -> float | None:
    """Minutes between the two instants, or times of day, that one value states."""
    found = list(dates.find(value))
    if len(found) == 2 and (first := _instant(value[: found[1].start])) and (last := _instant(value[found[1].start :])):
        return (last - first).total_seconds() / 60 if last >= first else None
    if len(found) == 1:
        value = (value[: found[0].start] + value[found[0].end :]).strip(" ,:")
    return _span(value if re.search(r"\b(?:from|between)\b", value) else f"from {value}")


def _between(stated: list[Field], start: re.Pattern[str], end: re.Pattern[str]) -> float | None:
    """Minutes between two instants that are stated with day and time."""
    first = next((at for field in stated if start.fullmatch(field.label) and (at := _instant(field.value))), None)
    last = next((at for field in stated if end.fullmatch(field.label) and (at := _instant(field.value))), None)
    if first is None or last is None or last < first:
        return None
    return (last - first).total_seconds() / 60


def _instant(text: str) -> datetime.datetime | None:
    found = next(dates.find(text), None)
    day = found.full() if found else None
    if found is None or day is None:
        return None
    ahead = list(_CLOCK.finditer(text[: found.start]))
    clock = _CLOCK.search(text, found.end) or (ahead[-1] if ahead else None)
    if clock is None:
        return None
    hour = int(clock[1]) % 12 + (12 if clock[3].lower().startswith("p") else 0) if clock[3] else int(clock[1])
    # Both instants are written in the same unnamed zone; only their distance is used.
    return datetime.datetime(day.year, day.month, day.day, hour, int(clock[2]))  # noqa: DTZ001


def _told(words: str) -> float | None:
    text = _NUMBER.sub(lambda found: str(_NUMBERS.index(found[1].lower()) + 1), words)
    for pattern in (_LASTED, _FIXED_IN):
        for match in pattern.finditer(text):
            told = text[match.end() : match.end() + 40]
            if durations.begins(told) and (found := durations.minutes(told)) is not None:
                return found
    return _first(
        durations.before(text, _LENGTH_OF), _span(text), *(_between_instants(m[0]) for m in _DAYS.finditer(text))
    )


def _span(text: str) -> float | None:
    """Minutes between the two times of day that a sentence gives ("from 09:45 AM to 12:30 PM")."""
    span = _SPAN.search(text)
    if span is None or int(span[1]) > 23 or int(span[4]) > 23:
        return None
    first, last = _minute_of_day(span[1], span[2], span[3]), _minute_of_day(span[4], span[5], span[6])
    return float((last - first) % 1440) if bool(span[3]) <= bool(span[6]) else None


def _minute_of_day(hour: str, minute: str, half: str | None) -> int:
    past_noon = 12 if half and half.lower() == "p" else 0
    return (int(hour) % 12 + past_noon if half else int(hour)) * 60 + int(minute)
