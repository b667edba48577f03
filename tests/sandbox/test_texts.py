"""Texts pass between ADF, wiki markup and HTML as a reader of each would expect."""

from typing import Any

import pytest

from connectors.sandbox.jira.markup import as_adf, as_wiki, is_adf
from connectors.sandbox.jira.model import Markup
from connectors.sandbox.richtext import markdown, wiki


def text(value: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": value, **({"marks": list(marks)} if marks else {})}


def node(kind: str, *content: dict[str, Any], **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), **({"attrs": attrs} if attrs else {})}


def document(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (node("heading", text("Why"), level=3), "h3. Why"),
        (node("paragraph", text("a"), {"type": "hardBreak"}, text("b")), "a\nb"),
        (node("paragraph", text("x", {"type": "strong"}), text(" y", {"type": "em"})), "*x*_ y_"),
        (node("paragraph", text("c", {"type": "code"})), "{{c}}"),
        (
            node("paragraph", text("t", {"type": "link", "attrs": {"href": "https://x.example"}})),
            "[t|https://x.example]",
        ),
        (node("paragraph", {"type": "inlineCard", "attrs": {"url": "https://x.example"}}), "https://x.example"),
        (node("codeBlock", text("x = 1")), "{code}\nx = 1\n{code}"),
        (node("blockquote", node("paragraph", text("q"))), "{quote}\nq\n{quote}"),
        ({"type": "rule"}, "----"),
        (node("orderedList", node("listItem", node("paragraph", text("one")))), "# one"),
        (
            node(
                "bulletList",
                node("listItem", node("paragraph", text("a")), node("bulletList", node("listItem", text("b")))),
            ),
            "* a\n** b",
        ),
        (
            node("taskList", node("taskItem", text("t"), state="DONE"), node("taskItem", text("u"), state="TODO")),
            "* (/) t\n* ( ) u",
        ),
    ],
)
def test_adf_reads_as_wiki_markup(content: dict[str, Any], expected: str) -> None:
    value = document(content)
    assert is_adf(value)
    assert as_wiki(Markup("adf", value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        "text",
        {"type": "doc", "content": []},
        {"type": "paragraph", "version": 1, "content": []},
        document({"type": "blink"}),
        document(node("paragraph", text(""))),
        document({"type": "paragraph", "content": "x"}),
    ],
)
def test_what_is_no_document_is_none(value: object) -> None:
    assert not is_adf(value)


def test_wiki_text_becomes_paragraphs_for_a_reader_of_adf() -> None:
    found = as_adf(Markup("wiki", "a\nb\n\nc"))
    assert found == document(
        node("paragraph", text("a"), {"type": "hardBreak"}, text("b")), node("paragraph", text("c"))
    )
    assert as_adf(None) is None


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("# Why", "<h3>Why</h3>"),
        ("a\nb", "<p>a<br>b</p>"),
        ("- a\n  - b", '<ul><li class="depth-0">a</li><li class="depth-1">b</li></ul>'),
        ("1. a\n2. b", '<ol><li class="depth-0">a</li><li class="depth-0">b</li></ol>'),
        ("- a\n  more", '<ul><li class="depth-0">a more</li></ul>'),
        ("> quoted\n> more", "<blockquote><p>quoted<br>more</p></blockquote>"),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;</code></pre>"),
        ("---", "<hr>"),
        (
            "| a | b |\n|---|---|\n| c | d |",
            "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
        ),
        (
            "see https://x.example/a.",
            '<p>see <a href="https://x.example/a" rel="noreferrer">https://x.example/a</a>.</p>',
        ),
        (
            "[a **b**](https://x.example)",
            '<p><a href="https://x.example" rel="noreferrer">a <strong>b</strong></a></p>',
        ),
        ("`**x**`", "<p><code>**x**</code></p>"),
        ("~~x~~ *y* snake_case_name", "<p><s>x</s> <em>y</em> snake_case_name</p>"),
        ("<sub>small</sub> <img src=x onerror=y>", "<p><sub>small</sub> &lt;img src=x onerror=y&gt;</p>"),
        (r"\*not\* \[this\]", "<p>*not* [this]</p>"),
        ("a<!-- hidden\nmarker -->b", "<p>ab</p>"),
        ("", ""),
    ],
)
def test_markdown_is_shown_as_github_would(source: str, html: str) -> None:
    assert markdown(source) == html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("h2. Why", "<h4>Why</h4>"),
        ("*bold* and _it_", "<p><strong>bold</strong> and <em>it</em></p>"),
        ("# one\n# two", '<ol><li class="depth-0">one</li><li class="depth-0">two</li></ol>'),
        ("{quote}\nq\n{quote}", "<blockquote><p>q</p></blockquote>"),
        ("{code:python}\n*x*\n{code}", "<pre><code>*x*</code></pre>"),
        ("{color:#97a0af}grey{color}", "<p>grey</p>"),
        ("* (/) t", '<ul><li class="depth-0">✓ t</li></ul>'),
        ("[https://x.example]", '<p><a href="https://x.example" rel="noreferrer">https://x.example</a></p>'),
        ("[x|javascript:alert(1)]", "<p>[x|javascript:alert(1)]</p>"),
    ],
)
def test_wiki_markup_is_shown_as_jira_would(source: str, html: str) -> None:
    assert wiki(source) == html
