"""Matches the items that a revision states with those that the ledger has."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from service.domain.identity import normal_text
from service.domain.likeness import ALIKE, MARGIN, Words, likeness, nearness, words_of

# Beyond so many comparisons nothing is compared, and all of it waits for a person.
MOST_COMPARED = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """An item that the ledger has, by what the document last said of it.

    `active`: not withdrawn; withdrawn ones may come back but are never missed. `earlier`: normalised texts that it had
    before. `same_as`: the item that a person said it is; its words mean that one. `candidates`: nobody has decided yet
    whether it is one of these. `dismissed`: a person said that it is no promise. `links`: addresses of its issue.
    """

    id: int
    source_item_id: str | None
    title: str
    active: bool = True
    earlier: tuple[str, ...] = ()
    same_as: int | None = None
    candidates: tuple[int, ...] = ()
    dismissed: bool = False
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """An item that a revision states, by its place in the document. `link`: the issue that it names."""

    index: int
    source_item_id: str | None
    title: str
    link: str | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Matching:
    """`pairs` are the same promise. `repeated`: stated although an item that is stated too means the same; by stated
    index, that item. `ambiguous`: by stated index, the known items it might be, the likeliest first.
    """

    pairs: tuple[tuple[int, int], ...]
    repeated: dict[int, int]
    added: tuple[int, ...]
    gone: tuple[int, ...]
    ambiguous: dict[int, tuple[int, ...]]


def match(known: Sequence[Known], stated: Sequence[Stated]) -> Matching:
    """By the source's id, exact text, normalised text, an earlier text, the issue's address, and likeness with a
    margin; what is then left on both sides is never guessed.

    A new statement may also be an item that was withdrawn before and comes back in other words: that is not guessed
    either.
    """
    board = _Board(known, stated)
    for same in (_id, _text, _normal_text):
        board.pair(same)
    board.follow_aliases()
    board.pair_each(_earlier, _normal_text)
    board.pair_each(_links, _link)
    board.pair_alike()
    return board.result()


class _Board:
    """Who is still to be matched, while the rules are applied one after the other."""

    def __init__(self, known: Sequence[Known], stated: Sequence[Stated]) -> None:
        # What was held and then no longer stated was never decided: if its words return, they are judged anew.
        decided = [old for old in known if old.active or not old.candidates]
        # Active items first, so that a twin that was withdrawn long ago does not take the place of a live one.
        real = sorted((old for old in decided if old.same_as is None), key=lambda old: not old.active)
        self._current = {old.id: normal_text(old.title) for old in real}
        self._aliases = [old for old in decided if old.same_as is not None]
        self._all_known, self._all_stated = real, list(stated)
        self._known, self._stated = self._all_known, self._all_stated
        self._pairs: list[tuple[int, int]] = []
        self._repeated: dict[int, int] = {}

    def pair(self, same: Callable[[Known | Stated], str]) -> None:
        self._take(_pair(self._known, self._stated, same))

    def pair_each(self, of_known: Callable[[Known], Sequence[str]], of_stated: Callable[[Stated], str]) -> None:
        """Pairs by what, of all items, only one left over has, and of all statements only one left over says."""
        owners: dict[str, list[Known]] = {}
        for old in self._all_known:
            for key in set(of_known(old)):
                owners.setdefault(key, []).append(old)
        said = Counter(of_stated(new) for new in self._all_stated)
        left = {old.id for old in self._known}
        taken: dict[int, int] = {}
        for new in self._stated:
            key = of_stated(new)
            found = owners.get(key, []) if key and said[key] == 1 else []
            if len(found) == 1 and found[0].id in left - set(taken) and _may_be(found[0], new):
                taken[found[0].id] = new.index
        self._take(taken)

    def follow_aliases(self) -> None:
        """Words that a person said to mean another item: that item, unless it stands in the document itself."""
        roots = self._roots()
        taken = _pair(self._aliases, self._stated, _id)
        rest = [new for new in self._stated if new.index not in set(taken.values())]
        # Where the item itself says the same by now, a second statement of it is a twin.
        apart = [old for old in self._aliases if normal_text(old.title) != self._current.get(roots[old.id])]
        taken |= _pair([old for old in apart if old.id not in taken], rest, _normal_text)
        left = {old.id for old in self._known}
        missing = any(old.active for old in self._known)
        pairs: dict[int, int] = {}
        for alias, index in taken.items():
            if roots[alias] in left and roots[alias] not in pairs:
                pairs[roots[alias]] = index
            elif roots[alias] in self._current and not missing:
                self._repeated[index] = roots[alias]
        self._take(pairs)
        self._stated = [new for new in self._stated if new.index not in self._repeated]

    def _roots(self) -> dict[int, int]:
        """By alias, the item that it means in the end."""
        same_as = {old.id: old.same_as for old in self._aliases if old.same_as is not None}
        found: dict[int, int] = {}
        for alias in same_as:
            root = alias
            while root in same_as:
                root = same_as[root]
            found[alias] = root
        return found

    def pair_alike(self) -> None:
        """Pairs an active item and a statement that are alike, where each leads all others for the other clearly."""
        if len(self._known) * len(self._stated) > MOST_COMPARED:
            return
        found = self._likenesses(likeness)
        best: dict[tuple[str, int], list[float]] = {}
        for (old_id, index), like in found.items():
            for end in (("old", old_id), ("new", index)):
                best[end] = sorted((*best.get(end, ()), like))[-2:]
        leads = {end: top[-1] - (top[-2] if len(top) > 1 else 0.0) for end, top in best.items()}
        active = {old.id for old in self._known if old.active}
        self._take(
            {
                old_id: index
                for (old_id, index), like in found.items()
                if like >= ALIKE and min(leads["old", old_id], leads["new", index]) >= MARGIN and old_id in active
            }
        )

    def result(self) -> Matching:
        missing = [old for old in self._known if old.active]
        # A held one that is no longer stated is taken back; what it may have been is still there to be asked for.
        candidates = [old for old in self._known if not old.candidates and (old.active or not old.dismissed)]
        anyone = self._in_order(candidates)
        nameless = self._in_order([old for old in candidates if not old.source_item_id])
        asked = {new.index: nameless(new) if new.source_item_id else anyone(new) for new in self._stated}
        ambiguous = {index: olds for index, olds in asked.items() if olds}
        in_doubt = {old for olds in ambiguous.values() for old in olds}
        return Matching(
            pairs=tuple(self._pairs),
            repeated=self._repeated,
            added=tuple(new.index for new in self._stated if new.index not in ambiguous),
            gone=tuple(old.id for old in missing if old.id not in in_doubt),
            ambiguous=ambiguous,
        )

    def _take(self, taken: dict[int, int]) -> None:
        self._pairs += taken.items()
        self._known = [old for old in self._known if old.id not in taken]
        matched = set(taken.values())
        self._stated = [new for new in self._stated if new.index not in matched]

    def _likenesses(self, measure: Callable[[Words, Words], float]) -> dict[tuple[int, int], float]:
        olds = [(old, words_of(self._current[old.id])) for old in self._known]
        news = [(new, words_of(normal_text(new.title))) for new in self._stated]
        return {
            (old.id, new.index): measure(mine, yours) if _may_be(old, new) else 0.0
            for old, mine in olds
            for new, yours in news
        }

    def _in_order(self, candidates: Sequence[Known]) -> Callable[[Stated], tuple[int, ...]]:
        """For a statement, the candidates by how near their words are; as they come where there are very many."""
        ids = tuple(old.id for old in candidates)
        if not ids or len(ids) * len(self._stated) > MOST_COMPARED:
            return lambda _: ids
        near = self._likenesses(nearness)
        return lambda new: tuple(sorted(ids, key=lambda old: -near[old, new.index]))


def _may_be(old: Known, new: Stated) -> bool:
    """Two different ids of the source's own are two promises, whatever their texts say."""
    return not (old.source_item_id and new.source_item_id)


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


def _earlier(old: Known) -> Sequence[str]:
    return old.earlier


def _links(old: Known) -> Sequence[str]:
    return old.links


def _link(new: Stated) -> str:
    return new.link or ""
