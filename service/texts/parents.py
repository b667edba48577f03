"""The issue that a postmortem's action items stand under, and the link from an issue to its postmortem."""

from __future__ import annotations

from service.domain.facts import PostmortemFacts
from service.texts.issues import TITLE_LIMIT, why
from service.texts.words import one_line


def parent_title(postmortem: PostmortemFacts) -> str:
    """Which postmortem, on one line."""
    return one_line(f"Postmortem: {postmortem.title}", TITLE_LIMIT)


def parent_body(postmortem: PostmortemFacts, page_url: str) -> str:
    """What happened, and what stands below. `page_url` is our page, linked where the source gives no address."""
    told = (
        "---\nFiled by Afteraction, once for this postmortem: its actions stand below. This issue is the team's to "
        "word, to move and to close; that changes nothing for the actions, and it is not written again."
    )
    return f"{why(postmortem, page_url)}\n\n{told}"
