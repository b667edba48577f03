"""HTML, inside a Markdown document or as a whole document, goes through the same reading."""

from collections.abc import Callable

import pytest

from service.reading import Document, read_html, read_markdown
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


CONFLUENCE = """<h1>Slow checkout</h1><ac:structured-macro ac:name="toc"/>
<table><tbody><tr><th>Severity</th><td><ac:structured-macro ac:name="status"><ac:parameter ac:name="colour">Red
</ac:parameter><ac:parameter ac:name="title">SEV1</ac:parameter></ac:structured-macro></td></tr>
<tr><th>Date</th><td><time datetime="2031-04-02" /></td></tr></tbody></table>
<h2>Action items</h2><ac:task-list>
<ac:task><ac:task-id>1</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body><span>Add a limit
<ac:link><ri:user ri:account-id="557058:f58131cb-b67d" /></ac:link> <time datetime="2031-05-02" /></span>
</ac:task-body></ac:task>
<ac:task><ac:task-id>2</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>Alert on depth
<ac:structured-macro ac:name="jira"><ac:parameter ac:name="server">Jira</ac:parameter>
<ac:parameter ac:name="key">OPS-12</ac:parameter></ac:structured-macro></ac:task-body></ac:task></ac:task-list>
<table><tbody><tr><th><p>Action</p></th><th><p>Owner</p></th><th>Due</th><th>Status</th></tr>
<tr><td><p>Write a runbook</p><p>for the queue</p></td><td><ac:link><ri:user ri:username="mira" /></ac:link></td>
<td><time datetime="2031-06-01"></time></td><td><ac:structured-macro ac:name="status">
<ac:parameter ac:name="title">DONE</ac:parameter></ac:structured-macro></td></tr></tbody></table>
<ac:structured-macro ac:name="code"><ac:parameter ac:name="title">x.py</ac:parameter><ac:plain-text-body>
<![CDATA[if a > b: <li>no action</li>]]></ac:plain-text-body></ac:structured-macro>
<ac:structured-macro ac:name="expand"><ac:parameter ac:name="title">Follow-ups</ac:parameter>
<ac:rich-text-body><ul><li>Remove the flag</li></ul></ac:rich-text-body></ac:structured-macro>"""


@pytest.mark.parametrize("read_it", [read_html, read_markdown])
def test_confluence_storage_format_is_read_with_its_tasks_lozenges_mentions_and_dates(
    read_it: Callable[[str], Document],
) -> None:
    document = read_it(CONFLUENCE)
    assert (document.title, document.severity, str(document.incident_date)) == ("Slow checkout", "sev1", "2031-04-02")
    assert [(i.text, i.done, i.owner, str(i.due)) for i in document.action_items] == [
        ("Add a limit", False, "557058:f58131cb-b67d", "2031-05-02"),
        ("Alert on depth OPS-12", True, None, "None"),
        ("Write a runbook for the queue", True, "mira", "2031-06-01"),
        ("Remove the flag", None, None, "None"),
    ]


def test_task_lists_of_editors_and_of_rendered_pages_are_read() -> None:
    document = read_html(
        '<div><h2>Action Items</h2><ul data-type="taskList"><li data-checked="true" data-type="taskItem"><label>'
        '<input type="checkbox" checked="checked"><span></span></label><div><p>Add a limit</p></div></li>'
        '<li data-checked="false"><label><input type="checkbox"></label><div><p>Alert on depth '
        '<span data-type="mention" data-label="Ann Lee">@Ann Lee</span></p></div></li></ul>'
        '<ul class="contains-task-list"><li class="task-list-item"><input type="checkbox" checked> Tidy up</li></ul>'
        '<ul class="inline-task-list"><li data-inline-task-id="3" class="checked">Shard the table '
        '<a class="user-mention" data-username="jo" href="/display/~jo">Jo Smith</a></li>'
        '<li data-inline-task-id="4">Drain it <span class="aui-lozenge">IN PROGRESS</span></li></ul>'
        "<p>- Remove the flag<br/>- Write it down</p></div>"
    )
    assert [(item.text, item.done, item.owner) for item in document.action_items] == [
        ("Add a limit", True, None),
        ("Alert on depth", False, "Ann Lee"),
        ("Tidy up", True, None),
        ("Shard the table", True, "Jo Smith"),
        ("Drain it", False, None),
        ("Remove the flag", None, None),
        ("Write it down", None, None),
    ]


def test_markdown_that_begins_with_html_stays_markdown() -> None:
    document = read("<p>A picture</p>", "", "## Action items", "", "- Add a limit", "", "<br/>")
    assert [item.text for item in document.action_items] == ["Add a limit"]
