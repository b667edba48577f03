"""Histories of revisions whose author knows which promise is which: what a document says, and what is true."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from service.domain.identity import normal_text

_VERBS = "add alert rehearse limit document automate rotate verify replace isolate monitor throttle"
_THINGS = (
    "queue depth certificate renewal failover region backups restore tenant sessions gateway timeout cache index "
    "replica lag deploy rollback schema migration firewall quota pager dashboard ledger webhook invoice search "
    "scheduler container kernel balancer registry pipeline credentials archive mailbox checkout"
)
VERBS, THINGS = _VERBS.split(), _THINGS.split()
LITTLE = ["the", "a", "our", "of", "for", "in"]


@dataclass(frozen=True)
class Said:
    """One statement of a revision, with the promise that its author means by it."""

    truth: int
    text: str
    source_id: str | None = None


Revision = tuple[Said, ...]


@dataclass
class Author:
    """Writes a document and revises it, as authors do; never says which promise is which."""

    chance: random.Random
    live: list[Said] = field(default_factory=list)
    dropped: list[Said] = field(default_factory=list)
    promises: int = 0
    gives_ids: bool = False
    distinct: bool = False
    ever: dict[str, set[int]] = field(default_factory=dict)
    halves: set[int] = field(default_factory=set)

    def begin(self) -> None:
        for _ in range(self.chance.randint(1, 5)):
            self.add()

    def revise(self) -> None:
        possible = [act for act in ACTS if not self.distinct or act not in CROWDING]
        acts = self.chance.choices(possible, k=self.chance.choice((1, 1, 2, 3)))
        for act in acts:
            # A twin whose first one goes at once is the old promise, whatever the author thinks.
            if act is not Author.add_twin or len(acts) == 1:
                act(self)

    def revision(self) -> Revision:
        for each in self.live:
            self.ever.setdefault(normal_text(each.text), set()).add(each.truth)
        return tuple(self.live)

    # What is new says what none has said before (twins apart): else it is the old promise, come back.
    def new(self, text: str) -> Said:
        self.promises += 1
        given = self.gives_ids and self.chance.random() < 0.7
        return Said(self.promises, text, f"id-{self.promises}" if given else None)

    def text(self) -> str:
        words = [self.chance.choice(VERBS), *self.chance.sample(THINGS, self.chance.choice((2, 3, 4, 9)))]
        return _spoken(self.chance, words)

    def add(self) -> None:
        self.live.insert(self.chance.randint(0, len(self.live)), self.new(self.text()))

    def add_sibling(self) -> None:
        """Another promise that differs from a living one in one word, or in a number alone."""
        if self.live:
            words = self._one().text.split()
            # In a word that means something: what only says more of the same is taken for the same.
            at = self.chance.choice([at for at, word in enumerate(words) if word.casefold() not in LITTLE] or [0])
            words[at] = self.chance.choice(THINGS) if self.chance.random() < 0.6 else str(self.chance.randint(1, 9))
            if normal_text(" ".join(words)) not in self.ever:
                self.live.append(self.new(" ".join(words)))

    def add_twin(self) -> None:
        """A promise of the same words beside a living one; not where the words were those of one that is gone."""
        living = {(each.truth, normal_text(each.text)) for each in self.live}
        free = [each for each in self.live if self._all_live(normal_text(each.text), living)]
        if free:
            self.live.append(self.new(self.chance.choice(free).text))

    def _all_live(self, text: str, living: set[tuple[int, str]]) -> bool:
        return all((truth, text) in living for truth in self.ever.get(text, ()))

    def shuffle(self) -> None:
        self.chance.shuffle(self.live)

    def touch_up(self) -> None:
        self._change(lambda words: self.chance.choice((_dressed, _misspelt, _swapped, _little))(self.chance, words))

    def extend(self) -> None:
        self._change(lambda words: [*words, self.chance.choice(THINGS)])

    def reword(self) -> None:
        def one_word(words: list[str]) -> list[str]:
            words[self.chance.randrange(len(words))] = self.chance.choice((*VERBS, *THINGS))
            return words

        self._change(one_word)

    def rewrite(self) -> None:
        self._change(lambda _: self.text().split())

    def drop(self) -> None:
        if self.live:
            self.dropped.append(self.live.pop(self.chance.randrange(len(self.live))))

    def take_up(self) -> None:
        """A promise that was dropped comes back, now and then in other words."""
        if self.dropped:
            back = self.dropped.pop(self.chance.randrange(len(self.dropped)))
            self.live.append(back)
            if self.chance.random() < 0.4:
                self._change_one(self.live[-1], self.chance.choice((_dressed, _misspelt, self._anew)))

    def split(self) -> None:
        """One half goes on as the old promise, or both are new and the old one is dropped."""
        # Nor is what was merged split again: its halves would be the old promises.
        whole = [each for each in self.live if " and " not in each.text]
        if not whole:
            return
        old = self.chance.choice(whole)
        words = [word for word in old.text.split() if word.casefold() not in LITTLE]
        if len(words) < 4:
            return
        first, second = words[: len(words) // 2], words[len(words) // 2 :]
        if any(normal_text(" ".join(half)) in self.ever for half in (first, second)):
            return
        at = self.live.index(old)
        if self.chance.random() < 0.5:
            self.live[at : at + 1] = [replace(old, text=" ".join(first)), self.new(" ".join(second))]
        else:
            self.live[at : at + 1] = [self.new(" ".join(first)), self.new(" ".join(second))]
            self.dropped.append(old)
        self.halves |= {each.truth for each in self.live[at : at + 2]}

    def merge(self) -> None:
        """The longer one takes in the other, which is dropped. Halves stay halves: together they were another one."""
        whole = [each for each in self.live if each.truth not in self.halves]
        if len(whole) > 1:
            other, kept = sorted(self.chance.sample(whole, 2), key=lambda each: len(each.text))
            self.live.remove(other)
            self.dropped.append(other)
            self.live[self.live.index(kept)] = replace(kept, text=f"{kept.text} and {other.text}")

    def give_ids(self) -> None:
        """From now on the tool gives ids, to what it has as well."""
        self.gives_ids = True
        for each in list(self.live):
            if self.chance.random() < 0.5:
                self.live[self.live.index(each)] = replace(each, source_id=f"id-{each.truth}")

    def _one(self) -> Said:
        return self.chance.choice(self.live)

    def _anew(self, _chance: random.Random, _words: list[str]) -> list[str]:
        return self.text().split()

    def _change(self, how: Callable[[list[str]], list[str]]) -> None:
        if self.live:
            self._change_one(self._one(), lambda _, words: how(words))

    def _change_one(self, old: Said, how: Callable[[random.Random, list[str]], list[str]]) -> None:
        self.live[self.live.index(old)] = replace(old, text=" ".join(how(self.chance, old.text.split())))


ACTS: tuple[Callable[[Author], None], ...] = (
    *(Author.add, Author.add_sibling, Author.add_twin, Author.shuffle, Author.touch_up, Author.touch_up),
    *(Author.extend, Author.reword, Author.rewrite, Author.drop, Author.drop, Author.take_up, Author.take_up),
    *(Author.split, Author.merge, Author.give_ids),
)


# After these, two promises have almost the same words.
CROWDING = (Author.add_sibling, Author.add_twin, Author.split, Author.merge)


def history(seed: int, *, distinct: bool = False) -> list[Revision]:
    """Two to eight revisions of one document. `distinct`: no two promises in almost the same words."""
    author = Author(random.Random(seed), gives_ids=seed % 4 == 0, distinct=distinct)
    author.begin()
    told = [author.revision()]
    for _ in range(author.chance.randint(1, 7)):
        author.revise()
        told.append(author.revision())
    return told


def interchangeable(told: list[Revision]) -> Callable[[int, int], bool]:
    """Whether nobody can tell two promises apart, because the document once said the same of both."""
    head: dict[int, int] = {}

    def find(truth: int) -> int:
        while head.get(truth, truth) != truth:
            truth = head[truth]
        return truth

    first: dict[str, int] = {}
    for revision in told:
        for said in revision:
            key = normal_text(said.text)
            head[find(said.truth)] = find(first.setdefault(key, said.truth))
    return lambda one, other: find(one) == find(other)


def _spoken(chance: random.Random, words: list[str]) -> str:
    spoken: list[str] = []
    for word in words:
        spoken += [chance.choice(LITTLE), word] if chance.random() < 0.3 else [word]
    return " ".join(spoken).capitalize()


def _dressed(chance: random.Random, words: list[str]) -> list[str]:
    return [" ".join(words).swapcase() + chance.choice((".", "!", " …"))]


def _misspelt(chance: random.Random, words: list[str]) -> list[str]:
    at = chance.randrange(len(words))
    if len(words[at]) > 5:
        cut = chance.randint(1, len(words[at]) - 1)
        words[at] = words[at][:cut] + words[at][cut + 1 :]
    return words


def _swapped(chance: random.Random, words: list[str]) -> list[str]:
    return chance.sample(words, len(words))


def _little(chance: random.Random, words: list[str]) -> list[str]:
    return [chance.choice(LITTLE), *words]
