from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from connectors.markup import POINTER, ZWSP, clean, fit, github_markdown, one_line, size

WORDS = """
@ user acme/team &#64; &#x40; &commat; &#0064; # 12 acme/pay#3 GH- gh-7 &#35; &num; &#49; <!-- --> <b> </b> < ` ``
_ * ** \\ & ; [ ]( ) | a ![ é <script> <? <!X https://github.com/o/r/issues/1 https://x.org/@y
"""
BLANKS = ["\n```\n", "\n~~~\n", "\n", "\n\n", " ", "    ", "- ", "1. ", "> ", "\t", " pm:x ", "\u202e", "\x00"]
PIECES = st.lists(st.sampled_from([*WORDS.split(), *BLANKS]), max_size=14).map("".join)


def shown(markdown: str) -> list[str]:
    """The texts that a reader sees outside code blocks, each as GitHub's filters get it."""
    texts: list[str] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        assert token.type != "html_block", token.content
        for child in token.children or ():
            assert child.type != "html_inline", child.content
            if child.type in ("text", "code_inline"):
                texts.append(re.sub(r"https?://(?!github)[^\s`|()\[\]]+", "", child.content))
    return texts


@settings(max_examples=600, deadline=None)
@given(PIECES)
@example("_@user_ and \\@user and *@user*")
@example("<!--\n```\n-->\n@user\n```\n@user")
@example("&#64;&#117;ser")
def test_nothing_in_the_text_reaches_anyone_on_github(text):
    for words in shown(github_markdown(text)):
        assert not re.search(r"(?<![A-Za-z0-9])@[A-Za-z0-9]", words), words
        assert not re.search(r"(?:^|[^\w&/])#\d|[\w.-]+/[\w.-]+#\d|(?i:\bgh-\d)", words), words
        assert not re.search(r"//github\.com/[^/]+/[^/]+/issues/\d", words), words


@settings(max_examples=300, deadline=None)
@given(PIECES)
def test_neutral_text_is_neutral_already(text):
    once = github_markdown(text)
    assert github_markdown(once) == once


@settings(max_examples=400, deadline=None)
@given(PIECES)
@example("```\nopen")
@example("- ```\n  open")
@example("> ```\n> open")
def test_marker_below_any_text_stays_an_unseen_comment_and_the_only_one(text):
    body = f"{github_markdown(text)}\n\n<!-- pm:real -->"
    assert re.findall(r"<!-- pm:(\S+) -->", body) == ["real"]
    last = MarkdownIt("commonmark").parse(body)[-1]
    assert last.type == "html_block", body
    assert last.content.strip() == "<!-- pm:real -->"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ping @dana", f"ping @{ZWSP}dana"),
        ("dana@acme.example", "dana@acme.example"),
        ("git@github.com:acme/pay.git", "git@github.com:acme/pay.git"),
        ("fixes #12", f"fixes #{ZWSP}12"),
        ("# Heading", "# Heading"),
        ("a & b &lt; c", "a & b &lt; c"),
        ("see https://github.com/o/r/pull/9#x", "see https://redirect.github.com/o/r/pull/9#x"),
        ("see https://github.com/o/r", "see https://github.com/o/r"),
        ("[@x](https://medium.com/@x/1)", f"[@{ZWSP}x](https://medium.com/%40x/1)"),
        ("<https://acme.example/a>", "<https://acme.example/a>"),
        ("1 < 2", "1 < 2"),
        ("```\n@app.route #1\n```", "```\n@app.route #1\n```"),
        ("```\n<!-- pm:x -->\n```", f"```\n<{ZWSP}!-- pm:x -->\n```"),
        ("a\x07b\u202ec\u200d", "abc\u200d"),
        ("- [ ] one\n- [x] two", "- [ ] one\n- [x] two"),
        ("```\nopen", "```\nopen\n```"),
        ("a[^1]\n\n[^1]: b\n\n    @dana #12", f"a[^1]\n\n[^1]: b\n\n    @{ZWSP}dana #{ZWSP}12"),
    ],
)
def test_text_reads_as_before(text, expected):
    assert github_markdown(text) == expected


GHES = "https://git.acme.example:8443"


@pytest.mark.parametrize("kind", ["issues/12", "pull/3#discussion_r1", "commit/abc", "discussions/4"])
def test_address_of_an_enterprises_own_github_leads_there_and_refers_to_nothing(kind):
    for text in (f"see {GHES}/acme/pay/{kind} now", f"[it]({GHES.upper()}/acme/pay/{kind})"):
        tame = github_markdown(text, GHES)
        assert f"/acme/pay/./{kind}" in tame
        assert github_markdown(tame, GHES) == tame
        assert github_markdown(text, "https://other.example") == text
    assert github_markdown(f"{GHES}/acme/pay/tree/main", GHES) == f"{GHES}/acme/pay/tree/main"


def test_clean_keeps_what_can_be_seen_and_makes_line_ends_one():
    assert clean("a\r\nb\rc\td\x1b[1m\ud800é😀") == "a\nb\nc\td[1mé😀"


@pytest.mark.parametrize("limit", [255, 256])
def test_title_is_one_line_within_its_limit(limit):
    assert one_line("  Add\na\tlimit \x00", limit) == "Add a limit"
    long = one_line("word " * 100, limit)
    assert size(long) <= limit
    assert long.endswith("word…")
    assert size(one_line("😀" * 300, limit)) <= limit


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=3000), st.integers(80, 600))
def test_fitted_text_is_within_the_limit_whatever_it_was(text, limit):
    assert size(fit(text, limit, github_markdown)) <= limit


def test_cut_text_ends_at_a_paragraph_and_says_where_the_rest_is():
    text = "\n\n".join(f"Paragraph {number}, which says something." for number in range(100))
    cut = fit(text, 1000, github_markdown)
    assert cut.endswith(f"something.…\n\n{POINTER}")
    assert size(cut) > 700


def test_text_cut_within_a_code_block_does_not_swallow_the_pointer():
    cut = fit("```\n" + "line of code\n" * 500 + "```", 1000, github_markdown)
    assert cut.endswith(f"…\n```\n\n{POINTER}")
