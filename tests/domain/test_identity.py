"""Which promise is which: the same one always, another one never, and what is unclear stays unclear."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.identity import first_identity, marker, normal_text
from service.domain.likeness import likeness, words_of
from service.domain.matching import Known, Stated, match

TITLES = st.sampled_from(
    ["Add an alert", "add an ALERT!", "Test backups", "Write it down", "écrire", "…", "", "Ⅳ steps"]
)
IDS = st.none() | st.sampled_from(["a", "b", "c", "d"])


@st.composite
def known_items(draw: st.DrawFn) -> list[Known]:
    stated = draw(st.lists(st.tuples(IDS, TITLES, st.booleans()), max_size=7))
    return [Known(100 + n, identity, title, active) for n, (identity, title, active) in enumerate(stated)]


@st.composite
def stated_items(draw: st.DrawFn) -> list[Stated]:
    """As a source states them: no id twice."""
    stated = draw(st.lists(st.tuples(IDS, TITLES), max_size=7, unique_by=lambda pair: pair[0] or object()))
    return [Stated(index, identity, title) for index, (identity, title) in enumerate(stated)]


@given(known_items(), stated_items())
def test_every_item_ends_in_exactly_one_place(known: list[Known], stated: list[Stated]) -> None:
    found = match(known, stated)
    said = [index for _, index in found.pairs] + list(found.added) + list(found.ambiguous)
    assert found.repeated == {}
    assert sorted(said) == [new.index for new in stated]
    assert max(Counter(old for old, _ in found.pairs).values(), default=0) <= 1
    doubted = {old for olds in found.ambiguous.values() for old in olds}
    settled = {old for old, _ in found.pairs} | set(found.gone) | doubted
    assert settled >= {old.id for old in known if old.active}
    assert not doubted & set(found.gone)
    assert not {old for old, _ in found.pairs} & (doubted | set(found.gone))


@given(known_items(), stated_items())
def test_two_different_ids_are_never_the_same_promise(known: list[Known], stated: list[Stated]) -> None:
    by_id = {old.id: old for old in known}
    found = match(known, stated)
    for old, index in found.pairs:
        ids = {by_id[old].source_item_id, stated[index].source_item_id} - {None}
        assert len(ids) <= 1
    for index, olds in found.ambiguous.items():
        assert all(not (by_id[old].source_item_id and stated[index].source_item_id) for old in olds)


@given(known_items(), stated_items())
def test_only_what_says_the_same_is_the_same(known: list[Known], stated: list[Stated]) -> None:
    by_id = {old.id: old for old in known}
    for old, index in match(known, stated).pairs:
        before, after = by_id[old], stated[index]
        same_id = before.source_item_id is not None and before.source_item_id == after.source_item_id
        same_text = before.title == after.title or normal_text(before.title) == normal_text(after.title) != ""
        alike = likeness(*(words_of(normal_text(each.title)) for each in (before, after)))
        assert same_id or same_text or alike == 1.0


@given(known_items(), stated_items())
def test_nothing_is_missed_that_was_withdrawn_before(known: list[Known], stated: list[Stated]) -> None:
    withdrawn = {old.id for old in known if not old.active}
    assert not withdrawn & set(match(known, stated).gone)


@given(stated_items())
def test_a_document_that_says_the_same_again_is_matched_whole(stated: list[Stated]) -> None:
    known = [Known(100 + new.index, new.source_item_id, new.title) for new in stated]
    found = match(known, stated)
    assert (len(found.pairs), found.added, found.gone, found.ambiguous) == (len(stated), (), (), {})
    by_index = {index: old for old, index in found.pairs}
    texts = [new.title for new in stated]
    unique = [new for new in stated if texts.count(new.title) == 1 or new.source_item_id]
    assert all(by_index[new.index] == 100 + new.index for new in unique if new.source_item_id)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=30), st.lists(IDS, min_size=30, max_size=30))
def test_identities_within_a_postmortem_are_never_the_same(titles: list[str], ids: list[str | None]) -> None:
    taken: list[str] = []
    for title, identity in zip(titles, ids, strict=False):
        taken.append(first_identity(identity, title, taken))
    assert len(set(taken)) == len(taken)


def test_the_identity_of_a_long_text_is_short_and_still_its_own() -> None:
    long = "do it " + "仕" * 100_000
    one, two = first_identity(None, long, []), first_identity(None, long + "事", [])
    assert one != two
    assert max(len(one.encode()), len(two.encode())) < 512
    assert first_identity(None, "x" * 256, []) == "text:" + "x" * 256


PART = st.text(max_size=6)


@given(st.tuples(PART, PART, PART, PART), st.tuples(PART, PART, PART, PART))
def test_a_marker_is_another_for_whatever_differs(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    first, second = marker(b"secret", *one), marker(b"secret", *two)
    assert (first == second) == (one == two)
    assert re.fullmatch("[a-z2-7]{16}", first)


def test_a_marker_is_the_same_for_ever() -> None:
    """Another value would give every promise in the world a second issue after an upgrade."""
    assert marker(b"secret", "jira", "incidents", "INC-1", "id:A") == "ufzgy3izzjdbkskr"


def test_another_secret_gives_another_marker() -> None:
    assert marker(b"one", "t", "s", "p", "i") != marker(b"two", "t", "s", "p", "i")


def test_shifting_a_letter_between_parts_gives_another_marker() -> None:
    assert len({marker(b"k", *parts) for parts in (("ab", "c", "", ""), ("a", "bc", "", ""), ("", "abc", "", ""))}) == 3


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  Add an   ALERT. ", "add an alert"),
        ("Add—an—alert", "add an alert"),
        ("ADD_AN_ALERT", "add an alert"),
        ("Straße", "strasse"),
        ("ﬁx ①", "fix 1"),
        ("İstanbul", "i stanbul"),
        ("…!?", ""),
    ],
)
def test_a_text_is_reduced_to_letters_and_digits(text: str, normal: str) -> None:
    assert normal_text(text).replace("̇", " ").split() == normal.split()


def test_the_sources_id_wins_over_a_text_that_moved_elsewhere() -> None:
    known = [Known(1, "a", "One"), Known(2, "b", "Two")]
    found = match(known, [Stated(0, "a", "Two"), Stated(1, "b", "One")])
    assert sorted(found.pairs) == [(1, 0), (2, 1)]


def test_exact_text_wins_over_a_like_one() -> None:
    known = [Known(1, None, "add an alert"), Known(2, None, "Add an alert")]
    found = match(known, [Stated(0, None, "Add an alert"), Stated(1, None, "add an alert")])
    assert sorted(found.pairs) == [(1, 1), (2, 0)]


def test_a_live_twin_is_taken_before_one_that_was_withdrawn() -> None:
    known = [Known(1, None, "One", active=False), Known(2, None, "One")]
    assert match(known, [Stated(0, None, "One")]).pairs == ((2, 0),)


def test_ids_given_later_find_the_items_that_had_none() -> None:
    known = [Known(1, None, "One"), Known(2, None, "Two")]
    found = match(known, [Stated(0, "a", "One"), Stated(1, "b", "Two")])
    assert sorted(found.pairs) == [(1, 0), (2, 1)]


def test_a_new_id_with_an_old_ones_words_is_another_promise() -> None:
    found = match([Known(1, "a", "One")], [Stated(0, "b", "One")])
    assert (found.pairs, found.added, found.gone) == ((), (0,), (1,))


def test_ten_thousand_items_are_matched_at_once() -> None:
    many = range(10_000)
    known = [Known(n, None, f"Item {n}") for n in many]
    stated = [Stated(n, None, f"item {10_000 - n}!") for n in many]
    found = match(known, stated)
    assert len(found.pairs) == 9_999
    twins = match([Known(n, f"a{n}", "Same") for n in many], [Stated(n, f"b{n}", "Same") for n in many])
    assert (len(twins.added), len(twins.gone)) == (10_000, 10_000)


REVISIONS = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["One", "Two", "Three"]), max_size=6), max_size=8
)


@given(REVISIONS)
def test_over_any_revisions_there_are_never_more_items_than_promises(revisions: list[dict[str, str]]) -> None:
    """With ids given the truth is known: as many items as ids that were ever stated, each always its own."""
    items: dict[int, Known] = {}
    owner: dict[int, str] = {}
    for revision in revisions:
        stated = [Stated(n, identity, title) for n, (identity, title) in enumerate(revision.items())]
        found = match(list(items.values()), stated)
        assert found.ambiguous == {}
        for old, index in found.pairs:
            assert owner[old] == stated[index].source_item_id
            items[old] = Known(old, owner[old], stated[index].title)
        for old in found.gone:
            items[old] = Known(old, owner[old], items[old].title, active=False)
        for index in found.added:
            number = len(items) + 1
            identity = stated[index].source_item_id or ""
            items[number], owner[number] = Known(number, identity, stated[index].title), identity
    assert len(items) == len({identity for revision in revisions for identity in revision})
    assert sorted(owner.values()) == sorted(set(owner.values()))
    assert all(first < second for first, second in pairwise(sorted(items)))
