"""State, owner, due date, priority and links at the ends of an item's text."""

import pytest

from tests.reading.reading import only, read

TEXT = "Add a limit to the queue"


@pytest.mark.parametrize(
    ("line", "done"),
    [
        (f"{TEXT} (DONE)", True),
        (f"{TEXT} (done)", True),
        (f"{TEXT} - done", True),
        (f"{TEXT} - DONE", True),
        (f"{TEXT} **DONE**", True),
        (f"{TEXT} DONE", True),
        (f"{TEXT} ✅", True),
        (f"DONE: {TEXT}", True),
        (f"[DONE] {TEXT}", True),
        (f"**TODO** {TEXT}", False),
        (f"{TEXT} (in progress)", False),
        (f"{TEXT} [TODO]", False),
        (f"{TEXT} - in progress", False),
        (f"{TEXT} (fixed by a new release)", True),
        (f"{TEXT} - done and the page was updated", True),
        (f"{TEXT}. Done.", True),
        (f"{TEXT} (erledigt)", True),
        (f"{TEXT} (à faire)", False),
        (f"{TEXT} (完了)", True),
        (f"{TEXT}", None),
    ],
)
def test_a_state_comes_off_the_text(line: str, done: bool | None) -> None:
    item = only(f"- {line}")
    assert (item.text.rstrip("."), item.done) == (TEXT, done)


@pytest.mark.parametrize(
    "line",
    ["Mark orders as done only after payment", "Alert when a job is not done in time", "Fix the open connections"],
)
def test_a_state_word_inside_a_sentence_is_part_of_the_promise(line: str) -> None:
    item = only(f"- {line}")
    assert (item.text, item.done) == (line, None)


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        (f"{TEXT} (@mira)", "mira"),
        (f"{TEXT} @mira", "mira"),
        (f"{TEXT} - @mira", "mira"),
        (f"{TEXT} @mira @jo", "mira, jo"),
        (f"{TEXT}. OWNER: mira@ (DONE).", "mira"),
        (f"{TEXT} - Owner: Mira Holm", "Mira Holm"),
        (f"{TEXT} - Assignee: Mira Holm", "Mira Holm"),
        (f"{TEXT} (owner: Mira Holm, due: 2031-04-01)", "Mira Holm"),
        (f"{TEXT} (Robert)", "Robert"),
        (f"{TEXT} (Anna Svensson)", "Anna Svensson"),
        (f"{TEXT} (storage team)", "storage team"),
        (f"@mira: {TEXT}", "mira"),
        (f"{TEXT} ([@mira](https://git.example.org/mira))", "mira"),
        (f"{TEXT} (owner: TBD)", None),
        (f"{TEXT} (Owner: ???)", None),
        (f"{TEXT}。担当: 山田", "山田"),
    ],
)
def test_an_owner_comes_off_the_text(line: str, owner: str | None) -> None:
    item = only(f"- {line}")
    assert (item.text.rstrip(".。"), item.owner) == (TEXT, owner)


@pytest.mark.parametrize(
    "line",
    [
        "Move the queue to the new cluster (Kafka)",
        "Check the limit in both regions (per node)",
        "Ask the vendor for a fix (with details)",
        "Check the release notes (API)",
        "Talk to @mira",
    ],
)
def test_a_bracket_or_name_that_is_part_of_the_promise_stays(line: str) -> None:
    item = only(f"- {line}")
    assert (item.text, item.owner) == (line, None)


def test_a_word_that_the_document_writes_in_lower_case_is_no_name() -> None:
    found = read(
        "# Slow", "", "Traffic from grace periods was lost.", "", "## Actions", "", "- Extend the period (Grace)"
    ).action_items
    assert found[0].owner is None


def test_a_name_that_the_document_gives_to_a_person_is_one() -> None:
    found = read("# Slow", "", "**Authors:** Xiomara, Bo", "", "## Actions", "", "- Add a limit (Xiomara)").action_items
    assert (found[0].text, found[0].owner) == ("Add a limit", "Xiomara")


@pytest.mark.parametrize(
    ("line", "due"),
    [
        (f"{TEXT} (due 2031-04-02)", "2031-04-02"),
        (f"{TEXT} - due: April 2, 2031", "2031-04-02"),
        (f"{TEXT} by 2 April 2031", "2031-04-02"),
        (f"{TEXT} (2 April 2031)", "2031-04-02"),
        (f"{TEXT} - ETA: 02.04.2031", "2031-04-02"),
        (f"{TEXT} by Wednesday, April 2, 2031", "2031-04-02"),
        (f"{TEXT} — owner: Platform team, target: end of April 2031", "2031-04-30"),
        (f"{TEXT} (Q3)", None),
        (f"{TEXT} (due: 2031年4月2日)", "2031-04-02"),
    ],
)
def test_a_due_date_is_read_from_free_text(line: str, due: str | None) -> None:
    item = only(f"- {line}")
    assert (str(item.due) if item.due else None) == due


