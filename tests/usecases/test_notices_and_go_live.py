"""Who is told, and who is not: sweeps that overlap, steps that were not told after all, and what is older than us."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from service.domain.facts import State
from service.ledger import Ledger
from service.ledger.tables import action_items, notices, outbox, stall_steps, stalls
from service.usecases import escalate as escalating
from service.usecases.escalate import escalate
from service.usecases.release import Which, held_items
from service.usecases.steer import snooze
from tests.support.house import House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    item,
    items_of,
    let_go,
    postmortem,
    shown,
    take,
)

GO_LIVE = 'go_live_on = "2026-06-01"'
DANA = {"email": "dana.okafor@acme.example"}


def late(identity: str = "INC-1", title: str = "Late", **values: Any) -> dict[str, Any]:
    """A postmortem whose one item is long overdue and Dana's."""
    return postmortem(identity, items=[{"id": "A", "title": title, "due_on": "2025-11-03", "owner": DANA}], **values)


def rows(house: House, table: Any, *columns: str) -> list[tuple[Any, ...]]:
    with house.ledger.read() as uow:
        wanted = select(*(table.c[name] for name in columns)).order_by(*table.primary_key.columns)
        return [tuple(row) for row in uow.connection.execute(wanted)]


def told(house: House) -> list[str]:
    return sorted(mail["to"] for mail in house.mails())


def days(house: House, count: int) -> None:
    for _ in range(count):
        house.pass_time(days=1)
        house.escalate()
        house.work()


# Sweeps that overlap


