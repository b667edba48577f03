"""One real issue in one target, opened, edited, commented on and closed: the proof that everything is permitted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from config.model import Config
from connectors.spi import Category, Connector, ConnectorError, Finding, IssueDraft, IssueRef, Place, Rejected, Tracker
from service.domain.wishes import examples, place_of

TITLE = "Afteraction tries whether it may open, edit, comment on and close an issue here"
BODY = "This issue was made by `afteraction check --online --create-one`. It is closed again by itself."


def try_target(config: Config, connectors: Mapping[str, Connector], name: str) -> Iterator[str | Finding]:
    """One line for each step that succeeded, and a Finding for each that did not. The issue carries a marker like any
    of ours, of no action item, and is left closed; where it cannot be closed, that is told with its address.
    """
    target = config.targets.get(name)
    if target is None:
        known = ", ".join(sorted(config.targets)) or "none"
        yield Finding("target_unknown", f"There is no target {name}.", f"The configured ones are {known}.")
        return
    configured = config.trackers[target.tracker]
    role = connectors[configured.vendor].tracker
    assert role is not None, "loading refuses a vendor that lacks the role"
    route = next((route for route in config.routes if route.target == name), None)
    place = place_of(target, route) if route else Place(target.place, target.issue_type, target.constants)
    try:
        yield from _steps(role.make(target.tracker, configured.settings), place)
    except ConnectorError as error:
        yield Finding(error.code, error.sentence, error.cure)


def _steps(tracker: Tracker, place: Place) -> Iterator[str | Finding]:
    token = "try" + secrets.token_hex(8)
    fields = examples(place, tracker.describe(place), TITLE) if place.per_issue else {}
    made = tracker.create(place, IssueDraft(TITLE, BODY, token, fields=fields))
    dropped = f", without {', '.join(made.dropped)}" if made.dropped else ""
    yield f"Opened {made.issue.key}{dropped}: {made.issue.url}"
    for step in (_edit, _comment, _close):
        try:
            yield step(tracker, made.issue, token)
        except ConnectorError as error:
            left = f" Then close {made.issue.url} by hand." if step is _close else ""
            yield Finding(error.code, error.sentence, error.cure + left)


def _edit(tracker: Tracker, issue: IssueRef, token: str) -> str:
    body = f"{BODY}\n\nEdited at {datetime.now(UTC):%H:%M:%S} UTC."
    tracker.rewrite(issue.ref, f"{TITLE} (edited)", body, token)
    return f"Edited {issue.key}."


def _comment(tracker: Tracker, issue: IssueRef, token: str) -> str:
    tracker.comment(issue.ref, f"{token}-comment", "A comment of ours.", None)
    return f"Commented on {issue.key}."


def _close(tracker: Tracker, issue: IssueRef, token: str) -> str:
    """As not to be done, or where the workflow has no such end, as done."""
    _ = token
    try:
        return f"Closed {issue.key}: {tracker.transition(issue.ref, Category.DECLINED)}."
    except Rejected:
        return f"Closed {issue.key}: {tracker.transition(issue.ref, Category.DONE)}."
