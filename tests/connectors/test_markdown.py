from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.markdown import CONNECTOR
from connectors.markdown.settings import MarkdownSettings
from connectors.markdown.source import MarkdownSource
from connectors.spi import Missing, PostmortemDocument, Secret, Unreadable, Visibility
from tests.connectors.test_signatures import KEY, NOW, headers_for

SOURCE = MarkdownSource("wiki", MarkdownSettings((Secret("S", KEY),)))
FRONT = """---
id: INC-7
title: "Checkout: down"
status: draft
revision: 4
severity: sev2
visibility: private
services: [checkout, billing]
teams: payments, platform
url: https://wiki.example/inc-7
finalized_at: 2026-03-09T07:31:00+01:00
author: somebody
---
# Another heading

## Action items
- [ ] Do it
"""


def parse(text: str | bytes, **headers: str) -> PostmortemDocument:
    body = text if isinstance(text, bytes) else text.encode()
    found = SOURCE.parse({name.replace("_", "-"): value for name, value in headers.items()}, body)
    assert isinstance(found, PostmortemDocument)
    return found


def test_front_matter_says_which_document_it_is_and_the_text_goes_along_whole():
    document = parse(FRONT)
    assert (document.id, document.title, document.status, document.revision) == ("INC-7", "Checkout: down", "draft", 4)
    assert (document.severity, document.visibility) == ("sev2", Visibility.PRIVATE)
    assert (document.services, document.teams) == (("checkout", "billing"), ("payments", "platform"))
    assert document.url == "https://wiki.example/inc-7"
    assert document.finalized_at == datetime(2026, 3, 9, 6, 31, tzinfo=UTC)
    assert document.action_items is None
    assert document.body_markdown == FRONT
    assert document.raw["front_matter"]["author"] == "somebody"


@pytest.mark.parametrize(
    ("text", "headers", "identity"),
    [
        ("---\nid: a\n---\n# T", {"x_afteraction_id": "b", "x_afteraction_path": "c"}, "a"),
        ("# T", {"x_afteraction_id": "b", "x_afteraction_path": "c"}, "b"),
        ("# T", {"x_afteraction_path": "2026/outage.md"}, "2026/outage.md"),
        ("---\nid: 2041\n---\n# T", {}, "2041"),
    ],
)
def test_identity_is_the_front_matters_else_the_headers(text, headers, identity):
    document = parse(text, **headers)
    assert (document.id, document.title, document.status) == (identity, "T", "final")


@pytest.mark.parametrize(
    ("text", "title"),
    [("```\n# not this\n```\n## This #", "This"), ("no heading", "x"), ("---\ntitle: Named\n---\n# Other", "Named")],
)
def test_title_is_stated_or_the_first_heading_or_the_id(text, title):
    assert parse(text, x_afteraction_id="x").title == title


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"# T", "markdown.no_id"),
        (b"\xff\xfe# T", "markdown.not_utf8"),
        (b"---\nid: [\n---\n", "markdown.front_matter"),
        (b"---\nid: a\nvisibility: privat\n---\n", "markdown.front_matter"),
        (b"---\nid: a\nvisibility: [private]\n---\n", "markdown.front_matter"),
        (b"---\nid: a\nvisibility: {private: yes}\n---\n", "markdown.front_matter"),
        (b"---\nid: a\nvisibility: private\nnote: " + b"x" * 20_000 + b"\n---\n", "markdown.front_matter"),
        (b"---\nid: a\nvisiblity: private\n---\n", "markdown.front_matter"),
        (b"\n---\ntags: [a\nvisibility: private\n---\n", "markdown.front_matter"),
        (b"---\nid: a\nvisibility: private\nvisibility: public\n---\n", "markdown.front_matter"),
        (b"---\nid: a\nvisibility: private\n\n# T\n", "markdown.front_matter"),
        (b"---\nid: a\nrevision: two\n---\n", "markdown.front_matter"),
        (b"---\nid: a\nfinalized_at: 2026-03-09\n---\n", "markdown.front_matter"),
        (b"---\na: &a [x]\nb: [*a, *a]\n---\n", "markdown.front_matter"),
        (b"---\nid: " + b"[" * 9000 + b"\n---\n", "markdown.front_matter"),
        (b"---\nid: !!python/object/apply:os.system [x]\n---\n", "markdown.no_id"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence_with_a_cure(body, code):
    with pytest.raises(Unreadable) as refusal:
        SOURCE.parse({}, body)
    assert refusal.value.code == code
    assert refusal.value.sentence.endswith(".")
    assert refusal.value.cure


@pytest.mark.parametrize("before", ["\n", "  \n\n", "<!-- a linter's\nwish -->\n", "\ufeff", "\r\n"])
def test_front_matter_may_stand_under_blank_lines_and_comments(before):
    document = parse(f"{before}---\nid: a\nvisibility: private\n---\n# T")
    assert (document.id, document.visibility) == ("a", Visibility.PRIVATE)


@pytest.mark.parametrize(
    "text",
    [
        "\n---\nFirst: [a\nthen prose\n---\n",
        "---\n# T\n",
        "\n---\n\nvisibility: was bad\n\n---\n",
        "---\n\nvisibility: bad\n",
    ],
)
def test_a_line_across_the_page_is_no_front_matter(text):
    assert parse(text, x_afteraction_id="x").id == "x"


def test_the_first_key_under_a_blank_line_may_be_a_list():
    document = parse("\n---\nservices: [a, b]\nid: x\nvisibility: private\n---\n# T")
    assert (document.services, document.visibility) == (("a", "b"), Visibility.PRIVATE)


def test_wikis_own_word_for_the_status_leaves_it_final():
    assert parse("---\nid: a\nstatus: Published\n---\n").status == "final"


def test_front_matter_keeps_words_that_yaml_would_turn_into_something_else():
    document = parse("---\nid: 010\ntitle: no\nseverity: 1\n---\n")
    assert (document.id, document.title, document.severity) == ("010", "no", "1")


@given(st.text(max_size=200))
def test_no_text_whatever_makes_anything_but_a_document_or_a_sentence(text):
    with contextlib.suppress(Unreadable):
        assert parse("---\n" + text, x_afteraction_id="x").id


def test_source_is_signed_as_the_standard_one():
    body = FRONT.encode()
    assert SOURCE.hook is not None
    assert SOURCE.hook.authenticate(headers_for(body, identity="msg_9"), body, NOW) == "msg_9"
    assert SOURCE.check() == []
    assert SOURCE.finalized_since("x") is None
    with pytest.raises(Missing):
        SOURCE.fetch("INC-7")
    assert CONNECTOR.source is not None
    assert CONNECTOR.source.make("wiki", CONNECTOR.source.settings({})).hook is None
