"""What is taken for the same promise though its words changed, and what a person is asked about."""

from __future__ import annotations

import pytest

from service.domain.identity import normal_text
from service.domain.likeness import ALIKE, likeness, words_of
from service.domain.matching import Known, Matching, Stated, match


def known(number: int, title: str, **values: object) -> Known:
    return Known(number, None, title, **values)  # type: ignore[arg-type]  # by name


def said(*titles: str) -> list[Stated]:
    return [Stated(index, None, title) for index, title in enumerate(titles)]


def like(one: str, other: str) -> float:
    return likeness(words_of(normal_text(one)), words_of(normal_text(other)))


def pairs(found: Matching) -> dict[int, int]:
    return dict(found.pairs)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Add an alert on queue depth", "Add alerts for the queue depth"),
        ("Add an alert on queue depth", "Queue depth: add an alert"),
        ("Rehearse the failover", "We should rehearse our failover"),
        ("Document the certificate renewal", "Document the certficate renewal"),
        ("Document the certificate renewal", "Document the certificaet renewal"),
        (
            "Alert on the depth of the retry queue of card payments before customers notice refused orders",
            "Alert on the depth of the retry queue of card payments before our customers notice refused orders again",
        ),
    ],
)
def test_other_little_words_another_order_or_a_slip_of_the_pen_are_the_same_promise(before: str, after: str) -> None:
    found = match([known(1, before), known(2, "Buy a kettle")], said("Buy a kettle", after))
    assert pairs(found) == {1: 1, 2: 0}
    assert like(before, after) >= ALIKE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Add an alert on queue depth", "Add an alert on disk depth"),
        ("Enable the breaker of the gateway", "Disable the breaker of the gateway"),
        ("Move the sign-in service, step 1", "Move the sign-in service, step 2"),
        ("Deploy on Fridays", "Do not deploy on Fridays"),
        ("Move every shard", "Move every share"),
        ("Add an alert", "Add an alert on queue depth for payments"),
        ("Test backups", "Die Sicherungen prüfen"),
    ],
)
def test_another_word_number_or_sense_is_asked_about(before: str, after: str) -> None:
    found = match([known(1, before)], said(after))
    assert found.ambiguous == {0: (1,)}
    assert like(before, after) < ALIKE


def test_likeness_is_the_same_both_ways_and_whole_for_the_same_words() -> None:
    one, other = "Document the certificate renewal", "Renewal of certificates documented"
    assert like(one, other) == like(other, one)
    assert like(one, one) == 1.0


def test_what_does_not_lead_by_a_margin_is_not_guessed() -> None:
    twins = [known(1, "Rotate the api keys"), known(2, "Rotate our api keys")]
    assert match(twins, said("Rotate api keys now")).ambiguous == {0: (1, 2)}
    found = match([known(1, "Rotate the api keyring")], said("Rotate api keyrings", "Rotate an api keyring"))
    # The second says the same but for a little word, and so does the first but for a letter.
    assert found.ambiguous == {0: (1,), 1: (1,)}


def test_a_split_promise_is_asked_about_and_both_halves_name_it() -> None:
    found = match([known(1, "Add an alert and write a runbook")], said("Add an alert", "Write a runbook"))
    assert found.ambiguous == {0: (1,), 1: (1,)}
    assert found.gone == ()


def test_merged_promises_are_asked_about_and_the_nearer_one_is_named_first() -> None:
    olds = [known(1, "Write a runbook"), known(2, "Add an alert on queue depth")]
    found = match(olds, said("Add an alert on queue depth and write runbook pages"))
    assert found.ambiguous == {0: (2, 1)}


def test_a_text_that_an_item_had_before_is_still_its_own() -> None:
    found = match([known(1, "Erstens", earlier=("one",))], said("One"))
    assert pairs(found) == {1: 0}
    both = [known(1, "Erstens", earlier=("one",)), known(2, "Zweitens", earlier=("one",))]
    assert set(match(both, said("One")).ambiguous[0]) == {1, 2}


def test_a_line_that_names_an_items_own_issue_is_that_item() -> None:
    olds = [known(1, "One", links=("https://t.example/1",)), known(2, "Two", links=("https://t.example/2",))]
    found = match(olds, [Stated(0, None, "Erstens", "https://t.example/2"), Stated(1, None, "Zweitens")])
    assert pairs(found) == {2: 0}
    assert found.ambiguous == {1: (1,)}


def test_an_issue_that_several_lines_name_tells_nobody_apart() -> None:
    olds = [known(1, "One", links=("https://t.example/1",))]
    new = [Stated(0, None, "Erstens", "https://t.example/1"), Stated(1, None, "Zweitens", "https://t.example/1")]
    assert match(olds, new).pairs == ()


def test_words_that_a_person_called_the_same_are_the_same_for_ever() -> None:
    olds = [known(1, "Kay"), known(2, "Aitch", active=False, same_as=1)]
    assert pairs(match(olds, said("Aitch"))) == {1: 0}
    both = match(olds, said("Kay", "Aitch"))
    assert (both.repeated, both.added, both.ambiguous) == ({1: 1}, (), {})


def test_a_repeated_wording_is_asked_about_while_another_item_is_missing() -> None:
    olds = [known(1, "Kay"), known(2, "Aitch", active=False, same_as=1), known(3, "Jay")]
    assert match(olds, said("Kay", "Aitch")).ambiguous == {1: (3,)}


def test_what_may_be_one_that_was_withdrawn_before_is_asked_about() -> None:
    gone = known(1, "Add an alert", active=False)
    assert match([gone], said("Add an ALERT.")).pairs == ((1, 0),)
    assert match([gone], said("Write a runbook")).ambiguous == {0: (1,)}


def test_what_was_dismissed_or_never_decided_is_not_offered_once_it_is_gone() -> None:
    olds = [known(1, "A remark", active=False, dismissed=True), known(2, "Held", active=False, candidates=(9,))]
    assert match(olds, said("Write a runbook")).added == (0,)


def test_a_dismissed_text_that_is_stated_again_is_the_dismissed_item() -> None:
    assert pairs(match([known(1, "A remark", dismissed=True)], said("a remark"))) == {1: 0}
    assert pairs(match([known(1, "A remark", active=False, dismissed=True)], said("A remark!"))) == {1: 0}


def test_very_many_left_overs_are_not_compared_and_wait() -> None:
    olds = [known(number, f"Add alert number{number}s") for number in range(200)]
    found = match(olds, said(*(f"Add alerts number{number}" for number in range(1000, 1200))))
    assert found.pairs == ()
    assert len(found.ambiguous) == 200
