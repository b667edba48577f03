"""What the pages ask of the ledger, answered alike by both databases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from connectors.spi import IssueRef
from service.domain.facts import State
from service.ledger import Ledger, UnitOfWork, queries
from service.ledger.queries import ItemFilter
from service.ledger.tables import action_items, stalls
from tests.pages.filled import NOW, TODAY, add_item, add_postmortem, ago, day, fill


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    fill(ledger)
    return ledger


@pytest.fixture
def uow(filled: Ledger) -> Iterator[UnitOfWork]:
    with filled.read() as uow:
        yield uow


def test_figures_count_each_state_and_each_condition_once(uow: UnitOfWork) -> None:
    figures = queries.figures(uow.connection, TODAY)
    assert (figures.items, figures.postmortems, figures.unfinished) == (22, 5, 9)
    assert figures.by_state == {
        **dict.fromkeys((state.value for state in State), 0),
        "pending": 1,
        "held": 4,
        "open": 3,
        "doing": 1,
        "done": 11,
        "declined": 1,
        "withdrawn": 1,
    }
    assert (figures.overdue, figures.replanned, figures.stalled, figures.snoozed) == (2, 1, 3, 1)
    assert figures.oldest_due_on == day(-23)


def test_on_schedule_counts_what_was_due_and_not_what_was_closed(uow: UnitOfWork) -> None:
    figures = queries.figures(uow.connection, TODAY)
    assert (figures.due, figures.kept, figures.late, figures.still_open, figures.dropped) == (13, 10, 1, 2, 2)
    assert (figures.moved, figures.dated) == (1, 19)


@pytest.mark.parametrize(
    ("name", "value", "figure"),
    [
        ("state", "unfinished", "unfinished"),
        ("overdue", True, "overdue"),
        ("stalled", True, "stalled"),
        ("replanned", True, "replanned"),
        ("snoozed", True, "snoozed"),
        ("promise", "due", "due"),
        ("promise", "kept", "kept"),
        ("promise", "moved", "moved"),
        ("promise", "dropped", "dropped"),
    ],
)
def test_a_list_holds_exactly_what_its_figure_counts(
    uow: UnitOfWork, name: str, value: str | bool, figure: str
) -> None:
    wanted = ItemFilter(**{name: value})  # type: ignore[arg-type]
    counted = getattr(queries.figures(uow.connection, TODAY), figure)
    assert queries.count_items(uow.connection, wanted, TODAY) == counted
    assert len(queries.list_items(uow.connection, wanted, TODAY)) == counted


def test_the_window_holds_ninety_days_and_not_today(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        postmortem = add_postmortem(uow, "INC-1", "One", at=ago(120))
        for offset in (-91, -90, -1, 0, 1):
            add_item(uow, postmortem, f"Due {offset}", due_on=day(offset), at=ago(120))
        figures = queries.figures(uow.connection, TODAY)
    assert (figures.due, figures.overdue) == (2, 3)


@pytest.mark.parametrize(("closed", "kept"), [("23:59:59", 1), ("24:00:00", 0)])
def test_the_day_of_closing_is_the_day_in_utc(ledger: Ledger, closed: str, kept: int) -> None:
    hours, minutes, seconds = map(int, closed.split(":"))
    instant = datetime.combine(day(-5), datetime.min.time(), UTC)
    instant += timedelta(hours=hours, minutes=minutes, seconds=seconds)
    with ledger.begin() as uow:
        if uow.connection.dialect.name == "postgresql":
            uow.connection.exec_driver_sql("set local time zone 'Pacific/Auckland'")
        postmortem = add_postmortem(uow, "INC-1", "One")
        add_item(uow, postmortem, "Do it", due_on=day(-5), state="done", closed_at=instant)
        assert queries.figures(uow.connection, TODAY).kept == kept


def test_without_a_date_the_policys_stall_makes_it_overdue(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        postmortem = add_postmortem(uow, "INC-1", "One")
        item = add_item(uow, postmortem, "Undated")
        assert queries.figures(uow.connection, TODAY).overdue == 0
        uow.notices.begin_stall(
            item_id=item.id,
            condition="overdue",
            began_on=day(-2),
            entered_on=day(-2),
            policy="usual",
            policy_version="1",
            policy_snapshot={},
        )
        assert queries.figures(uow.connection, TODAY).overdue == 1


def test_what_is_done_is_never_overdue_or_stalled(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        postmortem = add_postmortem(uow, "INC-1", "One")
        item = add_item(uow, postmortem, "Late", due_on=day(-9), state="done", closed_at=ago(1))
        uow.connection.execute(
            insert(stalls).values(
                item_id=item.id,
                condition="overdue",
                began_on=day(-9),
                entered_on=day(-9),
                policy="usual",
                policy_version="1",
                policy_snapshot={},
            )
        )
        figures = queries.figures(uow.connection, TODAY)
        assert (figures.overdue, figures.stalled, figures.late) == (0, 0, 1)
        assert queries.newest_stalls(uow.connection) == []


def test_teams_come_with_the_most_overdue_first(uow: UnitOfWork) -> None:
    lines = queries.tally(uow.connection, TODAY).teams
    assert {(line.team, line.unfinished, line.overdue, line.stalled, line.due, line.kept) for line in lines} == {
        ("payments", 2, 1, 2, 7, 6),
        (None, 1, 1, 0, 1, 0),
        ("identity", 3, 0, 0, 0, 0),
        ("platform", 3, 0, 1, 5, 4),
    }
    assert [line.overdue for line in lines] == [1, 1, 0, 0]


def test_months_are_in_order(uow: UnitOfWork) -> None:
    lines = [(line.month, line.due, line.kept) for line in queries.tally(uow.connection, TODAY).months]
    assert lines == [("2026-09", 4, 4), ("2026-10", 8, 6), ("2026-11", 1, 0)]


def test_a_line_names_who_holds_it_even_if_nobody_knows_them(uow: UnitOfWork) -> None:
    line = queries.list_items(uow.connection, ItemFilter(q="rehearse"), TODAY)[0]
    assert (line.owner_person, line.owner_text, line.issue_key) == (None, "The on-call of last week", "PAY-1186")
    assert line.stalls == (("unassigned", day(-9)),)


@pytest.mark.parametrize("words", ["100%", "_", "\\", "'; drop table action_items; --", "%_%"])
def test_words_are_searched_for_literally(uow: UnitOfWork, words: str) -> None:
    assert queries.count_items(uow.connection, ItemFilter(q=words), TODAY) == 0


def test_lists_offer_what_the_ledger_knows(uow: UnitOfWork) -> None:
    choices = queries.choices(uow.connection)
    assert choices.teams == ("identity", "payments", "platform")
    assert choices.owners == ("ada", "ben", "chi", "noor")
    assert choices.severities == ("sev1", "sev2")


def test_postmortems_come_with_how_their_promises_stand(uow: UnitOfWork) -> None:
    lines = {line.source_id: line for line in queries.list_postmortems(uow.connection, TODAY)}
    checkout = lines["INC-2041"]
    assert (checkout.items, checkout.unfinished, checkout.overdue, checkout.held) == (3, 2, 1, 0)
    assert (lines["INC-2077"].status, lines["INC-2077"].items) == ("draft", 0)
    assert queries.count_postmortems(uow.connection) == 5


def test_a_story_has_journal_messages_stalls_and_who_was_told(uow: UnitOfWork) -> None:
    story = queries.item_story(uow.connection, 1)
    assert story is not None
    assert [entry.event for entry in story.journal][:2] == ["item.stated", "issue.made"]
    assert [(message.kind, message.state) for message in story.messages] == [
        ("update_issue", "done"),
        ("send_notice", "due"),
    ]
    (stall,) = story.stalls
    assert [(step.person, step.outcome) for step in stall.steps] == [("ada", "sent")]
    assert story.issue is not None
    assert story.issue.key == "PAY-1184"
    assert [second.key for second in story.duplicates] == ["PAY-1185"]
    assert story.item.changes[0].new == "2026-11-27"
    assert queries.item_story(uow.connection, 999) is None


def test_an_erased_payload_leaves_its_entry_standing(filled: Ledger) -> None:
    with filled.begin() as uow:
        uow.connection.exec_driver_sql("update payloads set body = null")
        story = queries.item_story(uow.connection, 1)
    assert story is not None
    assert all(entry.data is None for entry in story.journal)


def test_the_former_keys_of_a_moved_issue_are_told(filled: Ledger) -> None:
    with filled.begin() as uow:
        issue = uow.issues.by_refs("jira", ["r-PAY-1184"])["r-PAY-1184"]
        uow.issues.replace_ref(issue, IssueRef("r-new", "CORE-7", "https://x/CORE-7", "CORE"), "core", NOW)
        story = queries.item_story(uow.connection, 1)
    assert story is not None
    assert story.issue is not None
    assert (story.issue.key, story.issue.earlier) == ("CORE-7", ("PAY-1184",))


def test_what_waits_for_a_person_is_grouped_by_reason(uow: UnitOfWork) -> None:
    tally = queries.tally(uow.connection, TODAY)
    groups = queries.held_groups(uow.connection, tally.waiting)
    assert [(group.code, group.held, group.count) for group in groups] == [
        ("hold", True, 2),
        ("ambiguous", True, 1),
        ("no_private_route", True, 1),
    ]
    assert all(len(group.items) == group.count for group in groups)
    assert (tally.figures.flagged, tally.figures.ownerless) == (0, 5)
    assert (queries.count_held(uow.connection), queries.count_dead_letters(uow.connection)) == (4, 2)


def test_an_item_that_is_flagged_and_not_held_is_a_group_of_its_own(filled: Ledger) -> None:
    with filled.begin() as uow:
        uow.items.update(2, attention_code="unknown_owner", attention="Nobody of the directory owns it.")
        tally = queries.tally(uow.connection, TODAY)
    assert tally.waiting[-1] == queries.WaitingLine("unknown_owner", held=False, count=1)
    assert tally.figures.flagged == 1


def test_a_dead_letter_names_its_fault_and_what_it_is_about(uow: UnitOfWork) -> None:
    delivery, message = queries.dead_letters(uow.connection)
    assert (delivery.box, delivery.where, delivery.code) == ("delivery", "incidents", "standard.not_json")
    assert (message.box, message.kind, message.code) == ("message", "update_issue", "jira.field")
    assert message.about == "Rehearse the renewal of the gateway's certificates once a quarter"


def test_queues_count_what_is_due_now_and_later(filled: Ledger) -> None:
    with filled.begin() as uow:
        uow.outbox.put("update_issue", 4, "platform", NOW, NOW + timedelta(hours=1))
        queue = queries.queues(uow.connection, NOW)["platform"]
    assert (queue.waiting, queue.later, queue.oldest) == (1, 1, ago(0, hours=3))


def test_a_hook_tells_its_last_delivery_and_what_waits(filled: Ledger) -> None:
    with filled.begin() as uow:
        uow.inbox.store("wiki", "k9", {}, b"# y", ago(0, seconds=3))
        line = queries.hooks(uow.connection)["wiki"]
    assert (line.last_at, line.waiting) == (ago(0, seconds=3), 1)


def test_beats_tell_the_clock_and_the_living_workers(uow: UnitOfWork) -> None:
    assert queries.beats(uow.connection, NOW) == queries.Beats(ago(0, seconds=2), 2, ago(0, seconds=5))
    assert queries.beats(uow.connection, NOW + timedelta(minutes=5)).workers == 0


def test_only_the_last_day_of_refusals_counts(filled: Ledger) -> None:
    with filled.begin() as uow:
        uow.inbox.refuse("incidents", "too_large", ago(2))
        found = queries.refusals(uow.connection, ago(1))
    assert [(refusal.hook, refusal.reason, refusal.count) for refusal in found] == [("incidents", "bad_signature", 3)]


def test_ten_thousand_items_are_aggregated_by_the_database(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        postmortem = add_postmortem(uow, "INC-1", "One")
        item = add_item(uow, postmortem, "The first of many", due_on=day(-3), team="payments")
        row = dict(uow.connection.execute(action_items.select().where(action_items.c.id == item.id)).one()._mapping)
        states = [state.value for state in State]
        rows = [
            row | {"id": 10 + n, "identity": f"n{n}", "state": states[n % 8], "first_due_on": day(-(n % 200))}
            for n in range(10_000)
        ]
        uow.connection.execute(insert(action_items), rows)
        uow.commit()
    with ledger.read() as uow:
        queries.figures(uow.connection, TODAY)
        began = time.perf_counter()
        figures = queries.figures(uow.connection, TODAY)
        took = time.perf_counter() - began
    assert figures.items == 10_001
    assert took < 0.5
