"""What a revision, and a person's word on a held item, mean for the items of a postmortem."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.domain.identity import normal_text
from service.domain.matching import Known, Stated, match

MOST_EARLIER = 20


@dataclass(frozen=True, slots=True)
class Revision:
    """What becomes of every item: `restated` pairs of known id and stated index; `added` with the items that each may
    be (held where there are any); `withdrawn` ids; `doubts`: what a held item may still be, nothing where it turned
    out to be a promise of its own.
    """

    restated: tuple[tuple[int, int], ...]
    added: dict[int, tuple[int, ...]]
    withdrawn: tuple[int, ...]
    doubts: dict[int, tuple[int, ...]]


def revise(known: Sequence[Known], stated: Sequence[Stated]) -> Revision:
    """Compares a revision with what is known. What a held item may turn out to be is not withdrawn before a person has
    said so; what is done when first stated needs no decision, for it makes no issue.
    """
    matching = match(known, stated)
    by_id, by_index = {old.id: old for old in known}, {new.index: new for new in stated}
    waiting = {i: olds for i, olds in matching.ambiguous.items() if not by_index[i].done}
    listed = {old for old, _ in matching.pairs}
    held = {old: by_id[old].candidates for old, index in matching.pairs if not by_index[index].done}
    doubts = _without(held, listed)
    in_doubt = {each for olds in (*doubts.values(), *waiting.values()) for each in olds}
    missing = (old.id for old in known if old.active and old.id not in listed)
    return Revision(
        restated=matching.pairs,
        added={i: waiting.get(i, ()) for i in sorted((*matching.added, *matching.ambiguous))},
        withdrawn=tuple(old for old in missing if old not in in_doubt),
        doubts={old: left for old, left in doubts.items() if left != by_id[old].candidates},
    )


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a decision on one held item means for the others: `doubts` as in Revision, and who is `withdrawn`."""

    doubts: dict[int, tuple[int, ...]]
    withdrawn: tuple[int, ...]


def settle(settled: Known, kept: int | None, known: Sequence[Known]) -> Settlement:
    """`kept`: the item that the settled one is. What it might have been, and no other held item may be, is no longer
    promised: it was missing from the revision that raised the doubt.
    """
    others = {old.id: old.candidates for old in known if old.active and old.candidates and old.id != settled.id}
    left = _without(others, () if kept is None else (kept,))
    still = {each for olds in left.values() for each in olds}
    active = {old.id for old in known if old.active}
    return Settlement(
        doubts={old: olds for old, olds in left.items() if olds != others[old]},
        withdrawn=tuple(old for old in settled.candidates if old != kept and old not in still and old in active),
    )


def earlier_texts(earlier: Sequence[str], before: str, now: str) -> tuple[str, ...]:
    """The texts that an item had before, the latest last: by any of them it is found again."""
    old, new = normal_text(before), normal_text(now)
    kept = [text for text in (*earlier, old) if text != new]
    return tuple(dict.fromkeys(kept))[-MOST_EARLIER:] if old != new else tuple(earlier)


def _without(held: dict[int, tuple[int, ...]], decided: Collection[int]) -> dict[int, tuple[int, ...]]:
    return {old: tuple(each for each in olds if each not in decided) for old, olds in held.items() if olds}
