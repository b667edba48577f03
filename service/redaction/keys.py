"""Private key blocks: several lines in a text, one line with `\\n` in JSON, or cut off before their end."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

# Longer than any key; two mentions further apart than this are no block.
LONGEST = 20_000

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
# Nothing follows that could send it back; possessive groups would be clearer, but Python before 3.11.5 errs in them.
_CUT_OFF = re.compile(r"(?:(?:\\[nr]|[\s>|\"'])*[A-Za-z0-9+/=]{16,})*")


def private_keys(text: str) -> Iterator[tuple[int, int]]:
    """The spans of key blocks, in order and apart from each other."""
    if "PRIVATE KEY" not in text:
        return
    ends = [(match.start(), match.end()) for match in _END.finditer(text)]
    done = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < done:
            continue
        index = bisect_left(ends, (begin.end(), 0))
        if index < len(ends) and ends[index][0] - begin.end() <= LONGEST:
            done = ends[index][1]
        else:
            cut_off = _CUT_OFF.match(text, begin.end())
            done = cut_off.end() if cut_off else begin.end()
        yield begin.start(), done
