"""An operator's own regular expressions: valid, never matching nothing, and never slow whatever the text is.

Python's matcher goes back and tries again. How often it can is bounded before a pattern is taken: each repetition must
have an end, and the ways in which the whole can match from one place are counted, by the product of what follows each
other. So the time that a text takes is at most that number times its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import _constants, _parser  # type: ignore[attr-defined]  # nothing public takes a pattern apart
from typing import Any

from marshmallow import ValidationError, fields

from config.fields import Refusal, line

MOST_WAYS = 1000
_EXAMPLE = "'CUST-[0-9]{4,8}'"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,39}")


class Patterns(fields.Field[Any]):
    """A table of names and regular expressions; what one finds is replaced by its name."""

    refusal = Refusal("not_a_table", "a table of names and regular expressions", f"{{ customer = {_EXAMPLE} }}")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, str]:
        if not isinstance(value, dict):
            raise ValidationError([self.refusal])
        refused = {name: [refusal] for name, text in value.items() if (refusal := refusal_of(name, text))}
        if refused:
            raise ValidationError(refused)
        return dict(value)


def refusal_of(name: str, text: Any) -> Refusal | None:
    """Why a pattern is not taken, if it is not."""
    if not _NAME.fullmatch(name):
        return _refusal("bad_name", "under a name of letters, digits, blanks, - and _")
    try:
        pattern = line(text)
        parsed = _parser.parse(pattern)
        re.compile(pattern)
    except (ValueError, re.error, OverflowError, RecursionError) as error:
        why = error.msg if isinstance(error, re.error) else "in quotes"
        return _refusal("bad_pattern", f"a regular expression ({why})")
    if parsed.getwidth()[0] == 0:
        return _refusal("empty_pattern", "a regular expression that cannot match nothing")
    try:
        ways = _ways(parsed)
    except _Endless:
        wanted = "a regular expression whose repetitions have an end, {1,64} in place of + and {0,64} in place of *"
        return _refusal("endless_pattern", wanted)
    if ways > MOST_WAYS:
        wanted = f"a regular expression that can match in at most {MOST_WAYS} ways from one place"
        return _refusal("costly_pattern", wanted)
    return None


def _refusal(code: str, accepted: str) -> Refusal:
    return Refusal(code, accepted, _EXAMPLE)


class _Endless(Exception):
    """A repetition without an end."""


def _ways(parsed: Iterable[tuple[Any, Any]]) -> int:
    """In how many ways a pattern can match from one place, at most; anything above `MOST_WAYS` is as good as more."""
    ways = 1
    for code, value in parsed:
        ways = min(ways * _ways_of(code, value), MOST_WAYS + 1)
    return ways


def _ways_of(code: Any, value: Any) -> int:
    names = _constants
    if code in (names.MAX_REPEAT, names.MIN_REPEAT, names.POSSESSIVE_REPEAT):
        return _repeated(*value)
    if code is names.BRANCH:
        return sum(_ways(each) for each in value[1])
    if code is names.SUBPATTERN:
        return _ways(value[3])
    if code is names.ATOMIC_GROUP:
        return _ways(value)
    if code in (names.ASSERT, names.ASSERT_NOT):
        return _ways(value[1])
    if code is names.GROUPREF_EXISTS:
        return sum(_ways(each) for each in value[1:] if each is not None)
    return 1


def _repeated(least: int, most: int, body: Iterable[tuple[Any, Any]]) -> int:
    if most == _constants.MAXREPEAT:
        raise _Endless
    inner = _ways(body)
    if inner == 1:
        return int(most) - int(least) + 1
    ways, times = 0, least
    while times <= most and ways <= MOST_WAYS:
        ways += inner ** min(times, 20)
        times += 1
    return ways
