"""Markdown that reads as before on GitLab and reaches nobody: no quick action, mention, back-reference or tag.

What GitLab acts on: https://docs.gitlab.com/user/project/quick_actions/ and
https://docs.gitlab.com/user/markdown/#gitlab-specific-references
"""

from __future__ import annotations

import html
import re

from connectors.markup import ZWSP, clean, closed, host_of, no_comment, one_line, parser

TITLE = 255
BODY = 1_048_576

_PASSES = 4
_URL = re.compile(r"https?://[^\s<>\"'`()\[\]|]+", re.IGNORECASE)
_ENTITY = re.compile(rf"&(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});(?!{ZWSP})")
_SIGILS = '!&~%$[^*:"'
# Where an issue or the like is named in an address. A browser drops the `./` that we put before it; GitLab, which
# looks for the address as it is written, finds no reference in it.
_NAMED = re.compile(
    r"(?<!/\.)/(?=(?:issues|work_items|merge_requests|epics|snippets|commit|compare|milestones|iterations"
    r"|alert_management|security/vulnerabilities|designs)(?:/|$))"
)
_ACTION = re.compile(r"^([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:\[[ xX]\][ \t]+)?)/(?=\w)")


def gitlab_title(text: str, site: str) -> str:
    return one_line(_tame(clean(text), site), TITLE)


def gitlab_markdown(text: str, site: str) -> str:
    """The text made neutral; `site` is GitLab's own address. Fenced code keeps its characters."""
    text = clean(text)
    for _ in range(_PASSES):
        tamed = _pass(text, site)
        if tamed == text:
            break
        text = tamed  # what is code may be so no longer: a tag that is a tag no more ends nothing
    else:
        text = "\n".join(_prose(line, site) for line in text.split("\n"))
    return closed(text).strip("\n")


def _pass(text: str, site: str) -> str:
    lines = text.split("\n")
    code: set[int] = set()
    indented: set[int] = set()
    for token in parser().parse(text):
        if token.type == "code_block" and token.map:
            # In a footnote, which CommonMark does not know, what is indented is prose; but no action begins there.
            indented.update(range(*token.map))
        if token.type == "fence" and token.map:
            block = range(token.map[0], min(token.map[1], len(lines)))
            code.update(block)
            if any(lines[at].startswith("/") for at in block):
                # A fence that stands a blank to the right shows the same, and none of its lines begins with a slash:
                # GitLab does not know every fence when it looks for actions.
                for at in block:
                    lines[at] = f" {lines[at]}"
    return "\n".join(
        no_comment(line) if at in code else _tame(line, site) if at in indented else _prose(line, site)
        for at, line in enumerate(lines)
    )


def _prose(line: str, site: str) -> str:
    return _ACTION.sub(r"\1\\/", _tame(line, site))


def _tame(line: str, site: str) -> str:
    line = _ENTITY.sub(_plain_entity, line)
    parts, at = [], 0
    for match in _URL.finditer(line):
        parts += [_tame_words(line[at : match.start()]), _tame_url(match.group(), site)]
        at = match.end()
    return "".join([*parts, _tame_words(line[at:])])


def _plain_entity(match: re.Match[str]) -> str:
    """An entity is what it stands for by the time that GitLab looks for references."""
    character = html.unescape(match.group())
    if len(character) == 1 and character.isascii() and (character.isalnum() or character in "@#-/_."):
        return character
    return match.group() + (ZWSP if character in _SIGILS else "")


def _tame_words(text: str) -> str:
    text = re.sub(r"(?<![A-Za-z0-9])@(?![\s\u200b])", f"@{ZWSP}", text)
    text = re.sub(r"&#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});|#(?=\d)", _hash, text)
    text = re.sub(r"[!&$](?=\d)", rf"\g<0>{ZWSP}", text)
    text = re.sub(r"(?<!~)~(?=[\w\"?.&\\-])", f"~{ZWSP}", text)
    text = re.sub(r"%(?=[\w\"])", f"%{ZWSP}", text)
    text = re.sub(r"\[(?=[a-z_]+:)", f"[{ZWSP}", text)
    text = re.sub(r"(?i)\b(gl)-(?=\d)", rf"\1-{ZWSP}", text)
    text = re.sub(r"::(?=include\b)", f"::{ZWSP}", text)
    return re.sub(r"<(?=[A-Za-z/!?])", f"<{ZWSP}", text)


def _hash(match: re.Match[str]) -> str:
    return match.group() if len(match.group()) > 1 else f"#{ZWSP}"


def _tame_url(url: str, site: str) -> str:
    """An address on this GitLab: escapes are taken out of it first, as GitLab does before it looks."""
    if host_of(url) != host_of(site):
        return url
    plain = re.sub(r"%(2[dDfF]|5[fF]|[3-7][0-9a-fA-F])", _plain_escape, url)
    return _NAMED.sub("/./", plain)


def _plain_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character.isalnum() or character in "/-_" else match.group()
