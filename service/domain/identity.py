"""Which promise is which, across revisions, redeliveries and restored backups."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Known:
    """An item that the ledger has. `active`: not withdrawn; withdrawn ones may come back but are never missed."""

    id: int
    source_item_id: str | None
    title: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Stated:
    """An item that a revision states, by its place in the document."""

    index: int
    source_item_id: str | None
    title: str


@dataclass(frozen=True, slots=True)
class Matching:
    """`pairs` are the same promise. `ambiguous`: by stated index, the known items it might be."""

    pairs: tuple[tuple[int, int], ...]
    added: tuple[int, ...]
    gone: tuple[int, ...]
    ambiguous: dict[int, tuple[int, ...]]


def match(known: Sequence[Known], stated: Sequence[Stated]) -> Matching:
    """By the source's id, else exact text, else normalised text; what is left on both sides is never guessed."""
    pairs: list[tuple[int, int]] = []
    # Active items first, so that a twin that was withdrawn long ago does not take the place of a live one.
    left_known, left_stated = sorted(known, key=lambda old: not old.active), list(stated)
    for same in (_id, _text, _normal_text):
        taken = _pair(left_known, left_stated, same)
        pairs += taken.items()
        left_known = [old for old in left_known if old.id not in taken]
        matched = set(taken.values())
        left_stated = [new for new in left_stated if new.index not in matched]
    missing = [old for old in left_known if old.active]
    anyone = tuple(old.id for old in missing)
    nameless = tuple(old.id for old in missing if not old.source_item_id)
    ambiguous = {new.index: nameless if new.source_item_id else anyone for new in left_stated}
    ambiguous = {index: olds for index, olds in ambiguous.items() if olds}
    in_doubt = {old for olds in ambiguous.values() for old in olds}
    return Matching(
        pairs=tuple(pairs),
        added=tuple(new.index for new in left_stated if new.index not in ambiguous),
        gone=tuple(old.id for old in missing if old.id not in in_doubt),
        ambiguous=ambiguous,
    )


def _pair(known: Sequence[Known], stated: Sequence[Stated], same: Callable[[Known | Stated], str]) -> dict[int, int]:
    """By known id, the stated index that is the same in one respect; the first of several twins goes first.

    Two different ids of the source's own are two promises, whatever their texts say.
    """
    anybody, nameless = _queues(known, same), _queues((old for old in known if not old.source_item_id), same)
    taken: dict[int, int] = {}
    for new in stated:
        queue = (nameless if new.source_item_id and same is not _id else anybody).get(same(new))
        while queue and queue[0].id in taken:
            queue.popleft()
        if queue:
            taken[queue.popleft().id] = new.index
    return taken


def _queues(known: Iterable[Known], same: Callable[[Known | Stated], str]) -> dict[str, deque[Known]]:
    queues: dict[str, deque[Known]] = {}
    for old in known:
        if key := same(old):
            queues.setdefault(key, deque()).append(old)
    return queues


def _id(item: Known | Stated) -> str:
    return item.source_item_id or ""


def _text(item: Known | Stated) -> str:
    return f"={item.title}"  # never empty: what has no text at all is still the same text


def _normal_text(item: Known | Stated) -> str:
    return normal_text(item.title)
