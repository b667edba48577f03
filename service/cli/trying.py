"""One real issue in one target, opened, edited, commented on and closed: the proof that everything is permitted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from config.model import Config
from connectors.spi import Category, Connector, ConnectorError, Finding, IssueDraft, Place, Tracker

TITLE = "Afteraction tries whether it may open, edit, comment on and close an issue here"
BODY = "This issue was made by `afteraction check --online --create-one`. It is closed again by itself."


def try_target(config: Config, connectors: Mapping[str, Connector], name: str) -> Iterator[str | Finding]:
    """One line for each step that succeeded; at last a Finding for the one that did not, if any did not.

    The issue carries a marker like any of ours, of no action item, and is left closed.
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
    constants = {**target.constants, **(route.constants if route else {})}
    try:
        yield from _steps(
            role.make(target.tracker, configured.settings), Place(target.place, target.issue_type, constants)
        )
    except ConnectorError as error:
        yield Finding(error.code, error.sentence, error.cure)


def _steps(tracker: Tracker, place: Place) -> Iterator[str]:
    token = "try" + secrets.token_hex(8)
    made = tracker.create(place, IssueDraft(TITLE, BODY, token))
    dropped = f", without {', '.join(made.dropped)}" if made.dropped else ""
    yield f"Opened {made.issue.key}{dropped}: {made.issue.url}"
    ref = made.issue.ref
    tracker.rewrite(ref, f"{TITLE} (edited)", f"{BODY}\n\nEdited at {datetime.now(UTC):%H:%M:%S} UTC.", token)
    yield f"Edited {made.issue.key}."
    tracker.comment(ref, f"{token}-comment", "A comment of ours.", None)
    yield f"Commented on {made.issue.key}."
    status = tracker.transition(ref, Category.DECLINED)
    yield f"Closed {made.issue.key}: {status}."
