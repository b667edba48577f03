"""The issue in a team's backlog, as a careful colleague would have filed it, in Markdown and without the marker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.spi import IssueRef
from service.domain.facts import ItemFacts, PostmortemFacts
from service.texts.words import block, counted, inline, link, long_date, one_line, opening

# Every tracker that we know takes 255 characters; what is cut stands whole in the body.
TITLE_LIMIT = 240


def issue_title(item: ItemFacts) -> str:
    """What to do, as the postmortem wrote it, on one line."""
    return one_line(item.title, TITLE_LIMIT)


def issue_body(
    item: ItemFacts,
    postmortem: PostmortemFacts,
    page_url: str | None,
    owner_name: str | None,
    team_name: str | None,
    item_url: str | None,
) -> str:
    """What, why, how one knows, by when and whose, milestones, where from. An absent part leaves no heading.

    `page_url` is our page of the postmortem, linked where the source gives no address of its own.
    """
    parts = (
        _whole_title(item),
        block(item.description),
        _section("Why", why(postmortem, page_url)),
        _section("How we know that it worked", _proof(item)),
        _section("Promised", _promise(item, owner_name, team_name)),
        _section("Milestones", "\n".join(_milestone(milestone) for milestone in item.milestones)),
        "---\n" + _origin(item_url),
    )
    return "\n\n".join(part for part in parts if part)


def duplicate_comment(original: IssueRef) -> str:
    """Said on the later of two issues for one action item, when it is closed."""
    return (
        f"This issue repeats {link(original.key, original.url)}: both were made for the same action, because the "
        "tracker's first answer did not reach us. Work goes on there."
    )


def moved_comment(kept: IssueRef) -> str:
    """Said on the issue of an action that a person moved to another target, when it is closed."""
    return f"This action was moved and goes on in {link(kept.key, kept.url)}. What was written here stays to be read."


def _section(heading: str, text: str) -> str:
    return f"### {heading}\n\n{text}" if text else ""


def _whole_title(item: ItemFacts) -> str:
    whole = one_line(item.title, 10_000)
    return "" if whole == issue_title(item) else inline(whole, 10_000)


def why(postmortem: PostmortemFacts, page_url: str | None) -> str:
    """What happened, in a few sentences, linked to where it is told."""
    named = link(postmortem.title, postmortem.url or page_url)
    begun = postmortem.timeline.get("started_at")
    asides = [inline(postmortem.severity)] if postmortem.severity else []
    asides += [long_date(begun.date())] if begun else []
    lead = f"{named} ({', '.join(asides)})" if asides else named
    told = [opening(postmortem.summary), opening(postmortem.impact, 1)]
    said = " ".join(inline(text, 400) for text in dict.fromkeys(told) if text)
    return f"{lead}: {said}" if said else f"{lead}."


def _proof(item: ItemFacts) -> str:
    parts = [block(item.success_metric), block(item.validation_plan)]
    if item.verify_after_days is not None:
        parts.append(f"To be checked {counted(item.verify_after_days, 'day')} after it is done.")
    return "\n\n".join(part for part in parts if part)


def _promise(item: ItemFacts, owner_name: str | None, team_name: str | None) -> str:
    facts = (
        ("By", long_date(item.due_on) if item.due_on else None),
        ("Owner", owner_name or (item.owner and (item.owner.name or item.owner.email))),
        ("Team", team_name or item.team),
    )
    return "\n".join(f"- {label}: {inline(value)}" for label, value in facts if value)


def _milestone(milestone: Mapping[str, Any]) -> str:
    box = "[x]" if milestone.get("done") else "[ ]"
    due = milestone.get("due_on")
    day = long_date(due) if isinstance(due, date) else _stated(due)
    return f"- {box} {inline(str(milestone.get('title') or 'Milestone'))}{f' (by {day})' if day else ''}"


def _stated(due: object) -> str:
    """A milestone's date as the ledger keeps it: text, and then not always one that is a date."""
    if not due:
        return ""
    try:
        return long_date(date.fromisoformat(str(due)))
    except ValueError:
        return inline(str(due), 40)


def _origin(item_url: str | None) -> str:
    history = f" {link('Its history', item_url)} shows what became of it." if item_url else ""
    return (
        f"Filed from the postmortem by Afteraction.{history} Status, assignee, dates and edits here are the team's; "
        "if the postmortem changes, one comment will say how."
    )
