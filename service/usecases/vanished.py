"""What becomes of issues that a whole sweep did not find: gone, or too many at once to believe it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from service.ledger import Issue, UnitOfWork

FREEZE_SHARE = 0.05
FREEZE_AT_LEAST = 2


def settle_vanished(uow: UnitOfWork, tracker: str, refs: Collection[str], now: datetime) -> None:
    """Marks issues gone, or freezes a target that lost more than 5 % of its issues in one sweep: then the tracker, or
    our permission, is the likelier cause. At least two must be missing: in a target of a few issues one deletion would
    be more than 5 % already.

    What a freeze kept back stays missing. Once a person has resumed the target it is accepted, and is gone if it is
    still missing.
    """
    found = {issue.id: issue for issue in uow.issues.by_refs(tracker, refs).values() if issue.gone_at is None}
    uow.items.lock_all(item.id for item in uow.items.of_issues(found))
    for name in sorted({issue.target for issue in found.values()}):
        missing = [issue for issue in found.values() if issue.target == name]
        for issue in _believed(uow, name, missing, now):
            _note_gone(uow, issue, now)


def _believed(uow: UnitOfWork, name: str, missing: Sequence[Issue], now: datetime) -> Iterable[Issue]:
    row = uow.targets.get(name)
    paused = row is not None and row.paused_at is not None
    kept = [issue for issue in missing if issue.missing_since is not None]
    new = [issue for issue in missing if issue.missing_since is None]
    accepted = [] if paused else kept
    present = uow.issues.count_present(name) - len(accepted)
    # While a target stands frozen, whatever else vanishes from it is part of the same doubt.
    frozen = bool(paused and kept) or (len(new) >= FREEZE_AT_LEAST and len(new) > FREEZE_SHARE * present)
    if not frozen:
        return [*accepted, *new]
    if new:
        _freeze(uow, name, [*(kept if paused else []), *new], present, now)
    return accepted


def _freeze(uow: UnitOfWork, name: str, missing: Sequence[Issue], present: int, now: datetime) -> None:
    reason = (
        f"More than 5 % of its issues vanished at once ({len(missing)} of {present}): look at the tracker. Once the "
        "target is resumed, those that are still missing count as gone."
    )
    for issue in missing:
        if issue.missing_since is None:
            uow.issues.update(issue.id, missing_since=now)
    uow.targets.ensure(name, "tracker")
    uow.targets.pause(name, reason, now)
    uow.journal.append("target.frozen", ("target", name), now, {"why": reason})


def _note_gone(uow: UnitOfWork, issue: Issue, now: datetime) -> None:
    """A deleted issue is told and its item held; it is never made again by itself."""
    uow.issues.update(issue.id, gone_at=now, missing_since=None, read_due_at=None)
    for item in uow.items.of_issues([issue.id]):
        sentence = f"Its issue {issue.key} is gone from the tracker: release it to make a new one, or settle it."
        if item.state.is_open:
            uow.items.hold(item.id, "issue_gone", sentence)
        uow.journal.append("issue.gone", ("item", item.id), now, {"key": issue.key, "url": issue.url})
