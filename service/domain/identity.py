"""Which promise is which, across revisions, redeliveries and restored backups."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection

MARKER_BITS = 80
LONGEST_TEXT = 256


def normal_text(text: str) -> str:
    """A title reduced to what makes it the same promise: letters and digits, lower case, single blanks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", folded))


def marker(secret: bytes, tracker: str, source: str, postmortem: str, identity: str) -> str:
    """The token by which a promise's issue is found again: 80 bits of HMAC-SHA256 as 16 lower-case letters and digits.

    The same promise has the same marker in any ledger that shares the instance secret, so a restored backup finds
    what was created after it was made. Parts are length-prefixed, so no two tuples sign the same bytes.
    """
    parts = (part.encode() for part in (tracker, source, postmortem, identity))
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    digest = hmac.new(secret, b"afteraction marker 1\0" + message, hashlib.sha256).digest()
    return base64.b32encode(digest[: MARKER_BITS // 8]).decode().lower()


def first_identity(source_item_id: str | None, title: str, taken: Collection[str]) -> str:
    """The identity an item keeps for ever: the source's id, else its first text; numbered where a twin has it."""
    base = f"id:{source_item_id}" if source_item_id else f"text:{_short(normal_text(title) or title)}"
    identity, number = base, 2
    while identity in taken:
        identity, number = f"{base}#{number}", number + 1
    return identity


def _short(text: str) -> str:
    """A text as it is, or its beginning and its digest: no database indexes a title of thousands of letters."""
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:64]} sha256:{hashlib.sha256(text.encode()).hexdigest()}"
