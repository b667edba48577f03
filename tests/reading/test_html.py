"""HTML inside a Markdown document goes through the same reading."""

from tests.reading.reading import items, read


def test_an_html_list_under_an_html_heading_is_read() -> None:
    document = read(
        "<h1>Slow checkout</h1>",
        "<h2>Next steps</h2>",
        "<ul>",
        "<li>Add a <b>limit</b> to the queue</li>",
        "",
        '<li>Alert on depth <a href="https://github.com/shop/queue/issues/7">#7</a>',
        "<li>Tidy up &amp; test",
        "</ul>",
    )
    assert document.title == "Slow checkout"
    assert [(item.text, len(item.links)) for item in document.action_items] == [
        ("Add a limit to the queue", 0),
        ("Alert on depth", 1),
        ("Tidy up & test", 0),
    ]


def test_a_folded_part_is_read_under_its_summary() -> None:
    found = read(
        "# Slow", "", "<details><summary>Action items</summary>", "", "- Add a limit", "", "</details>"
    ).action_items
    assert [item.text for item in found] == ["Add a limit"]


def test_an_html_table_of_actions_is_read() -> None:
    (item,) = items(
        "<table><tr><th>Action</th><th>Owner</th></tr>", "<tr><td>Add a limit</td><td>Mira</td></tr></table>"
    )
    assert (item.text, item.owner) == ("Add a limit", "Mira")


def test_scripts_and_comments_are_no_text() -> None:
    document = read(
        "# Slow",
        "",
        "## Actions",
        "",
        "<!-- - a template -->",
        "<script>",
        "- nothing",
        "</script>",
        "",
        "- Add a limit",
    )
    assert [item.text for item in document.action_items] == ["Add a limit"]
