"""One word for one thing, in names, texts and documents."""

from __future__ import annotations

import re

import pytest

from tests.house.rooms import WORDS, WORDS_BIND, WORDS_LET_GO
from tests.house.sources import texts


def uses(text: str, words: tuple[str, ...]) -> list[int]:
    """The lines in which one of the words stands, alone or as a part of a name."""
    pattern = re.compile(rf"(?:(?<![A-Za-z])|(?=[A-Z]))(?i:{'|'.join(words)})(?![a-z])")
    return [number for number, line in enumerate(text.splitlines(), start=1) if pattern.search(line)]


@pytest.mark.parametrize("word", sorted(WORDS))
def test_a_thing_has_one_word(word: str) -> None:
    bound = [pair for pair in texts() if pair[0].startswith(WORDS_BIND) and not pair[0].startswith(WORDS_LET_GO)]
    assert bound
    assert not [f"{path}:{line}: say {word}" for path, text in bound for line in uses(text, WORDS[word])]


def test_a_word_is_found_within_a_name_and_not_within_another_word() -> None:
    assert uses("open_ticket_ids = 1\nOpenTicketRef\nthe ticket.", WORDS["issue"]) == [1, 2, 3]
    assert uses("retroactive\nstickets", (*WORDS["postmortem"], *WORDS["issue"])) == []
