"""Tables of actions, whatever their columns."""

from tests.reading.reading import items, read


def test_columns_are_read_by_their_names() -> None:
    (item,) = items(
        "| # | Action item | Type | Owner | Priority | Due date | Status | Ticket |",
        "|---|---|---|---|---|---|---|---|",
        "| 1 | Add a limit, and test it | prevent | Mira | High | 2 April 2031 | In progress |"
        " [Q-7](https://t.example.org/browse/Q-7) |",
    )
    assert (item.text, item.kind, item.owner, item.priority) == ("Add a limit, and test it", "prevent", "Mira", "p1")
    assert (str(item.due), item.done, item.links) == ("2031-04-02", False, ("https://t.example.org/browse/Q-7",))


def test_a_state_word_in_another_cell_is_found() -> None:
    found = items(
        "| Action Item | Type | Owner | Bug |",
        "|---|---|---|---|",
        "| Add a limit | prevent | mira | Bug 4711 **TODO** |",
        "| Roll back | mitigate | jo | n/a **DONE** |",
        "| Alert on depth | detect | jo | [shop/queue#11](https://github.com/shop/queue/issues/11) **TODO** |",
    )
    assert [(item.text, item.owner, item.done) for item in found] == [
        ("Add a limit", "mira", False),
        ("Roll back", "jo", True),
        ("Alert on depth", "jo", False),
    ]
    assert found[2].links == ("https://github.com/shop/queue/issues/11",)


def test_empty_and_template_rows_are_no_items() -> None:
    assert not items("| Action | Owner |", "|---|---|", "| | |", "| ... | ?? |", "| N/A | |")


def test_a_placeholder_in_the_owner_cell_is_nobody() -> None:
    (item,) = items("| Action | Owner |", "|---|---|", "| Add a limit | ??? |")
    assert item.owner is None


def test_tables_in_other_languages_are_read() -> None:
    japanese = items(
        "| # | アクション | 担当 | 期限 | 状態 |", "|--|--|--|--|--|", "| 1 | 上限を追加 | 山田 | 2031-04-02 | 未着手 |"
    )
    german = items(
        "| Maßnahme | Verantwortlich | Fällig | Status |",
        "|-|-|-|-|",
        "| Limit setzen | Jana | 2. April 2031 | erledigt |",
    )
    assert [(i.text, i.owner, str(i.due), i.done) for i in (*japanese, *german)] == [
        ("上限を追加", "山田", "2031-04-02", False),
        ("Limit setzen", "Jana", "2031-04-02", True),
    ]


def test_a_table_without_a_known_action_column_is_read_by_its_longest_text() -> None:
    (item,) = items(
        "| Area | Detail of it | Owner |", "|-|-|-|", "| Queue | Add a limit to the queue of orders | Mira |"
    )
    assert (item.text, item.owner) == ("Add a limit to the queue of orders", "Mira")


def test_a_table_of_actions_counts_under_a_heading_that_says_nothing() -> None:
    found = read(
        "# Slow", "", "## Afterwards", "", "| Action | Owner | Status |", "|-|-|-|", "| Add a limit | Mira | open |"
    ).action_items
    assert [(item.text, item.done, item.doubtful) for item in found] == [("Add a limit", False, True)]


def test_a_timeline_with_an_action_column_is_no_table_of_actions() -> None:
    found = read(
        "# Slow", "", "## Course", "", "| Time | Action | Who |", "|-|-|-|", "| 10:02 | Restart the queue | Mira |"
    ).action_items
    assert found == ()


def test_lists_in_front_of_a_table_of_actions_explain_it() -> None:
    found = read(
        *("# Slow", "", "## Action items", "", "They are of two types:", "", "- Prevent - keep it from happening"),
        *("- Detect - see it sooner", "", "To sort these action items:", "", "- P0 - now", "", "| Action | Owner |"),
        *("|---|---|", "| Limit the queue | Ann |"),
    ).action_items
    assert [item.text for item in found] == ["Limit the queue"]


def test_a_list_behind_a_table_of_actions_has_actions_too() -> None:
    found = read(
        *("# Slow", "", "## Action items", "", "| Action | Owner |", "|---|---|", "| Limit the queue | Ann |", ""),
        "- Remove the flag",
    ).action_items
    assert [item.text for item in found] == ["Limit the queue", "Remove the flag"]


def test_a_list_with_boxes_beside_a_table_of_actions_has_actions_too() -> None:
    found = read(
        *("# Slow", "", "## Action items", "", "- [ ] Tell the customers", "", "| Action | Owner |", "|---|---|"),
        "| Limit the queue | Ann |",
    ).action_items
    assert [item.text for item in found] == ["Tell the customers", "Limit the queue"]
