"""What the placeholders of `config.templates` stand for: plain words on one line that reach nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping

from service.domain.facts import ItemFacts, PostmortemFacts
from service.texts.words import one_line

LONGEST = 250
_MENTION = re.compile(r"(?<=@)(?=\w)|(?<=\[)(?=~)")


def said_of_postmortem(postmortem: PostmortemFacts) -> Mapping[str, str]:
    """What a postmortem says, its facts redacted already; a name of which it says nothing is absent."""
    return _plain(
        {
            "incident": postmortem.title,
            "incident_id": postmortem.source_id,
            "severity": postmortem.severity,
            "service": next(iter(postmortem.services), None),
        }
    )


def said_of_item(item: ItemFacts, postmortem: PostmortemFacts, team_name: str | None) -> Mapping[str, str]:
    """The same for an action item of it."""
    own = {
        "title": item.title,
        "team": team_name or item.team,
        "priority": item.priority,
        "kind": item.kind,
        "due_on": item.due_on.isoformat() if item.due_on else None,
    }
    return {**said_of_postmortem(postmortem), **_plain(own)}


def _plain(said: Mapping[str, str | None]) -> dict[str, str]:
    lines = {name: one_line(text, LONGEST) for name, text in said.items() if text}
    # A field may be shown as markup, in which a name is a mention.
    return {name: _MENTION.sub("\u200b", line) for name, line in lines.items() if line}
