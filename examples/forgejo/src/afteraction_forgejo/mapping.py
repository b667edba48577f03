"""Forgejo's words in ours, and our text in its Markdown. The fields of an issue: https://codeberg.org/api/swagger"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from connectors.markup import ZWSP, fit, github_markdown, one_line, size, tamed
from connectors.spi import Account, Category, IssueRef, Reading, text_digest

TITLE = 255
# Forgejo documents no limit of its own; this is what MySQL's older tables keep.
BODY = 65_535
CATEGORIES = {"open": Category.TODO, "closed": Category.DONE}

_MARKER = re.compile(r"<!-- pm:([^\s>]+) -->")
_REF = re.compile(r"([\w.-]+/[\w.-]+)#(\d+)")
_PAGE = re.compile(r"/([\w.-]+/[\w.-]+)/issues/(\d+)/?(?:[?#]|$)")


@dataclass(frozen=True, slots=True)
class Ref:
    """`owner/repo#number`: numbers are never given twice in a repository."""

    place: str
    number: int

    def __str__(self) -> str:
        return f"{self.place}#{self.number}"

    @property
    def path(self) -> str:
        return f"{repo_path(self.place)}/issues/{self.number}"


def parse_ref(text: str) -> Ref | None:
    match = _REF.fullmatch(text)
    return Ref(match[1], int(match[2])) if match else None


def ref_in(site: str, url: str) -> Ref | None:
    """The issue that an address of this site names."""
    found = _PAGE.match(url[len(site) :]) if url.lower().startswith(site.lower()) else None
    return Ref(found[1], int(found[2])) if found else None


def repo_path(place: str) -> str:
    return f"/repos/{quote(place)}"


def issue_ref(site: str, ref: Ref) -> IssueRef:
    return IssueRef(str(ref), str(ref), f"{site}/{ref.place}/issues/{ref.number}", ref.place)


def reading_of(site: str, place: str, issue: Mapping[str, Any], us: str) -> Reading:
    """Raises KeyError, TypeError or ValueError where the answer is not an issue."""
    assignee = issue.get("assignee")
    due = issue.get("due_date")
    return Reading(
        issue=issue_ref(site, Ref(place, int(issue["number"]))),
        title=issue["title"],
        status=issue["state"],
        category=CATEGORIES[issue["state"]],
        updated_at=instant(issue["updated_at"]),
        markers=tuple(dict.fromkeys(_MARKER.findall(issue["body"]))),
        text_digest=digest(issue),
        assignee=Account(assignee["login"], assignee.get("full_name") or "") if assignee else None,
        due_on=date.fromisoformat(due[:10]) if due else None,
        labels=tuple(each["name"] for each in issue.get("labels") or ()),
        comments=issue["comments"],
        ours=issue["user"]["login"] == us,
        created_at=instant(issue["created_at"]),
    )


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def digest(text: Mapping[str, Any]) -> str:
    """Of the `title` and the `body` of an issue, without its marker."""
    return text_digest(text["title"], re.sub(r"\s*<!-- pm:[^\s>]+ -->", "", text["body"]))


def token(marker: str) -> str:
    """An HTML comment: Forgejo keeps it in the text and shows nothing of it."""
    return f"<!-- pm:{marker} -->"


def body_of(text: str, marker: str, site: str) -> str:
    tail = f"\n\n{token(marker)}"
    return fit(text, BODY - size(tail), lambda part: neutral(part, site)) + tail


def title_of(text: str, site: str) -> str:
    return one_line(neutral(text, site), TITLE)


def neutral(text: str, site: str) -> str:
    """Markdown that reads as before and reaches nobody. Beside what GitHub acts on, `!1` names a pull request, and an
    address of the site's own makes a back-reference, unless it has one part more; a browser drops that part.
    """
    address = re.compile(rf"({re.escape(site.partition('//')[2])}/[^/\s]+/[^/\s]+)/(issues|pulls)/", re.IGNORECASE)
    return tamed(github_markdown(text), lambda line: re.sub(r"!(?=\d)", f"!{ZWSP}", address.sub(r"\1/./\2/", line)))
