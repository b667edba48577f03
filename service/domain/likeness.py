"""How like two titles are, by a measure that can be told in one sentence: the share of their words in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

Words = tuple[str, ...]

# Nine words of ten in common, and clearly ahead of whatever else it might be.
ALIKE, MARGIN = 0.9, 0.2

# They carry no promise of their own: a title is the same with or without them.
_LITTLE = (
    "a an the of for to in on at by with and we our its s is be are was were should will would need needs needed must "
    "please that this it so also"
)
LITTLE = frozenset(_LITTLE.split())
# They turn a promise into its opposite.
_TURNING = "no not never none without except cannot dont don nor non"
TURNING = frozenset(_TURNING.split())

SHORTEST_MISSPELT, LONGEST_MISSPELT = 5, 20


def likeness(one: Words, other: Words) -> float:
    """From 0 to 1: twice the words in common over all words, in any order; a word misspelt by one letter is the same.

    0 where a word stands in place of another, or where a number or a word like `not` is on one side only: such titles
    are as often two promises as one.
    """
    left, right = Counter(one), Counter(other)
    common = left & right
    left, right = left - common, right - common
    same = common.total() + _misspelt(left, right)
    if (left and right) or any(_decides(word) for word in (*left, *right)):
        return 0.0
    size = len(one) + len(other)
    return 2 * same / size if size else 1.0


def nearness(one: Words, other: Words) -> float:
    """The share of words in common alone: by which candidates are put in order for a person."""
    size = len(one) + len(other)
    return 2 * (Counter(one) & Counter(other)).total() / size if size else 0.0


def words_of(normal: str) -> Words:
    """The words of a normalised text that carry its meaning; all of them where none does."""
    words = normal.split()
    return tuple(word for word in words if word not in LITTLE) or tuple(words)


def _decides(word: str) -> bool:
    return word in TURNING or any(letter.isdigit() for letter in word)


def _misspelt(left: Counter[str], right: Counter[str]) -> int:
    """Takes words off both sides that are the same but for one letter; returns how many."""
    found = 0
    for word in list(left.elements()):
        twin = next((each for each in right if right[each] and _is_misspelt(word, each)), None)
        if twin is not None:
            left[word] -= 1
            right[twin] -= 1
            found += 1
    for side in (left, right):
        for word in [word for word, count in side.items() if not count]:
            del side[word]
    return found


def _is_misspelt(one: str, other: str) -> bool:
    """One letter more or less, or two neighbours swapped, after the first letter; a replaced letter makes too many
    other words, and short words are too near each other.
    """
    if not (one[0] == other[0] and one.isalpha() and other.isalpha()):
        return False
    short, long = sorted((one, other), key=len)
    if len(short) < SHORTEST_MISSPELT or len(long) > LONGEST_MISSPELT:
        return False
    if len(long) - len(short) == 1:
        return any(long[:at] + long[at + 1 :] == short for at in range(1, len(long)))
    return len(long) == len(short) and any(swapped == long for swapped in _swaps(short))


def _swaps(word: str) -> Iterator[str]:
    for at in range(1, len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
