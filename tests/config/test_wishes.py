"""What a route may want of its issues, and the sentence where it may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.loading import ConfigError, load
from config.templates import OF_ITEMS, Unsaid, fill, is_template, named
from service.cli.check import examine
from tests.config.conftest import Write
from tests.config.stand_in import connectors

ROUTE = 'priority = "p0"'
SAID = dict.fromkeys(OF_ITEMS, "x")
TEXTS = st.text(st.characters(exclude_characters="{}"), max_size=20)


def faults(write: Write, lines: str) -> list[tuple[str, str, str]]:
    with pytest.raises(ConfigError) as refused:
        load(write((ROUTE, f"{ROUTE}\n{lines}")), connectors())
    return [(fault.key, fault.code, fault.cure) for fault in refused.value.faults]


def test_a_route_with_every_wish_is_taken(write: Write) -> None:
    lines = (
        'issue_type = "Bug"\nparent = "postmortem"\nparent_type = "Epic"\nlink_back = true\nconfidential = false\n'
        'parent_fields = { name = "{incident}" }\nfields = { risk = { value = "{severity|low}" }, due = "{due_on}" }'
    )
    route = load(write((ROUTE, f"{ROUTE}\n{lines}")), connectors()).routes[0]
    assert (route.issue_type, route.parent, route.parent_type) == ("Bug", "postmortem", "Epic")
    assert (route.link_back, route.confidential) == (True, False)
    assert route.fields == {"risk": {"value": "{severity|low}"}, "due": "{due_on}"}
    assert route.parent_fields == {"name": "{incident}"}


@pytest.mark.parametrize(
    ("lines", "key", "code", "cure"),
    [
        ('fields = { risk = "{sevrity}" }', "fields.risk", "unknown_placeholder", '"{severity}"'),
        ('fields = { risk = { value = ["{owner}"] } }', "fields.risk", "unknown_placeholder", '"{'),
        ('fields = { risk = "100 % }" }', "fields.risk", "bad_placeholder", '"{severity}"'),
        ('fields = "{severity}"', "fields", "not_a_table", "customfield_10050"),
        ('parent = "PAY-1"', "parent", "not_a_parent", '"postmortem"'),
        ('parent = "https://jira.example.com"', "parent", "not_a_parent", '"postmortem"'),
        ('parent_type = "Epic"', "parent_type", "no_parent", 'parent = "postmortem"'),
        ('parent = "postmortem"\nparent_fields = { a = "{title}" }', "parent_fields.a", "unknown_placeholder", '"{'),
        ('link_back = "yes"', "link_back", "not_a_flag", "true"),
    ],
)
def test_each_wrong_wish_is_told_with_its_cure(write: Write, lines: str, key: str, code: str, cure: str) -> None:
    (found,) = faults(write, lines)
    assert found[:2] == (f"routes[0].{key}", code)
    assert cure in found[2]


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ('parent = "postmortem"', "parent"),
        ("link_back = true", "link_back"),
        ("confidential = true", "confidential"),
        ('issue_type = "Bug"', "issue_type"),
    ],
)
@pytest.mark.usefixtures("secrets_set")
def test_what_the_tracker_cannot_do_is_a_fault_of_the_route(write: Write, lines: str, word: str) -> None:
    report = examine(write((ROUTE, f"{ROUTE}\n{lines}")), connectors(), (), None)
    (found,) = [each for each in report.findings if each.level == "fault"]
    assert (report.ok, found.subject, found.finding.code) == (False, "route payments", "unsupported")
    assert f"wants {word}, and the tracker jira has no" in found.finding.sentence
    assert f"Take {word} out" in found.finding.cure


@given(TEXTS, st.sampled_from(OF_ITEMS), TEXTS, TEXTS)
def test_a_placeholder_is_replaced_by_what_is_said_whatever_that_is(
    before: str, name: str, after: str, said: str
) -> None:
    text = f"{before}{{{name}}}{after}"
    assert is_template(text)
    if said:
        assert fill(text, {name: said + "{title}}"}) == f"{before}{said}{{title}}}}{after}"
    else:
        with pytest.raises(Unsaid):
            fill(text, {name: said})


@given(TEXTS)
def test_a_text_without_braces_is_itself(text: str) -> None:
    assert not is_template(text)
    assert fill(text, {}) == text
    assert fill(text + "{{x}}", {}) == text + "{x}"


def test_of_a_list_or_table_what_nobody_says_is_left_out() -> None:
    assert fill(["{title}", "{team}", 3], {"title": "T"}) == ["T", 3]
    assert fill({"a": "{title}", "b": "{team}"}, {"title": "T"}) == {"a": "T"}
    assert fill([], {}) == []
    with pytest.raises(Unsaid):
        fill({"value": ["{team}"]}, {"title": "T"})


def test_only_braces_that_stand_alone_are_named_as_such() -> None:
    assert list(named({"a": "{x} {{y}} {", "b": ["{z|}"]})) == ["x", "{", "z"]