def test_a_due_date_without_a_year_is_the_first_such_day_after_the_incident() -> None:
    document = read(
        "# Slow", "", "Date: 2031-11-20", "", "## Actions", "", "- Add a limit (due 5 January)", "- Alert (by Dec 1)"
    )
    assert [str(item.due) for item in document.action_items] == ["2032-01-05", "2031-12-01"]


@pytest.mark.parametrize(
    ("line", "priority"),
    [
        (f"[P1] {TEXT}", "p1"),
        (f"P0: {TEXT}", "p0"),
        (f"{TEXT} (P2)", "p2"),
        (f"{TEXT} (high priority)", "p1"),
        (f"{TEXT} - Priority: low", "p3"),
        (f"{TEXT} (priority: someday)", "someday"),
    ],
)
def test_a_priority_is_put_on_the_scale(line: str, priority: str) -> None:
    item = only(f"- {line}")
    assert (item.text, item.priority) == (TEXT, priority)


ISSUE = "https://github.com/shop/queue/issues/7"


@pytest.mark.parametrize(
    "line",
    [
        f"{TEXT} [Issue]({ISSUE})",
        f"{TEXT} ([issue]({ISSUE}))",
        f"{TEXT} [#7]({ISSUE})",
        f"{TEXT} <{ISSUE}>",
        f"{TEXT} {ISSUE}",
        f"{TEXT} - {ISSUE}.",
        f"{TEXT} (filed {ISSUE})",
        f"{TEXT}: see [shop/queue#7]({ISSUE})",
        f"[#7]({ISSUE}): {TEXT}",
        f"{TEXT} ([issue][seven])",
        f"{TEXT} - tracked in [QUEUE-7]({ISSUE})",
        f"[{TEXT}]({ISSUE})",
    ],
)
def test_an_issue_is_linked_and_its_name_comes_off_the_text(line: str) -> None:
    item = only(f"- {line}", "", f"[seven]: {ISSUE}")
    assert (item.text, item.links) == (TEXT, (ISSUE,))


def test_several_issues_are_linked_in_order() -> None:
    other = "https://tracker.example.org/browse/QUEUE-9"
    item = only(f"- {TEXT} ([#7]({ISSUE}), [QUEUE-9]({other}))")
    assert (item.text, item.links) == (TEXT, (ISSUE, other))


def test_a_link_inside_the_sentence_stays_readable() -> None:
    item = only(f"- Merge [#7]({ISSUE}) and deploy it")
    assert (item.text, item.links) == ("Merge #7 and deploy it", (ISSUE,))


def test_an_entry_that_is_only_an_issue_keeps_it_as_text() -> None:
    item = only(f"- {ISSUE}")
    assert (item.text, item.links) == (ISSUE, (ISSUE,))


def test_pages_that_are_no_issues_are_not_linked() -> None:
    assert only(f"- {TEXT} https://wiki.example.org/runbooks").links == ()


def test_facts_set_off_by_dashes_all_come_off() -> None:
    item = only(f"- [ ] {TEXT} - Alice - 2031-05-01")
    assert (item.text, item.owner, str(item.due)) == (TEXT, "Alice", "2031-05-01")


def test_a_level_in_brackets_in_front_is_the_priority() -> None:
    item = only(f"- [x] [HIGH] {TEXT}")
    assert (item.text, item.priority, item.done) == (TEXT, "p1", True)


def test_several_facts_at_the_end_all_come_off() -> None:
    item = only(f"- [ ] P1: {TEXT} - @mira - due 2031-04-02 - [#7]({ISSUE})")
    assert (item.text, item.done, item.priority, item.owner, str(item.due), item.links) == (
        TEXT,
        False,
        "p1",
        "mira",
        "2031-04-02",
        (ISSUE,),
    )


def test_fields_in_front_of_the_text_end_with_a_stroke() -> None:
    item = only("- [ ] Owner: queue storage / no due date / add a limit to the queue")
    assert (item.text, item.owner, item.due, item.done) == ("add a limit to the queue", "queue storage", None, False)


def test_a_stroke_inside_the_text_is_part_of_it() -> None:
    assert only("- Limits: add them to reads / writes").text == "Limits: add them to reads / writes"


def test_a_team_that_something_is_done_to_does_not_own_it() -> None:
    assert only("- Train the operations team to read the graphs").owner is None


def test_a_team_behind_a_possessive_is_what_something_is_done_to() -> None:
    assert only("- Coach our team to read the graphs").owner is None
