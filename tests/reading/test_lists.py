"""Lists under a heading that announces actions."""

import pytest

from tests.reading.reading import items, only, read, texts


@pytest.mark.parametrize("mark", ["- ", "* ", "+ ", "1. ", "1) ", "• "])
def test_every_kind_of_list_gives_its_entries_in_order(mark: str) -> None:
    assert texts(f"{mark}Add a limit to the queue", f"{mark}Alert on queue depth") == [
        "Add a limit to the queue",
        "Alert on queue depth",
    ]


def test_an_entry_wrapped_over_lines_is_one_item_on_one_line() -> None:
    assert only("- Add a limit", "  to the queue", "so that it cannot grow").text == (
        "Add a limit to the queue so that it cannot grow"
    )


def test_markup_is_not_part_of_the_text() -> None:
    item = only("- Make the `retry` *budget* **visible** in [the dashboard](https://wiki.example.org/d)")
    assert item.text == "Make the retry budget visible in the dashboard"
    assert item.links == ()


@pytest.mark.parametrize(
    ("mark", "done"),
    [
        ("[ ]", False),
        ("[x]", True),
        ("[X]", True),
        ("✅", True),
        ("⏳", False),
        ("☐", False),
        (":white_check_mark:", True),
    ],
)
def test_a_mark_in_front_tells_the_state(mark: str, done: bool) -> None:
    item = only(f"- {mark} Add a limit to the queue")
    assert (item.text, item.done) == ("Add a limit to the queue", done)


def test_without_a_mark_nobody_knows_whether_it_is_done() -> None:
    assert only("- The queue has a limit now").done is None


def test_a_struck_entry_counts_as_done() -> None:
    assert only("- ~~Add a limit to the queue~~").done is True


def test_a_bold_lead_in_stays_part_of_the_text() -> None:
    assert only("- **Queue limit**: refuse work above 1,000 jobs").text == "Queue limit: refuse work above 1,000 jobs"


def test_fields_on_lines_below_an_entry_belong_to_it() -> None:
    item = only(
        "1. **Add a limit to the queue**",
        "   - Owner: Mira Holm",
        "   - Due: 2031-04-01",
        "   - Priority: P1",
        "   - Status: in progress",
        "   - Ticket: https://github.com/shop/queue/issues/7",
    )
    assert item.text == "Add a limit to the queue"
    assert (item.owner, str(item.due), item.priority, item.done) == ("Mira Holm", "2031-04-01", "p1", False)
    assert item.links == ("https://github.com/shop/queue/issues/7",)


def test_a_label_groups_the_entries_below_it_and_is_no_item() -> None:
    found = items("- Monitoring:", "  - Alert on queue depth", "- Process:", "  - Write a runbook")
    assert [(item.text, item.section) for item in found] == [
        ("Alert on queue depth", "Monitoring"),
        ("Write a runbook", "Process"),
    ]


def test_a_remark_below_an_entry_is_no_item_and_a_link_there_belongs_to_the_entry() -> None:
    item = only(
        "- Alert on queue depth",
        "  - See the vendor's page on metrics",
        "  - https://github.com/shop/queue/pull/8",
    )
    assert item.links == ("https://github.com/shop/queue/pull/8",)


def test_a_marked_entry_below_another_is_an_item_of_its_own() -> None:
    found = items("- [ ] Make the queue safe", "  - [x] Add a limit", "  - [ ] Add a test for it")
    assert [(item.text, item.done) for item in found] == [
        ("Make the queue safe", False),
        ("Add a limit", True),
        ("Add a test for it", False),
    ]


@pytest.mark.parametrize(
    "line", ["-", "- N/A", "- None", "- TBD", "- ...", "- {{ action }} by {{ owner }}", "- <action item>"]
)
def test_a_template_line_is_no_item(line: str) -> None:
    assert texts(line) == []


def test_lists_under_several_sub_headings_keep_their_sub_heading() -> None:
    found = items(
        "### Prevent recurrence", "", "- Add a limit to the queue", "", "### Monitoring", "", "1. Alert on queue depth"
    )
    assert [(item.text, item.section, item.kind) for item in found] == [
        ("Add a limit to the queue", "Prevent recurrence", "prevent"),
        ("Alert on queue depth", "Monitoring", "detect"),
    ]


def test_a_bold_name_above_a_list_owns_its_entries() -> None:
    found = items(
        "**Robert**", "", "- Add a limit", "", "**AB/CD**", "", "- Add an alert", "", "**Later**", "", "- Tidy up"
    )
    assert [(item.text, item.owner) for item in found] == [
        ("Add a limit", "Robert"),
        ("Add an alert", "AB/CD"),
        ("Tidy up", None),
    ]


def test_a_bold_label_in_a_list_opens_the_actions_below_it() -> None:
    found = read(
        "# Checkout was slow",
        "",
        "- **Impact**:",
        "  - Some orders were lost",
        "- **Follow-up actions**:",
        "  - Add a limit to the queue",
    ).action_items
    assert [item.text for item in found] == ["Add a limit to the queue"]


def test_a_line_that_ends_in_a_colon_serves_as_heading() -> None:
    found = read(
        "# Deploy", "", "What I saw:", "- errors", "", "Remaining tasks:", "- Switch the defaults"
    ).action_items
    assert [item.text for item in found] == ["Switch the defaults"]


def test_a_heading_in_brackets_done_marks_all_entries() -> None:
    found = items("### Immediate (done)", "", "- Add a limit", "", "### Later", "", "- Add an alert")
    assert [item.done for item in found] == [True, None]


def test_entries_that_all_end_with_a_word_in_brackets_are_owned_by_it() -> None:
    found = items("- Add a limit to the queue (mholm)", "- Alert on queue depth (jfer)", "- Tidy up (mholm)")
    assert [(item.text, item.owner) for item in found] == [
        ("Add a limit to the queue", "mholm"),
        ("Alert on queue depth", "jfer"),
        ("Tidy up", "mholm"),
    ]


def test_what_a_line_says_will_be_done_is_not_yet_done() -> None:
    found = items("The following will be implemented:", "", "- Add a limit")
    assert [(item.text, item.done) for item in found] == [("Add a limit", None)]


def test_a_label_that_calls_its_entries_a_todo_list_only_groups_them() -> None:
    found = items("1. **Specific tasks (TODO list):**", "   - Add a limit to the queue", "   - Alert on its depth")
    assert [(item.text, item.done) for item in found] == [
        ("Add a limit to the queue", None),
        ("Alert on its depth", None),
    ]


def test_spaces_inside_the_asterisks_still_make_a_bold_line() -> None:
    assert [item.text for item in items("** Possible fixes  **", "- Add a limit")] == ["Add a limit"]


def test_doing_it_again_is_an_order_too() -> None:
    found = read("# Slow", "", "## Improvements", "", "- Re-add the metrics", "- Nothing to see").action_items
    assert [item.text for item in found] == ["Re-add the metrics"]


def test_an_entry_that_says_there_is_none_yet_is_no_action() -> None:
    assert texts("- None landed yet. See the plan below.", "- Add a limit") == ["Add a limit"]


def test_a_long_label_above_orders_only_groups_them_even_where_it_is_named_after_a_doing() -> None:
    found = items(
        "- **Queue backup restore drills**:",
        "  - Restore one every night.",
        "- **Monitoring enhancements**:",
        "  - Add a graph of the pool.",
    )
    assert [item.text for item in found] == ["Restore one every night.", "Add a graph of the pool."]