def test_two_sweeps_at_once_begin_a_stall_once_and_tell_of_it_once(
    opened: OpenHouse, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = opened()
    take(house, late())
    other = threading.Thread(target=lambda: escalate(house.components))
    real = escalating.decide_notices

    def meanwhile(*given: Any) -> Any:
        if not other.ident:
            other.start()
            # The other sweep either waits for its turn or, were there none, runs through.
            other.join(1.0)
        return real(*given)

    monkeypatch.setattr(escalating, "decide_notices", meanwhile)
    made = escalate(house.components)
    other.join(20)
    assert made == 1
    assert rows(house, stalls, "condition", "ended_on") == [("overdue", None)]
    days(house, 1)
    assert told(house).count("dana.okafor@acme.example") == 1


def test_the_ledger_refuses_a_second_spell_that_lasts_but_not_one_after_another(house: House) -> None:
    take(house, late())
    house.escalate()
    with house.ledger.begin() as uow:
        first = uow.connection.execute(select(stalls)).one()._asdict()
        spell = {name: value for name, value in first.items() if name != "id"}
        with pytest.raises(IntegrityError), uow.connection.begin_nested():
            uow.connection.execute(insert(stalls).values(**spell))
        uow.notices.end_stall(first["id"], first["began_on"])
        uow.connection.execute(insert(stalls).values(**spell))


# Steps that were decided and then not told


def until_day(house: House, ahead: int) -> Any:
    return (house.components.now() + timedelta(days=ahead)).date()


def test_a_step_that_was_snoozed_away_before_its_mail_left_is_told_when_the_snooze_ends(house: House) -> None:
    take(house, late())
    assert house.escalate() == 1
    snooze(house.components, items_of(house)[0].id, until_day(house, 2), SOMEBODY, "on holiday")
    house.work()
    assert house.mails() == []
    assert rows(house, stall_steps, "step") == []
    days(house, 1)
    assert house.mails() == []
    days(house, 1)
    assert told(house) == ["dana.okafor@acme.example"]


def test_a_notice_of_which_nothing_was_sent_leaves_room_for_another_on_the_same_day(house: House) -> None:
    take(house, late())
    house.escalate()
    first = rows(house, notices, "id", "message_id", "working_day")
    snooze(house.components, items_of(house)[0].id, until_day(house, 2), SOMEBODY, "a mistake")
    house.work()
    snooze(house.components, items_of(house)[0].id, until_day(house, 0), SOMEBODY, "taken back")
    assert house.escalate() == 1
    house.work()
    assert rows(house, notices, "id", "message_id", "working_day") == first
    assert told(house) == ["dana.okafor@acme.example"]
    assert house.escalate() == 0


def test_a_line_that_was_left_out_is_told_later_and_never_by_a_second_mail_on_that_day(house: House) -> None:
    take(house, late("INC-1", "First"))
    take(house, late("INC-2", "Second"))
    assert house.escalate() == 1
    snooze(house.components, item(house, "Second").id, until_day(house, 2), SOMEBODY, "not now")
    house.work()
    assert [("First" in mail["text"], "Second" in mail["text"]) for mail in house.mails()] == [(True, False)]
    snooze(house.components, item(house, "Second").id, until_day(house, 0), SOMEBODY, "now")
    house.escalate()
    house.work()
    assert len(house.mails()) == 1
    days(house, 1)
    about_second = [mail for mail in house.mails() if mail["to"].startswith("dana") and "Second" in mail["text"]]
    assert len(about_second) == 1
    assert len([mail for mail in house.mails() if mail["to"].startswith("dana")]) == 2


def test_a_notice_that_may_have_arrived_keeps_its_day_and_its_steps(house: House) -> None:
    take(house, late())
    house.escalate()
    with house.ledger.begin() as uow:
        (message,) = [m for m in _due(uow) if m.kind == "send_notice"]
        uow.connection.execute(update(outbox).where(outbox.c.id == message.id).values(sent_at=house.components.now()))
        uow.commit()
    snooze(house.components, items_of(house)[0].id, until_day(house, 2), SOMEBODY, "on holiday")
    house.work()
    snooze(house.components, items_of(house)[0].id, until_day(house, 0), SOMEBODY, "back")
    assert house.escalate() == 0
    assert rows(house, stall_steps, "step") != []


def _due(uow: Any) -> list[Any]:
    from service.ledger.rows import Message, read_row
    from service.ledger.tables import outbox

    return [read_row(Message, row) for row in uow.connection.execute(select(outbox).where(outbox.c.state == "due"))]


def test_a_mail_names_the_policy_that_asked_for_it(house: House) -> None:
    take(house, late())
    house.escalate()
    house.work()
    (mail,) = house.mails()
    name = house.components.config.policies[0].name
    assert f"Policy “{name}”: at" in " ".join(mail["text"].split())


# The list of items whose owner nobody can tell


def test_what_is_written_of_an_item_during_a_sweep_is_not_overwritten_by_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(house, postmortem(items=[{"id": "A", "title": "Nobody's", "due_on": "2025-11-03"}]))
    (nobodys,) = items_of(house)
    real = escalating.decide_notices

    def meanwhile(*given: Any) -> Any:
        decided = real(*given)
        # SQLite has one writer: there, what another would write is written in the sweep's own transaction.
        swept[0].connection.execute(
            update(action_items).where(action_items.c.id == nobodys.id).values(attention_code="jira.missing")
        )
        return decided

    swept: list[Any] = []
    real_sweep = escalating._Sweep

    def sweeping(context: Any, uow: Any, *given: Any) -> Any:
        swept.append(uow)
        return real_sweep(context, uow, *given)

    monkeypatch.setattr(escalating, "_Sweep", sweeping)
    monkeypatch.setattr(escalating, "decide_notices", meanwhile)
    house.escalate()
    assert item(house, "Nobody's").attention_code == "jira.missing"


def test_an_item_that_was_withdrawn_during_a_sweep_is_not_listed(ledger: Ledger, house: House) -> None:
    take(house, postmortem(items=[{"id": "A", "title": "Gone"}]))
    (gone,) = items_of(house)
    with ledger.begin() as uow:
        uow.items.update(gone.id, state=State.WITHDRAWN.value)
        uow.items.flag(gone.id, "no_owner", "Nobody owns it.")
        assert uow.items.get(gone.id).attention_code is None


def test_an_item_without_an_owner_is_listed_until_it_has_one(house: House, outside: Outside) -> None:
    take(house, postmortem(items=[{"id": "A", "title": "Nobody's", "due_on": "2025-11-03"}]))
    house.escalate()
    assert item(house, "Nobody's").attention_code == "no_owner"
    outside.person(shown(house)[0], assignee="712020:dana-okafor")
    house.pass_time(minutes=2)
    house.reconcile()
    house.escalate()
    assert item(house, "Nobody's").attention_code is None


# What is older than the go-live date


def adopted(house: House) -> str:
    """An old postmortem's item, adopted from an issue that stood before; returns its title."""
    take(house, postmortem("INC-0", items=["Somebody's own issue"]))
    url = shown(house)[0]["url"]
    stated = {"id": "A", "title": "Old", "issue_url": url, "due_on": "2026-02-01", "owner": DANA}
    take(house, postmortem("INC-1", revision=1, finalized_at="2026-02-01T10:00:00Z", items=[stated]))
    assert item(house, "Old").issue_id is not None
    outside_person = {"assignee": "712020:dana-okafor"}
    from connectors.sandbox import acting

    world = house.sandbox.world
    acting.in_jira(world.jira, world.jira.find(shown(house)[0]["key"]), outside_person)
    house.pass_time(minutes=2)
    house.reconcile()
    return "Old"


def about_old(house: House) -> list[str]:
    return [mail["to"] for mail in house.mails() if "Old" in mail["text"]]


@pytest.mark.parametrize("code", [None, "privacy", "observe", "jira.missing", "no_owner"])
def test_an_old_item_stays_silent_whatever_else_is_said_of_it(opened: OpenHouse, code: str | None) -> None:
    house = opened(service=GO_LIVE)
    title = adopted(house)
    with house.ledger.begin() as uow:
        uow.items.update(item(house, title).id, attention_code=code, attention=code)
        uow.commit()
    days(house, 4)
    assert about_old(house) == []
    with house.ledger.read() as uow:
        found = held_items(house.components, uow, Which(code="backlog"))
        assert [each.title for each in found] == [title]
    assert [each.title for each in let_go(house, code="backlog")] == [title]
    assert item(house, title).attention_code != "backlog"
    days(house, 1)
    assert about_old(house) == ["dana.okafor@acme.example"]


def test_an_old_item_of_which_nothing_is_said_any_more_is_listed_again(opened: OpenHouse) -> None:
    house = opened(service=GO_LIVE)
    title = adopted(house)
    with house.ledger.begin() as uow:
        uow.items.update(item(house, title).id, attention_code=None, attention=None)
        uow.commit()
    house.escalate()
    assert item(house, title).attention_code == "backlog"
    let_go(house, code="backlog")
    house.escalate()
    assert item(house, title).attention_code is None


def test_an_old_item_that_was_withdrawn_and_returns_stays_silent(opened: OpenHouse) -> None:
    house = opened(service=GO_LIVE)
    title = adopted(house)
    final = {"finalized_at": "2026-02-01T10:00:00Z"}
    stated = {"id": "A", "title": title, "issue_url": shown(house)[0]["url"], "due_on": "2026-02-01", "owner": DANA}
    take(house, postmortem("INC-1", revision=2, items=[{"id": "B", "title": "Other", "done": True}], **final))
    take(house, postmortem("INC-1", revision=3, items=[stated], **final))
    assert item(house, title).state is State.OPEN
    days(house, 4)
    assert about_old(house) == []


def test_an_old_postmortem_that_is_reopened_stays_silent(opened: OpenHouse) -> None:
    house = opened(service=GO_LIVE)
    adopted(house)
    take(house, postmortem("INC-1", revision=2, status="reopened", items=[]))
    days(house, 4)
    assert about_old(house) == []


def test_a_notice_decided_before_there_was_a_go_live_date_is_not_sent_after(opened: OpenHouse) -> None:
    house = opened()
    take(house, late(finalized_at="2026-02-01T10:00:00Z"))
    assert house.escalate() == 1
    silent = opened(service=GO_LIVE)
    silent.work()
    days(silent, 2)
    assert silent.mails() == []


def code_of(house: House, title: str = "Do it") -> str | None:
    return item(house, title).attention_code


def markdown(house: House, body: str, key: str = "k1", identity: str = "old") -> None:
    with house.ledger.begin() as uow:
        headers = {"content-type": "text/markdown", "x-afteraction-id": identity}
        uow.inbox.store("notes", key, headers, body.encode(), house.components.now())
        uow.commit()
    house.work()


ACTIONS = "\n## Action items\n\n- [ ] Do it\n"


@pytest.mark.parametrize(
    "body",
    [
        "# Outage of 14 March 2023\n\nDate: 2023-03-14\n",
        "---\ndate: 2023-03-14\n---\n# Outage\n",
        "# Outage\n\n| Date | 2023-03-14 |\n|---|---|\n| Severity | SEV1 |\n",
    ],
    ids=["line", "front matter", "table"],
)
def test_an_old_document_that_states_the_day_of_its_incident_alone_is_held(opened: OpenHouse, body: str) -> None:
    house = opened(service=GO_LIVE)
    markdown(house, body + ACTIONS)
    assert (item(house, "Do it").state, code_of(house)) == (State.HELD, "backlog")
    assert shown(house) == []


def test_an_old_timeline_makes_a_postmortem_old(opened: OpenHouse) -> None:
    house = opened(service=GO_LIVE)
    timeline = {"started_at": "2023-01-01T00:00:00Z", "resolved_at": "2023-01-02T00:00:00Z"}
    take(house, postmortem(items=["Do it"], timeline=timeline))
    assert code_of(house) == "backlog"


def test_a_day_in_the_front_matter_says_since_when_it_is_final(opened: OpenHouse) -> None:
    house = opened(service=GO_LIVE)
    body = "---\nfinalized_at: 2023-01-05\n---\n# Outage" + ACTIONS
    take(house, {key: value for key, value in postmortem(body_markdown=body).items() if key != "action_items"})
    assert code_of(house) == "backlog"
    with house.ledger.read() as uow:
        assert uow.postmortems.get(1).finalized_at == datetime(2023, 1, 5, tzinfo=UTC)


def test_a_document_without_any_date_that_comes_by_itself_goes_through(opened: OpenHouse) -> None:
    house = opened(service=GO_LIVE)
    markdown(house, "# Outage\n" + ACTIONS)
    assert item(house, "Do it").state is State.OPEN


def test_a_document_without_any_date_that_a_person_handed_in_is_held_until_released(opened: OpenHouse) -> None:
    house = opened(service=GO_LIVE)
    markdown(house, "# Outage\n" + ACTIONS, key="ingest:1")
    assert (item(house, "Do it").state, code_of(house)) == (State.HELD, "backlog")
    let_go(house, code="backlog")
    house.work()
    assert item(house, "Do it").state is State.OPEN
    markdown(house, "# Outage\n\nMore of it.\n" + ACTIONS, key="k2")
    with house.ledger.read() as uow:
        assert uow.postmortems.get(1).finalized_at is None


def test_without_a_go_live_date_everything_goes_through(opened: OpenHouse) -> None:
    house = opened()
    markdown(house, "# Outage\n\nDate: 2023-03-14\n" + ACTIONS, key="ingest:1")
    assert item(house, "Do it").state is State.OPEN


def test_what_we_knew_as_a_draft_is_final_since_we_saw_it_so(opened: OpenHouse) -> None:
    house = opened(service=GO_LIVE)
    timeline = {"started_at": "2026-05-30T00:00:00Z"}
    take(house, postmortem(revision=1, status="draft", items=["Do it"], timeline=timeline))
    take(house, postmortem(revision=2, items=["Do it"], timeline=timeline))
    assert item(house, "Do it").state is State.OPEN


def test_a_later_revision_does_not_make_a_postmortem_older(opened: OpenHouse) -> None:
    house = opened(service=GO_LIVE)
    take(house, postmortem(revision=1, items=["Do it"]))
    timeline = {"started_at": "2026-05-30T00:00:00Z"}
    take(house, postmortem(revision=2, items=["Do it", "And that"], timeline=timeline))
    assert item(house, "And that").state is State.OPEN
