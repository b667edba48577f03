"""Hostile and broken documents neither crash nor take long."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.reading import read_markdown

SIZE = 60_000
BOMBS = {
    "nested quotes": ">" * SIZE,
    "nested lists": "".join("  " * depth + "- a\n" for depth in range(440)),
    "lists in quotes": "> - " * (SIZE // 4),
    "open brackets": "[" * SIZE,
    "open pictures": "![" * (SIZE // 2),
    "open brackets in an item": "## Actions\n\n" + ("- " + "(" * 1000 + "\n") * 100,
    "dashes in an item": "## Actions\n\n" + ("- " + " - a" * 400 + "\n") * 60,
    "emphasis": "*a_ " * (SIZE // 4),
    "a word without end": "a-" * (SIZE // 2),
    "underscores": "_a" * (SIZE // 2),
    "digits": "1" * SIZE,
    "sentences": "## Actions\n\n" + "a." * (SIZE // 2),
    "an address without end": "http://a.b/" + ")" * SIZE,
    "a wide table": "|" + "a|" * 20_000 + "\n|" + "-|" * 20_000 + "\n" + "x\n" * 2000,
    "a long table": "| Action | Owner |\n|-|-|\n" + "| do it |\n" * 10_000,
    "many items": "## Actions\n\n" + "- a\n" * (SIZE // 4),
    "many headings": "# a\n" * (SIZE // 4),
    "nested html": "<ul><li>" * (SIZE // 8),
    "open html links": "<div><a href=x>" * (SIZE // 15),
    "open sections": "<p>" + "<![CDATA[" * (SIZE // 9) + "</p>",
    "open macros": "<p>" + '<ac:structured-macro ac:name="status"><ac:parameter ac:name="title">' * 900 + "</p>",
    "open cells": "<table>" + "<td><ul><li>" * (SIZE // 12) + "</p>",
    "ticks without words": "<ul>" + "<li><input type=checkbox>" * (SIZE // 25) + "</ul>",
    "titles inside a paragraph": "a\n" + "Root cause:\n" * (SIZE // 12),
    "placeholders in brackets": "## Actions\n\n" + "- " + "[a] " * 48 + "x\n" + "- " + "[-]" * 64 + "x\n",
    "an action told in its heading": "## Add a limit\ntext\n\n" * (SIZE // 22),
    "vows": "# a\n\n" + "Here is what we will do. We will add it. " * (SIZE // 41),
    "zero bytes": "## Actions\n\n- a\0b\n" + "\0" * SIZE,
    "front matter without end": "---\n" + "a: b\n" * (SIZE // 5),
    "deep front matter": "---\n" + "[" * 60_000 + "\n---\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_in_bounded_time(name: str) -> None:
    started = time.process_time()
    read_markdown(BOMBS[name])
    # The aim is a second; quadratic reading would take minutes.
    assert time.process_time() - started < 5


def test_a_document_that_is_longer_than_a_book_is_read_as_far_as_a_book_and_says_so() -> None:
    started = time.process_time()
    document = read_markdown("# Slow\n\n## Actions\n\n- Add a limit\n\n" + "[" * 5 * 1024 * 1024)
    assert time.process_time() - started < 20
    assert [item.text for item in document.action_items] == ["Add a limit"]
    assert "1000000 characters" in document.warnings[0]


def test_pictures_inside_a_document_do_not_count_for_its_length() -> None:
    picture = "![chart](data:image/png;base64," + "iVBORw0KGgo" * 200_000 + ")"
    document = read_markdown(f"# Slow\n\n{picture}\n\n## Actions\n\n- Add a limit\n")
    assert [item.text for item in document.action_items] == ["Add a limit"]
    assert document.warnings == ()


def test_an_endless_list_is_cut_off() -> None:
    assert len(read_markdown("## Actions\n\n" + "- Add a limit\n" * 5000).action_items) == 1000


def test_bytes_that_are_no_text_are_read_as_far_as_they_are() -> None:
    raw = b"# Slow\xff\xfe\n\n## Actions\n\n- Add a \xc3 limit\n"
    document = read_markdown(raw.decode("utf-8", errors="replace"))
    assert [item.text for item in document.action_items] == ["Add a \ufffd limit"]


def test_private_use_characters_cannot_forge_a_link() -> None:
    document = read_markdown("## Actions\n\n- Add \ue000https://github.com/a/b/issues/1\ue001x\ue002 limits\n")
    assert "\ue000" not in document.action_items[0].text


MARKUP = """# ;### ;- ;  - ;1. ;- [ ] ;- [x] ;> ;|;**;*;`;~~;
[a](http://x.y/issues/1);[;];(;);](;<;>;@a;Owner: ;due 2031-04-01;
P1;DONE; - ;—;:;：;a: [;http://;TODO;✅;完了;担当: ;\t;1時間;99999999;2031-13-45;31 February;&amp;;[^1];[^1]: """
PIECES = st.sampled_from(
    [
        *MARKUP.replace("\n", "").split(";"),
        *(
            "\n",
            "\n\n",
            "## Action items\n\n",
            "---\n",
            "+++\n",
            "```\n",
            "|a|b|\n|-|-|\n|",
            "\0",
            "\r\n",
            "\ue000",
            "\ue001",
            "\\",
        ),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=60))
def test_any_document_is_read(pieces: list[str]) -> None:
    document = read_markdown("".join(pieces))
    for item in document.action_items:
        assert item.text == " ".join(item.text.split())
        assert item.text
        assert not any("\ue000" <= character <= "\ue00f" for character in item.text)
        assert item.owner is None or item.owner.strip()


WORDS = st.lists(st.sampled_from(["queue", "limit", "the", "alert", "depth", "shop", "tests"]), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.booleans(), st.booleans())
def test_plain_entries_come_back_as_they_were_written(entries: list[list[str]], ordered: bool, done: bool) -> None:
    wanted = ["Add " + " ".join(words) for words in entries]
    mark = "1. " if ordered else "- "
    box = "[x] " if done else ""
    read = read_markdown("## Action items\n\n" + "".join(f"{mark}{box}{text}\n" for text in wanted)).action_items
    assert [item.text for item in read] == wanted
    assert {item.done for item in read} == {True if done else None}


def test_a_bracket_of_dots_is_no_person_and_no_crash() -> None:
    assert [item.text for item in read_markdown("# Slow\n\n## Actions\n\n- Add `limit(...)`\n").action_items] == [
        "Add limit(...)"
    ]
