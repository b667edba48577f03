from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.markup import JIRA_DESCRIPTION, ZWSP, fit, size
from connectors.wiki import jira_wiki

OURS = re.compile(
    r"\{(?:code(?::[a-z+#]+)?|noformat|quote)\}|\{[*_-]\}|\{\{|\}\}|(?<!\\)\[[^\[\]\n]*https?://[^\]\s]*\]"
)
WORDS = """
{code} {noformat} {quote} {color:red} { } [~user] [ ] | !image.png! ! * _ @ - -- ---- || ` ```py <b> <!-- --> &#123;
&lbrace; \\ \\{ a B2 [x](https://a.example/b|c) ![i](http://x/y) (y) :) ?? ^ ~ + [link](javascript:x) {{ }} & é
"""
BLANKS = ["\n", "\n\n", " ", "# ", "h1. ", "bq. ", "\n```\n", "> ", "1. ", "- ", "\x00"]
PIECES = st.lists(st.sampled_from([*WORDS.split(), *BLANKS]), max_size=14).map("".join)


@settings(max_examples=600, deadline=None)
@given(PIECES)
@example("```\n{code}\n[~user]\n```")
@example("`{code}`")
@example("\\{code}")
def test_no_macro_mention_or_image_of_the_text_can_fire_in_jira(text):
    wiki = jira_wiki(text)
    blocks = re.split(r"^\{(?:code(?::[a-z+#]+)?|noformat)\}$", wiki, flags=re.MULTILINE)
    for inside in blocks[1::2]:
        assert not re.search(r"(?i)\{/?\s*(?:code|noformat)", inside)
    for outside in blocks[0::2]:
        rest = OURS.sub("", outside)
        assert not re.search(r"(?<!\\)[{}\[\]]", rest), wiki
        assert not re.search(r"(?<!\\)!\S", rest), wiki
        assert not re.search(r"\\\\", rest), wiki


@pytest.mark.parametrize(
    ("markdown", "wiki"),
    [
        ("# One\n\n### Three", "h1. One\n\nh3. Three"),
        ("**bold** _soft_ ~~gone~~", "*bold* _soft_ -gone-"),
        ("in**side**s", "in{*}side{*}s"),
        ("`a{b}`", "{{a\\{b\\}}}"),
        ("[text](https://a.example/b)", "[text|https://a.example/b]"),
        ("<https://a.example/b>", "[https://a.example/b]"),
        ("[text](javascript:alert)", r"\[text\](javascript:alert)"),
        ("[text](../page)", "text (../page)"),
        ("![alt](https://a.example/i.png)", "[alt|https://a.example/i.png]"),
        ("- a\n- b\n  1. c\n  2. d\n- e", "* a\n* b\n*# c\n*# d\n* e"),
        ("1. a\n   - b", "# a\n#* b"),
        ("- [ ] open\n- [x] done", "* ☐ open\n* ☑ done"),
        ("> said\n>\n> twice", "{quote}\nsaid\n\ntwice\n{quote}"),
        ("| a | b |\n|---|---|\n| 1 |  |", "||a||b||\n|1| |"),
        ("```python\nx = {}\n```", "{code:python}\nx = {}\n{code}"),
        ("```mermaid\nx\n```", "{noformat}\nx\n{noformat}"),
        ("```\n{code}\n```", f"{{noformat}}\n{{{ZWSP}code}}\n{{noformat}}"),
        ("one\ntwo", "one two"),
        ("one  \ntwo", "one\ntwo"),
        ("---", "----"),
        ("h1. not a heading", "h1&#46; not a heading"),
        ("a <b>tag</b> <!-- unseen -->", "a <b>tag</b>"),
        ("rate-limit - and -- more", r"rate-limit \- and \-\- more"),
        ("C:\\dir", "C:&#92;dir"),
        ("snake_case [~dana] {color}", r"snake\_case \[\~dana\] \{color\}"),
        ("| not a table", r"\| not a table"),
        ("", ""),
    ],
)
def test_markdown_becomes_the_wiki_text_that_reads_the_same(markdown, wiki):
    assert jira_wiki(markdown) == wiki


def test_long_description_is_cut_as_markdown_so_that_no_macro_is_left_open():
    wiki = fit("```\n" + "{}[] code\n" * 5000 + "```", JIRA_DESCRIPTION, jira_wiki)
    assert size(wiki) <= JIRA_DESCRIPTION
    assert wiki.count("{noformat}") == 2
