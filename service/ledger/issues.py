"""Issues: what trackers hold, as the ledger last read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from connectors.spi import IssueRef, Reading
from service.ledger import codec
from service.ledger.rows import Issue, read_row
from service.ledger.tables import issue_refs, issues

_ONE = select(issues).where(issues.c.id == bindparam("which"))
_BY_REFS = (
    select(issues)
    .where(issues.c.tracker == bindparam("at"), issues.c.ref.in_(bindparam("refs", expanding=True)))
    .order_by(issues.c.id)
)
_BY_REFS_LOCKED = _BY_REFS.with_for_update(key_share=True)
_BY_OLD_REFS = (
    select(issue_refs.c.ref, issue_refs.c.issue_id)
    .join(issues, issues.c.id == issue_refs.c.issue_id)
    .where(issues.c.tracker == bindparam("at"), issue_refs.c.ref.in_(bindparam("refs", expanding=True)))
)
_CHANGE = update(issues).where(issues.c.id == bindparam("which"))
_ADD = insert(issues).returning(*issues.c)


class Issues:
    """Issues within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, tracker: str, ref: IssueRef, now: datetime, **values: object) -> Issue:
        """Notes an issue. `values`: target, origin, marker, category, written_digest, duplicate_of …"""
        named = {"tracker": tracker, "ref": ref.ref, "key": ref.key, "url": ref.url, "place": ref.place}
        return read_row(Issue, self._connection.execute(_ADD, {**named, "created_at": now, **values}).one())

    def get(self, issue_id: int) -> Issue:
        return read_row(Issue, self._connection.execute(_ONE, {"which": issue_id}).one())

    def lock(self, issue_id: int) -> Issue:
        wanted = select(issues).where(issues.c.id == issue_id)
        return read_row(Issue, self._connection.execute(wanted.with_for_update(key_share=True)).one())

    def by_refs(self, tracker: str, refs: Iterable[str], *, lock: bool = False) -> dict[str, Issue]:
        """Issues by the tracker's ref; those in the history of refs too, under the ref that was asked for."""
        wanted = list(refs)
        rows = self._connection.execute(_BY_REFS_LOCKED if lock else _BY_REFS, {"at": tracker, "refs": wanted})
        found = {row.ref: read_row(Issue, row) for row in rows}
        missing = [ref for ref in wanted if ref not in found]
        for row in self._connection.execute(_BY_OLD_REFS, {"at": tracker, "refs": missing}) if missing else ():
            found[row.ref] = self.get(row.issue_id)
        return found

    def urls(self, issue_ids: Iterable[int]) -> dict[int, str]:
        """The addresses of issues, by id."""
        rows = self._connection.execute(select(issues.c.id, issues.c.url).where(issues.c.id.in_(list(issue_ids))))
        return {row.id: row.url for row in rows}

    def update(self, issue_id: int, **values: object) -> None:
        self._connection.execute(_CHANGE, {"which": issue_id, **values})

    def apply(self, issue: Issue, reading: Reading, answered_at: datetime) -> None:
        """Commits a reading that was judged newer."""
        self.update(
            issue.id,
            title=reading.title,
            status=reading.status,
            category=reading.category.value,
            assignee=codec.account_to_json(reading.assignee),
            due_on=reading.due_on,
            priority=reading.priority,
            labels=list(reading.labels),
            comments=None if reading.comments is None else max(0, reading.comments - issue.our_comments),
            tracker_at=reading.updated_at,
            read_at=answered_at,
            missing_since=None,
            gone_at=None,
        )

    def replace_ref(self, issue: Issue, ref: IssueRef, target: str, now: datetime) -> None:
        """The tracker moved or renamed the issue; the old ref stays known. `target`: whose place it is in now."""
        self._connection.execute(
            insert(issue_refs).values(issue_id=issue.id, ref=issue.ref, key=issue.key, url=issue.url, until=now)
        )
        self.update(issue.id, ref=ref.ref, key=ref.key, url=ref.url, place=ref.place, target=target)

    def of_tracker(self, tracker: str) -> list[Issue]:
        """Every issue that the ledger has in a tracker, gone ones as well."""
        rows = self._connection.execute(select(issues).where(issues.c.tracker == tracker).order_by(issues.c.id))
        return [read_row(Issue, row) for row in rows]

    def leave_tracker(self, issue: Issue, now: datetime) -> None:
        """The issue's tracker is another site by now. The old ref is kept, but under a name that no tracker gives."""
        old = f"{issue.tracker}:{issue.ref}"
        self._connection.execute(
            insert(issue_refs).values(issue_id=issue.id, ref=old, key=issue.key, url=issue.url, until=now)
        )
        self.update(issue.id, ref=f"{old} until {now.isoformat()} ({issue.id})")

    def enter_tracker(self, issue: Issue, tracker: str, ref: IssueRef, target: str, now: datetime) -> None:
        """The issue stands in that tracker from now on; what was read of it elsewhere says nothing of it here."""
        self.update(
            issue.id,
            tracker=tracker,
            target=target,
            ref=ref.ref,
            key=ref.key,
            url=ref.url,
            place=ref.place,
            tracker_at=None,
            read_at=None,
            read_due_at=now,
            missing_since=None,
            gone_at=None,
        )

    def make_due(self, issue_ids: Iterable[int], at: datetime) -> None:
        """Makes issues due for a read; an earlier due instant stands."""
        self._connection.execute(
            update(issues)
            .where(issues.c.id.in_(self._locked(issue_ids)))
            .where(or_(issues.c.read_due_at.is_(None), issues.c.read_due_at > at))
            .values(read_due_at=at)
        )

    def take_due(self, tracker: str, now: datetime, limit: int) -> list[Issue]:
        """Issues of a tracker that are due for a read."""
        rows = self._connection.execute(
            select(issues)
            .where(issues.c.tracker == tracker, issues.c.read_due_at <= now)
            .order_by(issues.c.read_due_at)
            .limit(limit)
            .with_for_update(key_share=True, skip_locked=True)
        )
        return [read_row(Issue, row) for row in rows]

    def reset_due(self, issue_ids: Iterable[int], was: datetime, to: datetime | None) -> None:
        """Moves the due instant of issues where it is still what we set; what became due meanwhile stays due."""
        self._connection.execute(
            update(issues)
            .where(issues.c.id.in_(self._locked(issue_ids)), issues.c.read_due_at == was)
            .values(read_due_at=to)
        )

    def _locked(self, issue_ids: Iterable[int]) -> list[int]:
        """The same ids, their rows locked in the order in which everybody locks them; an UPDATE alone has no order."""
        wanted = select(issues.c.id).where(issues.c.id.in_(list(issue_ids))).order_by(issues.c.id)
        return [row.id for row in self._connection.execute(wanted.with_for_update(key_share=True))]

    def anything_due(self, now: datetime, but: Collection[str] = ()) -> bool:
        """Whether an issue is due for a read, but for those of some trackers."""
        due = select(issues.c.id).where(issues.c.read_due_at <= now, issues.c.tracker.not_in(list(but))).limit(1)
        return self._connection.execute(due).first() is not None

    def trackers(self) -> set[str]:
        """Every tracker the ledger has an issue in."""
        return {row.tracker for row in self._connection.execute(select(issues.c.tracker).distinct())}

    def places(self, tracker: str) -> list[str]:
        """Every place of a tracker in which the ledger has an issue."""
        rows = self._connection.execute(
            select(issues.c.place).where(issues.c.tracker == tracker, issues.c.gone_at.is_(None)).distinct()
        )
        return sorted(row.place for row in rows)

    def present(self, tracker: str) -> list[Issue]:
        """Those of one place together: some trackers are asked place by place."""
        known = select(issues).where(issues.c.tracker == tracker, issues.c.gone_at.is_(None))
        rows = self._connection.execute(known.order_by(issues.c.place, issues.c.id))
        return [read_row(Issue, row) for row in rows]

    def count_present(self, target: str) -> int:
        count = select(func.count()).where(issues.c.target == target, issues.c.gone_at.is_(None))
        return int(self._connection.execute(count).scalar_one())
