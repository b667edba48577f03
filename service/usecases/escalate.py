"""Asks the ledger what is stalled by policy, and puts one notice a person and working day into the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from config.model import PolicyConfig
from service.domain.escalation import (
    Case,
    Decision,
    Directory,
    Lack,
    NeedsPerson,
    decide_notices,
    policy_for,
)
from service.domain.stalls import (
    Condition,
    StallRecord,
    decide_stalls,
)
from service.domain.workdays import local_day
from service.ledger import Item, StallRow, StepRow, UnitOfWork
from service.usecases.context import CHANNEL, Context
from service.usecases.place import BACKLOG, SILENT, is_muted
from service.usecases.standing import policy_from_json, standing_of

NOTICE = "send_notice"
# Stalls that ended within this are looked at, since two working days may span a long weekend and more.
LOOK_BACK = timedelta(days=21)

LACKS = {
    Lack.NO_OWNER: "Nobody owns it: assign the issue.",
    Lack.UNKNOWN_OWNER: "Its owner is not in the people directory: add the person, or assign the issue anew.",
    Lack.OWNER_LEFT: "Its owner has left: assign the issue to somebody else.",
    Lack.NO_LEAD: "Its team has no lead to tell: name one in the configuration.",
    Lack.NO_MANAGER: "There is no manager to tell: name one in the people directory.",
}


def escalate(context: Context) -> int:
    """One sweep: begins and ends stalls, fires the steps that are due. Returns the number of notices decided."""
    now = context.now()
    directory = Directory(context.config.people, context.config.teams, context.calendar)
    with context.ledger.begin() as uow:
        # Two sweeps at once would each begin the same stall and tell of it.
        uow.instance.take_turn()
        swept = _Sweep(context, uow, directory, now)
        cases = swept.stalls()
        told = uow.notices.days_told(now.date() - timedelta(days=2))
        decided = decide_notices(cases, directory, now, told)
        made = sum(swept.notify(decision) for decision in decided.decisions)
        swept.list_lacks(decided.needs_person)
        swept.list_backlog()
        uow.commit()
    return made


class _Sweep:
    """One sweep over every item that may stall, within one transaction."""

    def __init__(self, context: Context, uow: UnitOfWork, directory: Directory, now: datetime) -> None:
        self._context = context
        self._uow = uow
        self._directory = directory
        self._now = now
        items = uow.items.that_may_stall()
        self._postmortems = uow.postmortems.many({item.postmortem_id for item in items})
        self._muted = [i for i in items if is_muted(context, i, self._postmortems[i.postmortem_id])]
        muted = {item.id for item in self._muted}
        self._items = {item.id: item for item in items if item.id not in muted}

    def stalls(self) -> list[Case]:
        """Writes which stalls began, ended or came back, and returns every one that lasts."""
        rows = self._uow.notices.stalls_of(self._now.date() - LOOK_BACK)
        steps = self._uow.notices.steps_of(row.id for row in rows)
        snapshots = {row.id: policy_from_json(row.policy_snapshot) for row in rows}
        by_item: dict[int, list[StallRecord]] = {}
        for record in self._records(rows, steps):
            by_item.setdefault(record.item_id, []).append(record)
        cases: list[Case] = []
        for item_id in sorted(self._items.keys() | by_item.keys()):
            item = self._items.get(item_id) or self._uow.items.get(item_id)
            cases += self._of_item(item, by_item.get(item_id, []), snapshots)
        return cases

    def _records(self, rows: Sequence[StallRow], steps: Sequence[StepRow]) -> list[StallRecord]:
        fired: dict[int, list[StepRow]] = {}
        for step in sorted(steps, key=lambda step: step.fired_at):
            fired.setdefault(step.stall_id, []).append(step)
        return [self._record(row, fired.get(row.id, [])) for row in rows]

    def _record(self, row: StallRow, steps: Sequence[StepRow]) -> StallRecord:
        first: dict[str, date] = {}
        for step in steps:
            reader = self._context.config.people.get(step.person)
            first.setdefault(step.step, local_day(step.fired_at, reader.zone if reader else "UTC"))
        return StallRecord(
            id=row.id,
            item_id=row.item_id,
            condition=Condition(row.condition),
            began_on=row.began_on,
            entered_on=row.entered_on,
            policy_version=row.policy_version,
            ended_on=row.ended_on,
            steps_fired=frozenset((step.step, step.person) for step in steps),
            first_fired=first,
        )

    def _of_item(self, item: Item, records: list[StallRecord], snapshots: dict[int, PolicyConfig]) -> list[Case]:
        postmortem = self._postmortems.get(item.postmortem_id) or self._uow.postmortems.get(item.postmortem_id)
        policy = policy_for(item.team, postmortem.facts.severity, self._context.config.policies)
        standing = standing_of(item, postmortem, self._directory)
        # What was stalling before it fell silent still ends; nothing begins, and nobody is told.
        muted = is_muted(self._context, item, postmortem)
        if policy is None:
            return []
        changes = decide_stalls(standing, policy, self._now, self._context.calendar, records, policies_then=snapshots)
        lasting = {record.id: record for record in records if record.ended_on is None}
        for end in changes.end:
            self._uow.notices.end_stall(end.stall_id, end.ended_on)
            self._note("stall.ended", item, lasting.pop(end.stall_id).condition, policy)
        for record in records:
            if record.id in changes.resume:
                self._uow.notices.end_stall(record.id, None)
                lasting[record.id] = StallRecord(**{**_values(record), "ended_on": None})
                self._note("stall.resumed", item, record.condition, policy)
        for begin in () if muted else changes.begin:
            stall_id = self._uow.notices.begin_stall(
                item_id=item.id,
                condition=begin.condition.value,
                began_on=begin.began_on,
                entered_on=begin.entered_on,
                policy=policy.name,
                policy_version=policy.version,
                policy_snapshot=asdict(policy),
            )
            values = {name: getattr(begin, name) for name in begin.__slots__}
            lasting[stall_id] = StallRecord(id=stall_id, **values)
            self._note("stall.began", item, begin.condition, policy)
        cases = (Case(standing, record, snapshots.get(record.id, policy)) for record in lasting.values())
        return [] if muted else list(cases)

    def _note(self, event: str, item: Item, condition: Condition, policy: PolicyConfig) -> None:
        data = {"condition": condition.value, "policy": policy.name, "version": policy.version}
        self._uow.journal.append(event, ("item", item.id), self._now, data)

    def notify(self, decision: Decision) -> int:
        """Writes one notice with the steps it carries, and asks for it to be sent; 0 if that day had one already."""
        channel = next(iter(self._context.config.channels), None)
        if channel is None:
            return 0
        instance = self._uow.instance.get()
        assert instance is not None
        identity = f"{instance.instance_id} {decision.person_id} {decision.working_day.isoformat()}"
        notice = self._uow.notices.add(
            person=decision.person_id,
            working_day=decision.working_day,
            channel=channel,
            message_id=f"<{hashlib.sha256(identity.encode()).hexdigest()[:32]}@afteraction>",
            created_at=self._now,
        )
        if notice is None:
            return 0
        for fire in decision.fires:
            self._uow.notices.add_step(
                stall_id=fire.stall_id,
                step=fire.step,
                person=fire.person_id,
                role=fire.role,
                fired_at=self._now,
                notice_id=notice.id,
            )
            data = {"step": fire.step, "person": fire.person_id, "condition": fire.condition.value}
            self._uow.journal.append("step.fired", ("item", fire.item_id), self._now, data)
        self._uow.targets.ensure(CHANNEL + channel, "channel")
        self._uow.outbox.put(NOTICE, notice.id, CHANNEL + channel, self._now)
        return 1

    def list_lacks(self, needs: Sequence[NeedsPerson]) -> None:
        """Keeps the list of items whose owner, lead or manager nobody can be told of."""
        lacking: dict[int, NeedsPerson] = {}
        for need in needs:
            lacking.setdefault(need.item_id, need)
        codes = {lack.value for lack in Lack}
        for item in self._items.values():
            need_or_none = lacking.get(item.id)
            if need_or_none is not None and item.attention_code is None:
                self._uow.items.flag(item.id, need_or_none.lack.value, LACKS[need_or_none.lack], codes)
            elif need_or_none is None and item.attention_code in codes:
                self._uow.items.flag(item.id, None, None, codes)

    def list_backlog(self) -> None:
        """Keeps the list of items that nobody is told of, where another sentence stood in its place meanwhile."""
        for item in self._muted:
            if item.attention_code is None:
                self._uow.items.flag(item.id, BACKLOG, SILENT)
        for item in self._items.values():
            if item.attention_code == BACKLOG:
                self._uow.items.flag(item.id, None, None, {BACKLOG})


def _values(record: StallRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}
