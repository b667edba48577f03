"""Confluence's storage format as plain HTML, which the reader of documents takes.

https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from bs4.exceptions import ParserRejectedMarkup

# A task's or a table's tick, which authors use for done.
EMOTICONS = {"tick": "✅", "cross": "❌"}
# Macros whose text is a page's own furniture.
_SILENT = frozenset({"toc", "toc-zone", "children", "pagetree", "contentbylabel", "recently-updated", "anchor"})
_CODE = frozenset({"code", "noformat"})
_DROPPED = ("ac:parameter", "ac:placeholder", "ac:image", "ac:task-id", "ac:task-uuid", "ri:attachment")
Names = Mapping[str, str]


def mentioned(storage: str) -> list[str]:
    """The users whom a page names, by account id (Cloud) or user key (Data Center), each once."""
    found = (_user(tag) for tag in _parsed(storage).find_all("ri:user"))
    return [each for each in dict.fromkeys(found) if each]


def html(storage: str, names: Names) -> str:
    """One block of HTML, without blank lines. `names`: of users by what `mentioned` gives."""
    soup = _parsed(storage)
    for tag in soup.find_all("ac:structured-macro"):
        _macro(tag)
    for tag in soup.find_all("ac:task"):
        _task(soup, tag, names)
    for tag in soup.find_all("ac:task-list"):
        tag.name = "ul"
    for tag in soup.find_all("ri:user"):
        tag.replace_with(NavigableString(f"@{names[_user(tag)]}" if _user(tag) in names else ""))
    for tag in soup.find_all("ri:page"):
        tag.replace_with(NavigableString("" if _has_body(tag) else str(tag.get("ri:content-title") or "")))
    for tag in soup.find_all("ac:emoticon"):
        fallback = tag.get("ac:emoji-fallback")
        tag.replace_with(NavigableString(EMOTICONS.get(str(tag.get("ac:name")), str(fallback or ""))))
    for tag in soup.find_all("time"):
        tag.replace_with(NavigableString(str(tag.get("datetime") or tag.get_text())))
    for name in _DROPPED:
        for tag in soup.find_all(name):
            tag.decompose()
    for tag in soup.find_all(re.compile(r"^(ac|ri):")):
        tag.unwrap()
    return "<div>" + re.sub(r"\s*\n\s*", "\n", soup.decode(formatter="minimal")) + "</div>"


def _parsed(storage: str) -> BeautifulSoup:
    try:
        return BeautifulSoup(storage, "html.parser")
    except ParserRejectedMarkup:
        # A broken declaration is what the parser gives up at: such a page loses its code blocks, not its promises.
        return BeautifulSoup(storage.replace("<!", "&lt;!"), "html.parser")


def _user(tag: Tag) -> str:
    return str(tag.get("ri:account-id") or tag.get("ri:userkey") or tag.get("ri:username") or "")


def _has_body(tag: Tag) -> bool:
    """Whether a link has words of its own beside the page's title."""
    link = tag.find_parent("ac:link")
    return link is not None and bool(link.get_text(strip=True))


def _macro(tag: Tag) -> None:
    name = str(tag.get("ac:name") or "")
    said = {"status": "title", "jira": "key"}.get(name)
    if name in _SILENT or tag.decomposed:
        tag.decompose()
    elif said:
        tag.replace_with(NavigableString(_parameter(tag, said)))
    elif name in _CODE:
        body = tag.find("ac:plain-text-body")
        fresh = BeautifulSoup(f"<pre>{escape(body.get_text()) if body else ''}</pre>", "html.parser")
        tag.replace_with(fresh)
    # Panels, page properties, expanders: their text stands in the page, and so their tags are only taken off.


def _parameter(tag: Tag, name: str) -> str:
    found = tag.find("ac:parameter", attrs={"ac:name": name}, recursive=False)
    return found.get_text(strip=True) if found else ""


def _task(soup: BeautifulSoup, tag: Tag, names: Names) -> None:
    """The first person whom a task mentions has it, and its date is when it is due: that is what Confluence makes of
    them in its own list of tasks.
    """
    status = tag.find("ac:task-status", recursive=False)
    done = status is not None and status.get_text(strip=True) == "complete"
    if status is not None:
        status.decompose()
    tag.name = "li"
    body = tag.find("ac:task-body", recursive=False)
    inner = body if isinstance(body, Tag) else tag
    user, due = inner.find("ri:user"), inner.find("time")
    facts = [f"Owner: {names[_user(user)]}"] if isinstance(user, Tag) and _user(user) in names else []
    facts += [f"due: {due.get('datetime')}"] if isinstance(due, Tag) and due.get("datetime") else []
    for said in (user, due):
        if isinstance(said, Tag):
            said.decompose()
    inner.insert(0, soup.new_string("[x] " if done else "[ ] "))
    inner.append(soup.new_string(f" ({', '.join(facts)})" if facts else ""))
