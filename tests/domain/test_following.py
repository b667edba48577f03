"""What a reading of an issue means: newer is taken, older never, and what cannot be told is asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.spi import Account, Category, IssueRef, Reading
from service.domain.facts import State
from service.domain.following import Seen, judge, next_state

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REF = IssueRef("1", "PAY-1", "https://x.example/PAY-1", "PAY")
READING = Reading(REF, "One", "To Do", Category.TODO, NOON, comments=2)
SEEN = Seen("To Do", Category.TODO, None, None, "One", 2, NOON, NOON)
DIFFERENT = (
    {"status": "Done", "category": Category.DONE},
    {"assignee": Account("dana")},
    {"due_on": date(2026, 4, 1)},
    {"title": "Two"},
)


@pytest.mark.parametrize("by_ref", [True, False])
@pytest.mark.parametrize("change", DIFFERENT, ids=str)
def test_an_older_reading_is_never_taken(change: dict[str, object], by_ref: bool) -> None:
    older = replace(READING, updated_at=NOON - timedelta(seconds=1), **change)  # type: ignore[arg-type]
    found = judge(SEEN, older, NOON + timedelta(hours=1), by_ref=by_ref, our_comments=0)
    assert (found.apply, found.again) == (False, False)


@pytest.mark.parametrize("change", DIFFERENT, ids=str)
def test_a_newer_reading_is_taken(change: dict[str, object]) -> None:
    newer = replace(READING, updated_at=NOON + timedelta(seconds=1), **change)  # type: ignore[arg-type]
    assert judge(SEEN, newer, NOON, by_ref=False, our_comments=0).apply


@pytest.mark.parametrize("change", DIFFERENT, ids=str)
def test_an_equal_instant_that_says_otherwise_is_asked_again_by_ref(change: dict[str, object]) -> None:
    other = replace(READING, **change)  # type: ignore[arg-type]
    listed = judge(SEEN, other, NOON + timedelta(minutes=1), by_ref=False, our_comments=0)
    assert (listed.apply, listed.again) == (False, True)
    asked_before = judge(SEEN, other, NOON - timedelta(seconds=1), by_ref=True, our_comments=0)
    assert (asked_before.apply, asked_before.again) == (False, True)
    asked_after = judge(SEEN, other, NOON + timedelta(seconds=1), by_ref=True, our_comments=0)
    assert (asked_after.apply, asked_after.again) == (True, False)


def test_an_equal_reading_is_no_news() -> None:
    found = judge(SEEN, READING, NOON + timedelta(minutes=1), by_ref=True, our_comments=0)
    assert (found.apply, found.again, found.moved) == (False, False, False)


def test_the_first_reading_is_taken_and_is_no_movement() -> None:
    never = replace(SEEN, tracker_at=None, read_at=None, status="", title="")
    found = judge(never, READING, NOON, by_ref=False, our_comments=0)
    assert (found.apply, found.moved) == (True, False)


@pytest.mark.parametrize(
    ("change", "ours", "moved"),
    [
        ({"status": "In Progress", "category": Category.DOING}, 0, True),
        ({"assignee": Account("dana")}, 0, True),
        ({"due_on": date(2026, 4, 1)}, 0, True),
        ({"title": "Two"}, 0, False),
        ({"labels": ("a",)}, 0, False),
        ({"comments": 3}, 0, True),
        ({"comments": 3}, 1, False),
        ({"comments": 4}, 1, True),
        ({"comments": 1}, 0, False),
        ({"comments": None}, 0, False),
    ],
    ids=str,
)
def test_movement_is_a_persons_status_assignee_date_or_comment(
    change: dict[str, object], ours: int, moved: bool
) -> None:
    newer = replace(READING, updated_at=NOON + timedelta(seconds=1), **change)  # type: ignore[arg-type]
    assert judge(SEEN, newer, NOON, by_ref=True, our_comments=ours).moved is moved


STATUSES = st.sampled_from(["To Do", "Doing", "Done"])


@given(st.lists(st.tuples(st.integers(0, 5), STATUSES), max_size=12), st.randoms(use_true_random=False))
def test_readings_in_any_order_end_with_the_newest(history: list[tuple[int, str]], chance: object) -> None:
    """Where every instant has one status, as with a tracker that counts finely enough."""
    truth = dict(history)
    shuffled = list(truth.items()) * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    seen = replace(SEEN, tracker_at=None, read_at=None)
    for second, status in shuffled:
        reading = replace(READING, status=status, updated_at=NOON + timedelta(seconds=second))
        if judge(seen, reading, NOON, by_ref=False, our_comments=0).apply:
            seen = replace(seen, status=status, tracker_at=reading.updated_at, read_at=NOON)
    if truth:
        assert seen.status == truth[max(truth)]


@pytest.mark.parametrize(
    ("state", "category", "following"),
    [
        (State.OPEN, Category.DOING, State.DOING),
        (State.DOING, Category.DONE, State.DONE),
        (State.DOING, Category.TODO, State.OPEN),
        (State.OPEN, Category.DECLINED, State.DECLINED),
        (State.DONE, Category.TODO, State.OPEN),
        (State.DECLINED, Category.DOING, State.DOING),
        (State.WITHDRAWN, Category.DONE, State.WITHDRAWN),
        (State.WITHDRAWN, Category.TODO, State.WITHDRAWN),
        (State.VERIFIED, Category.DONE, State.VERIFIED),
        (State.VERIFIED, Category.TODO, State.OPEN),
        (State.VERIFIED, Category.DECLINED, State.DECLINED),
    ],
)
def test_the_state_follows_the_issue_unless_it_was_withdrawn_or_verified(
    state: State, category: Category, following: State
) -> None:
    assert next_state(state, category) is following
