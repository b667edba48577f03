"""What a postmortem's text may do on GitLab: be read, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from connectors.gitlab.markdown import gitlab_markdown, gitlab_title
from connectors.sandbox.gitlab.actions import extract

SITE = "https://gitlab.acme.example"
# What GitLab looks for in the text of a page, outside code: somebody, or something that gets a back-reference.
FIRES = re.compile(r"(?<![A-Za-z0-9_])@[A-Za-z0-9_]|[#!$]\d|&\d|(?i:\bgl-\d)|\[(?:issue|work_item|epic|vulnerability):")
ADDRESS = re.compile(rf"{re.escape(SITE)}/[\w./-]*?(?<!/\.)/(?:issues|merge_requests|work_items|epics)/\d")


def shown(markdown: str) -> str:
    """What a reader sees outside code, entities and escapes resolved."""
    parts = []
    for token in MarkdownIt("commonmark").parse(markdown):
        for child in token.children or ():
            if child.type in ("text", "html_inline"):
                parts.append(child.content)
            if child.type == "softbreak":
                parts.append("\n")
    return "".join(parts)


@pytest.mark.parametrize(
    "text",
    [
        "/close",
        "Text\n/close\nmore",
        "/label ~bug\n\n/assign @dana",
        "~~~\n/close\n~~~",
        "````\n/close\n````",
        "```\nunclosed\n/close",
        "`\n/close\n`",
        "<details>\n/close\n</details>",
        ">>>\n/close\n>>>\n/close",
        "&sol;close",
        "&#47;close",
        "\r/close\r\n/close",
        "/CLOSE",
        "\n\n/close",
    ],
)
def test_no_line_of_a_postmortem_runs_as_a_quick_action(text):
    assert extract(text.replace("&sol;", "/").replace("&#47;", "/"))[1] or "```" in text or "`" in text or "<" in text
    kept, ran = extract(gitlab_markdown(text, SITE))
    assert ran == []
    assert kept == gitlab_markdown(text, SITE).rstrip()


@given(
    st.lists(st.sampled_from(["/close", "```", "~~~", "`", "> ", "- ", " ", "\n", "\r", "a", "/", "<p>", "\t", "\\"]))
)
def test_no_text_whatever_runs_a_quick_action(parts):
    assert extract(gitlab_markdown("".join(parts), SITE))[1] == []


def test_a_slash_reads_as_before_and_code_keeps_its_characters():
    assert shown(gitlab_markdown("/usr/bin is full", SITE)) == "/usr/bin is full"
    (fence,) = [
        token for token in MarkdownIt().parse(gitlab_markdown("```sh\n/usr/bin/env\n  ls\n```", SITE)) if token.content
    ]
    assert fence.content == "/usr/bin/env\n  ls\n"


@pytest.mark.parametrize(
    "text",
    [
        "@all @acme/oncall @dana",
        "&#64;all &commat;dana &#x40;dana @&#97;ll",
        "#1 acme/payments#12 !34 &5 $6 gl-7 GL-7",
        "&#35;1 &num;1 &excl;2 &amp;3 &#38;3 &dollar;4",
        "&#12 #&#49;",
        "[issue:1] [work_item:acme/payments/2] [vulnerability:3]",
        "[text](#1) [who](@dana) [x](!2)",
        "_@dana_ **@dana** (@dana) é@dana",
        "> #1\n> - @dana\n\n| @dana | #1 |\n|---|---|",
    ],
)
def test_nobody_is_pinged_and_nothing_is_referred_to(text):
    def fires(markdown):
        links = re.findall(r"\]\(([^)]*)\)", markdown)
        return FIRES.search(shown(markdown)) or any(FIRES.match(link) for link in links)

    assert fires(text), "the text as it came would have fired"
    assert not fires(gitlab_markdown(text, SITE))


@given(st.text(alphabet="@#!&$1a;[]:issue glGL-*_`~\\ <>/\n"))
def test_no_text_whatever_pings_anybody(text):
    found = shown(gitlab_markdown(text, SITE))
    assert not re.search(r"(?<![A-Za-z0-9_])@[A-Za-z0-9]", found)
    assert not re.search(r"[#!]\d", found)


@pytest.mark.parametrize(
    "path",
    [
        "acme/payments/-/issues/12",
        "acme/payments/issues/12",
        "acme/infra/network/-/merge_requests/3#note_4",
        "acme/payments/-/work%5fitems/9",
        "acme/payments%2F-%2Fissues%2F12",
        "groups/acme/-/epics/2",
    ],
)
def test_an_address_of_this_gitlab_leads_there_and_refers_to_nothing(path):
    for text in (f"See {SITE}/{path} now", f"[it]({SITE}/{path})", f"<{SITE}/{path}>"):
        assert not ADDRESS.search(gitlab_markdown(text, SITE))
    assert "/./" in gitlab_markdown(f"{SITE}/{path}", SITE)


def test_what_is_indented_in_a_footnote_pings_nobody():
    found = gitlab_markdown("a[^1]\n\n[^1]: b\n\n    @dana #12\n    /close", SITE)
    assert found == "a[^1]\n\n[^1]: b\n\n    @\u200bdana #\u200b12\n    /close"


def test_an_address_elsewhere_stays_as_it_is():
    text = "https://github.com/acme/payments/issues/12 and https://x.example/a%2Fissues%2F1"
    assert gitlab_markdown(text, SITE) == text


@pytest.mark.parametrize(
    "text", ["https://x.example：詳細", "https://x.example／a", "https://a℀b.example", "http://x.example:no/"]
)
def test_an_address_that_runs_into_the_words_of_another_script_is_text_like_any(text):
    assert gitlab_markdown(text, SITE) == text


def test_tags_and_our_marker_come_out_as_words():
    found = gitlab_markdown("<script>x</script> <!-- pm:abc --> <a href='/x'>", SITE)
    assert not re.search(r"<[A-Za-z/!]", found)


def test_a_title_is_one_line_of_at_most_255_and_pings_nobody():
    assert gitlab_title("Do #1\nfor @all", SITE) == "Do #\u200b1 for @\u200ball"
    assert len(gitlab_title("x" * 400, SITE)) == 255


@given(st.text(alphabet="@#!&$%~1a;[]: \n*_`-/\\<"))
def test_what_was_made_neutral_once_stays_as_it_is(text):
    once = gitlab_markdown(text, SITE)
    assert shown(gitlab_markdown(once, SITE)).replace("\\", "") == shown(once).replace("\\", "")
