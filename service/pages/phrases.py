"""What happened, as sentences: the journal's events and the outbox's kinds in the words of a reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.ledger.queries import Entry, MessageEntry
from service.pages.words import Words

EVENTS: Mapping[str, str] = {
    "item.stated": "The postmortem stated this action.",
    "item.changed": "The postmortem changed this action: {fields}.",
    "item.returned": "The postmortem lists this action again.",
    "item.withdrawn": "The postmortem no longer lists this action.",
    "item.done": "The postmortem says that it is done.",
    "item.corrected": "A person corrected this action: {changes}.",
    "item.uncorrected": "The document changed what a person had corrected: {fields}.",
    "item.merged": "Another entry was said to be this action: {reworded as}.",
    "item.held": "Held for a person: {why}",
    "issue.made": "Issue {key} was made.",
    "issue.adopted": "Issue {key} was adopted; no new one was made.",
    "issue.told": "The issue was told what changed.",
    "issue.withheld": "What changed was not written to the issue: {why}",
    "issue.dropped": "The tracker left out parts of the issue: {left out}.",
    "issue.put_under": "Issue {key} was put under {parent}.",
    "issue.parent_made": "Issue {key} was made, for the issues of its actions to stand under.",
    "issue.linked": "Issue {key} was linked to the postmortem.",
    "issue.second": "A second issue {key} came to light; it is being closed as a duplicate.",
    "issue.left": "The action goes on in {kept}; issue {closed} is being closed.",
    "issue.duplicate_closed": "The second issue was closed as a duplicate.",
    "issue.read": "The tracker says: {changes}.",
    "issue.reopened": "Issue {key} was opened again.",
    "issue.gone": "Issue {key} is gone from the tracker.",
    "issue.survivor": "Issue {closed} was closed as a duplicate; the action goes on in {kept}.",
    "issue.relinked": "The tracker moved to another site; the issue is {to} there.",
    "issue.moved": "The tracker moved the issue from {from} to {to}.",
    "message.failed": "{message} failed: {why}",
    "step.fired": "Step {step} is due: {person} is told ({condition}).",
    "target.would_create": "The target only observes: an issue would have been made in {target}.",
    "stall.began": "Stalled: {condition}.",
    "stall.ended": "No longer stalled: {condition}.",
    "stall.resumed": "Stalled again within two working days: {condition}.",
    "notice.sent": "A notice was sent.",
    "postmortem.absorbed": "A revision was taken over as {status}.",
    "postmortem.same": "A revision arrived that says the same.",
    "postmortem.stale": "An older revision arrived and changed nothing.",
    "decision.snooze": "Snoozed: {reason}",
    "decision.release": "Released: {reason}",
    "decision.settle": "Settled: {reason}",
    "decision.correct": "Corrected: {reason}",
    "decision.merge": "Merged: {reason}",
    "decision.dismiss": "Dismissed: {reason}",
    "decision.reroute": "Moved {reason}",
    "decision.relink": "Relinked: {reason}",
    "decision.retry": "Tried again: {reason}",
    "decision.discard": "Discarded: {reason}",
    "decision.pause": "Paused: {reason}",
    "decision.resume": "Resumed: {reason}",
}

KINDS: Mapping[str, str] = {
    "open_issue": "Make the issue",
    "update_issue": "Tell the issue what changed",
    "adopt_issue": "Adopt the issue",
    "reopen_issue": "Open the issue again",
    "close_duplicate": "Close the second issue as a duplicate",
    "open_parent": "Make the issue that others stand under",
    "put_under": "Put the issue under its parent",
    "link_issue": "Link the issue to its postmortem",
    "send_notice": "Send a notice",
    "tell_operator": "Tell an operator",
    "delivery": "Read a delivery",
}

STATES: Mapping[str, str] = {"due": "waiting", "done": "done", "dead": "dead letter", "discarded": "discarded"}


class _Said(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def sentence(entry: Entry, words: Words) -> str:
    """One sentence for an entry; an event that is not in the table is read out as its own words."""
    data = entry.data or {}
    said = _Said({key: _short(value) for key, value in data.items()})
    names = data["fields"] if isinstance(data.get("fields"), list) else data
    said["fields"] = ", ".join(str(key).replace("_", " ") for key in names) or "nothing that is shown"
    said["changes"] = ", ".join(_change(key, value) for key, value in data.items()) or "nothing new"
    said["message"] = kind(said["kind"]) if "kind" in data else "It"
    if "person" in data:
        said["person"] = str(words.person(said["person"]))
    if "condition" in said:
        said["condition"] = said["condition"].replace("_", " ")
    template = EVENTS.get(entry.event)
    if template is None:
        return entry.event.replace(".", ": ").replace("_", " ").capitalize() + "."
    return template.format_map(said)


def _change(name: str, value: Any) -> str:
    """`status is now Done`, or `due is no longer set`."""
    new = value[1] if isinstance(value, list) and len(value) == 2 else value
    return f"{name} is no longer set" if new in (None, "") else f"{name} is now {_short(new)}"


def evidence(entry: Entry) -> list[tuple[str, str]]:
    """What the entry recorded, name by name; a pair of old and new reads as a change."""
    found = [(key.replace("_", " "), _long(value)) for key, value in (entry.data or {}).items()]
    found.append(("event", entry.event))
    if entry.position is not None:
        found.append(("position in the journal", str(entry.position)))
    if entry.digest:
        found.append(("digest", entry.digest))
    return found


def kind(message_kind: str) -> str:
    return KINDS.get(message_kind, message_kind.replace("_", " ").capitalize())


def message_state(message: MessageEntry) -> str:
    if message.state == "due" and message.attempts:
        return "retrying"
    return STATES.get(message.state, message.state)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return "" if value is None else str(value)


def _long(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        old, new = (str(part) if part not in (None, "") else "nothing" for part in value)
        return f"from “{old}” to “{new}”"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_short(part)}" for key, part in value.items())
    return _short(value) or "nothing"
