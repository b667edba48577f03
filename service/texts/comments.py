"""The one comment of ours on an issue: what the postmortem changed after the issue was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from service.domain.facts import Change, PostmortemFacts
from service.texts.words import block, inline, link, long_date

LABELS = {
    "title": "What to do",
    "description": "Description",
    "kind": "Kind",
    "priority": "Priority",
    "owner": "Owner",
    "team": "Team",
    "due_on": "Due date",
    "success_metric": "How we know that it worked",
    "validation_plan": "How it is checked",
    "verify_after_days": "Days until it is checked",
    "resources": "Resources",
    "milestones": "Milestones",
    "labels": "Labels",
    "factors": "Contributing factors",
}
SHORT = 120


def changes_comment(
    changes: Sequence[Change], postmortem: PostmortemFacts, *, withdrawn: bool = False, returned: bool = False
) -> str:
    """Old and new of every change, in the order given; then what it means for this issue.

    `withdrawn`: the postmortem has this action no longer. `returned`: it had not, and has it again.
    """
    named = link(postmortem.title, postmortem.url)
    parts: list[str] = []
    if withdrawn:
        parts.append(
            f"The postmortem {named} no longer contains this action. Nothing was closed here: close this issue if the "
            "work is not needed any more, or keep it."
        )
    if returned:
        parts.append(f"The postmortem {named} contains this action again: what it promised is promised as before.")
    if changes:
        parts.append(f"The postmortem {named} changed this action since the issue was made:")
        parts.append("\n".join(_change(change) for change in changes))
        parts.append("This issue's own dates, assignee and status stay as the team has set them.")
    return "\n\n".join(parts)


def _change(change: Change) -> str:
    label = LABELS.get(change.field, inline(change.field.replace("_", " ").capitalize()))
    old, new = (_shown(text) for text in (change.old, change.new))
    lead = f"- **{label}** ({long_date(change.at.date())})"
    if "\n" not in old + new and len(old) + len(new) <= SHORT:
        return f"{lead}: {inline(old) or 'nothing'} → {inline(new) or 'nothing'}"
    return f"{lead}\n  Before:\n{_quoted(old)}\n\n  Now:\n{_quoted(new)}"


def _shown(text: str) -> str:
    try:
        return long_date(date.fromisoformat(text))
    except ValueError:
        return text.strip()


def _quoted(text: str) -> str:
    return "\n".join(f"  > {line}".rstrip() for line in block(text or "nothing").split("\n"))
