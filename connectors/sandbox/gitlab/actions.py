"""Quick actions: what a line such as `/close` does when a text is saved, and is gone from it then.

https://docs.gitlab.com/user/project/quick_actions/
"""

from __future__ import annotations

import re
from typing import Any

WORDS = ("close", "reopen", "title", "label", "unlabel", "due", "confidential", "duplicate", "assign", "unassign")
# A code block is passed over, but only one that is fenced as GitLab's own expression has it.
_FOUND = re.compile(
    rf"(?P<code>^```.+?\n```$)|^/(?P<word>{'|'.join(WORDS)})(?:[ ](?P<rest>[^\n]*))?(?:\s*\n|$)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)


def extract(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text without its actions, and the actions."""
    found: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        if match["word"] is None:
            return match.group()
        found.append((match["word"].lower(), (match["rest"] or "").strip()))
        return ""

    return _FOUND.sub(take, text.replace("\r", "")).rstrip(), found


def changes(actions: list[tuple[str, str]], labels: tuple[str, ...]) -> dict[str, Any]:
    """What the actions set on an issue that has these labels; `duplicate` names another issue as it stands there."""
    values: dict[str, Any] = {}
    for word, rest in actions:
        if word in ("close", "reopen"):
            values["state"] = "closed" if word == "close" else "opened"
        elif word in ("label", "unlabel"):
            named = tuple(each.strip('"') for each in re.findall(r'~("[^"]+"|[^\s~]+)', rest))
            now = values.get("labels", labels)
            kept = tuple(each for each in now if each not in named)
            values["labels"] = (*kept, *named) if word == "label" else kept
        elif word == "title" and rest:
            values["title"] = rest
        elif word == "due" and re.fullmatch(r"\d{4}-\d\d-\d\d", rest):
            values["due"] = rest
        elif word == "confidential":
            values["confidential"] = True
        elif word == "duplicate":
            values["duplicate"] = rest
        elif word == "unassign":
            values["assignees"] = ()
    return values
