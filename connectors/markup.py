"""Markdown to what each tracker shows, with nothing in it that fires: no mention, macro, back-reference or tag."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cache

from markdown_it import MarkdownIt

ZWSP = "\u200b"
JIRA_SUMMARY = 255
JIRA_DESCRIPTION = 32_767
GITHUB_TITLE = 256
GITHUB_BODY = 65_536
POINTER = "The rest does not fit here; the postmortem has the whole text."

# Control characters but tab and line feed; surrogates; and the marks that turn the direction of text, by which a
# line can be made to read as something that it is not (CVE-2021-42574).
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_URL = re.compile(r"https?://[^\s<>\"'`()\[\]|]+", re.IGNORECASE)
_BACK_REFERENCE = re.compile(
    r"(?i)(https?://)(?:www\.)?github\.com(?=/[^/\s]+/[^/\s]+/(?:issues|pull|discussions|commit)/)"
)
_HOST = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_NAMED = re.compile(r"(?i)(https?://(?:[^/\s]+/){2}[^/\s]+)/(?=(?:issues|pull|discussions|commit)/)")
GITHUB_SITE = "https://github.com"
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PASSES = 4


def clean(text: str) -> str:
    """Line ends as line feeds, and nothing that cannot be seen."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int) -> str:
    """A title: one line, at most `limit` UTF-16 units, cut at a word with an ellipsis."""
    line = " ".join(clean(text).split())
    return line if size(line) <= limit else _cut(line, limit - 1).rstrip() + "…"


def size(text: str) -> int:
    """UTF-16 units: how Java counts characters, and never fewer than code points."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(text: str, limit: int, render: Callable[[str], str], pointer: str = POINTER) -> str:
    """`render(text)`, of as much of the Markdown as stays within `limit`, with a sentence that says so where it is cut.

    Rendering is what makes a text longer, and a rendered text cannot be cut without cutting a macro in two.
    """
    rendered = render(text)
    keep = size(text)
    while size(rendered) > limit:
        keep = min(keep - 1, int(keep * limit / size(rendered) * 0.95))
        rendered = render(f"{closed(_cut(text, keep).rstrip() + '…')}\n\n{pointer}" if keep > 0 else pointer)
        if keep <= 0:
            return _cut(rendered, limit)
    return rendered


def _cut(text: str, limit: int) -> str:
    """The beginning of a text within `limit` UTF-16 units, ended at a paragraph, else a line, else a word."""
    if limit <= 0:
        return ""
    head = text.encode("utf-16-le", "surrogatepass")[: limit * 2].decode("utf-16-le", "ignore")
    if len(head) == len(text):
        return head
    for boundary in ("\n\n", "\n", " "):
        at = head.rfind(boundary)
        if at > len(head) * 0.8:
            return head[:at]
    return head


@cache
def parser() -> MarkdownIt:
    """CommonMark with the tables and strike-through that both trackers know. HTML is parsed so that it can be seen."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def github_markdown(text: str, site: str = GITHUB_SITE) -> str:
    """Markdown that reads as before on GitHub and reaches nobody: see `_tame` for what is taken out of it. `site` is
    GitHub's own address.

    Fenced code keeps its characters (GitHub links nothing in it), but for the beginning of an HTML comment, which
    is how our marker looks. An unclosed code block is closed, or it would swallow what is added below.
    """
    return tamed(text, lambda line: _tame(line, site))


def tamed(text: str, tame: Callable[[str], str], tame_code: Callable[[str], str] | None = None) -> str:
    """Markdown with each line outside fenced code put through `tame`, and each line of that through `tame_code`.

    What is indented is not taken for code: in a footnote, which CommonMark does not know, it is prose.
    """
    tame_code = tame_code or no_comment
    text = clean(text)
    for _ in range(_PASSES):
        code = _code_lines(text)
        lines = (tame_code(line) if at in code else tame(line) for at, line in enumerate(text.split("\n")))
        found = "\n".join(lines)
        if found == text:
            break
        text = found  # what is code may be so no longer: a tag that is a tag no more ends nothing
    else:
        text = "\n".join(map(tame, text.split("\n")))
    return closed(text).strip("\n")


def _code_lines(text: str) -> set[int]:
    return {
        number for token in parser().parse(text) if token.type == "fence" and token.map for number in range(*token.map)
    }


def closed(text: str) -> str:
    """The text with its last code block ended. One inside a list or a quotation ends with that by itself."""
    below = next((token for token in reversed(parser().parse(f"{text}\n\nbelow")) if token.level == 0), None)
    return f"{text}\n{below.markup}" if below is not None and below.type == "fence" else text


def _tame(line: str, site: str) -> str:
    """One line outside code. Addresses are treated apart, because a zero-width space would break them."""
    line = _ENTITY.sub(_plain_entity, line)
    parts, at = [], 0
    for match in _URL.finditer(line):
        parts += [_tame_words(line[at : match.start()]), _tame_url(match.group(), site)]
        at = match.end()
    return "".join([*parts, _tame_words(line[at:])])


def _plain_entity(match: re.Match[str]) -> str:
    """`&#64;` is an @ to GitHub after our filter has looked (zwave-js-ui#4743): such letters are written out first."""
    character = html.unescape(match.group())
    plain = len(character) == 1 and character.isascii() and (character.isalnum() or character in "@#-/_.")
    return character if plain else match.group()


def _tame_words(text: str) -> str:
    # A zero-width space is what Renovate and Dependabot use (dependabot-core#3157); a backslash does not work
    # (github/cmark-gfm#389). `_` before @ is allowed to be emphasis, so it does not count as part of a word.
    text = re.sub(r"(?<![A-Za-z0-9])@(?![\s\u200b])", f"@{ZWSP}", text)
    text = re.sub(r"(?<!&)#(?=\d)", f"#{ZWSP}", text)
    text = re.sub(r"(?i)\b(gh)-(?=\d)", rf"\1-{ZWSP}", text)
    return re.sub(r"<(?=[A-Za-z/!?])", f"<{ZWSP}", text)


def _tame_url(url: str, site: str) -> str:
    """An issue's address makes a back-reference there; redirect.github.com leads to it and makes none (Renovate). On
    another GitHub a part more does, which a browser drops.
    """
    url = _BACK_REFERENCE.sub(r"\1redirect.github.com", url.replace("@", "%40"))
    return _NAMED.sub(r"\1/./", url) if host_of(url) == host_of(site) else url


def host_of(url: str) -> str:
    """The host of a web address, and its port if it names one, in lower case. The standard library's way refuses hosts
    that stand in people's texts, such as one that a full-width colon follows.
    """
    found = _HOST.match(url)
    return found[1].lower() if found else ""


def no_comment(line: str) -> str:
    return line.replace("<!--", f"<{ZWSP}!--")
