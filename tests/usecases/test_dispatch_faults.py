"""What a refusal does: to the message, to its target, and to the person who must act."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.domain.facts import State
from service.ledger.rows import Target
from service.usecases import dispatch
from service.usecases.deliveries import absorb_due
from service.usecases.reconcile import reconcile_due
from service.usecases.steer import UnknownSubject, discard, pause, restored, resume, retry
from tests.support.house import House
from tests.support.waiting import until
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    dead_letters,
    events,
    item,
    items_of,
    ledger_issues,
    let_go,
    messages,
    persist,
    postmortem,
    shown,
    take,
)

SECURITY = """
[targets.sec]
tracker = "jira"
place = "SEC"
mode = "live"
{constants}
[[routes]]
name = "default"
target = "sec"
default = true
"""
RISK = '[targets.sec.constants]\ncustomfield_10050 = {{ value = "Operational" }}\n'.replace("{{", "{").replace(
    "}}", "}"
)


def target(house: House, name: str = "pay") -> Target:
    with house.ledger.read() as uow:
        found = uow.targets.get(name)
    assert found is not None
    return found


def close_circuits(house: House) -> None:
    with house.ledger.begin() as uow:
        for each in uow.targets.all():
            uow.targets.close_circuit(each.name)
        uow.commit()


@pytest.mark.parametrize("known", [False, True], ids=["at the first write", "later"])
def test_an_expired_token_is_one_fault_of_the_target_and_heals_by_itself(
    house: House, outside: Outside, known: bool
) -> None:
    if known:
        take(house, postmortem("INC-0", items=["Before"]))
    outside.fault("error_before", status=401)
    take(house, postmortem(items=[f"Item {n}" for n in range(6)]))
    outside.forget_calls()
    house.work()
    assert outside.calls() == 0
    assert target(house).error_code == "jira.unauthorized"
    assert "TEST_JIRA_TOKEN" in (target(house).cure or "")
    for _ in range(8):
        close_circuits(house)
        persist(house, 1, minutes=2)
    due = [message for message in messages(house) if message.state == "due"]
    assert (len(due), {message.attempts for message in due}) == (6, {0})
    assert dead_letters(house) == []
    outside.mend()
    close_circuits(house)
    persist(house, 2, minutes=2)
    assert len(shown(house)) == 6 + known
    assert target(house).failing_since is None


def test_a_faulty_target_is_tried_again_after_a_minute_by_one_call(house: House, outside: Outside) -> None:
    take(house, postmortem("INC-0", items=["Before"]))
    outside.fault("error_before", status=401)
    take(house, postmortem(items=["One", "Two", "Three"]))
    with house.ledger.begin() as uow:
        open_until = target(house).open_until or 0.0
        assert 55 < open_until - uow.clock() <= 60
        uow.connection.exec_driver_sql("update targets set open_until = 1")
        uow.commit()
    house.pass_time(minutes=2)
    outside.forget_calls()
    house.work()
    assert outside.calls() == 1


@pytest.mark.complaint("a wrong project or issue type shows as a bare failure")
def test_a_missing_project_is_a_fault_of_its_target(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=SECURITY.format(constants="").replace('"SEC"', '"NOPE"'))
    take(house, postmortem())
    found = target(house, "sec")
    assert found.error_code == "jira.place_missing"
    assert "Check the place's name" in (found.cure or "")
    assert (dead_letters(house), outside.changing_calls()) == ([], [])
    assert items_of(house)[0].state is State.PENDING


def test_forbidden_is_a_fault_of_the_target_but_forbidden_for_haste_is_not(house: House, outside: Outside) -> None:
    take(house, postmortem("INC-0", services=["api"], items=["Before"]))
    outside.fault("rate_limited", "github", status=403, retry_after=1, methods=["POST"], next=1)
    take(house, postmortem(services=["api"]))
    assert target(house, "api").failing_since is None
    until(lambda: (house.pass_time(seconds=1), house.work(), len(shown(house)) == 2)[2], 10, "the issue is made")
    outside.fault("error_before", "github", status=403, methods=["POST"])
    take(house, postmortem("INC-2", services=["api"]))
    assert target(house, "api").error_code == "github.forbidden"
    assert dead_letters(house) == []


@pytest.mark.parametrize("how", ["seconds", "date"])
@pytest.mark.parametrize("services", [[], ["api"]], ids=["jira", "github"])
def test_a_rate_limit_is_waited_out_as_long_as_it_asks(
    house: House, outside: Outside, how: str, services: list[str]
) -> None:
    tracker, name = ("github", "api") if services else ("jira", "pay")
    take(house, postmortem("INC-0", services=services, items=["Before"]))
    outside.fault("rate_limited", tracker, retry_after=30, retry_after_format=how, methods=["POST"], next=1)
    take(house, postmortem(services=services))
    with house.ledger.begin() as uow:
        left = (target(house, name).open_until or 0.0) - uow.clock()
    assert 27 < left <= 31
    (message,) = [message for message in messages(house) if message.state == "due"]
    assert message.error_code == f"{tracker}.rate_limited"
    outside.forget_calls()
    house.pass_time(seconds=29)
    house.work()
    assert outside.creates() == 0
    close_circuits(house)
    house.pass_time(seconds=5)
    house.work()
    assert outside.creates() == 1


@pytest.mark.complaint("required fields are met only when an issue is refused")
def test_a_required_field_is_found_before_anything_is_sent_and_works_once_mended(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(routes=SECURITY.format(constants=""))
    take(house, postmortem())
    (held,) = items_of(house)
    assert (held.state, held.attention_code) == (State.HELD, "place_refuses")
    assert "customfield_10050" in (held.attention or "")
    assert "constants" in (held.attention or "")
    assert (outside.creates(), dead_letters(house)) == (0, [])
    mended = opened(routes=SECURITY.format(constants=RISK))
    persist(mended, 2)
    assert shown(mended) == []
    let_go(mended)
    mended.work()
    assert len(shown(mended)) == 1
    assert (dead_letters(mended), items_of(mended)[0].attention_code) == ([], None)


@pytest.mark.complaint("required fields are met only when an issue is refused")
def test_a_refused_issue_is_a_dead_letter_with_its_cure_and_works_once_mended(house: House, outside: Outside) -> None:
    outside.fault("error_before", status=400, methods=["POST"], path="^/issue$")
    take(house, postmortem())
    (letter,) = dead_letters(house)
    assert letter.cure
    assert items_of(house)[0].attention_code == letter.error_code
    outside.mend()
    persist(house, 2)
    assert shown(house) == []
    retry(house.components, f"m{letter.id}", SOMEBODY, "the screen was changed")
    house.work()
    assert len(shown(house)) == 1
    assert (dead_letters(house), items_of(house)[0].attention_code) == ([], None)


def test_a_dead_letter_tries_again_when_its_item_changes_or_is_given_up(house: House, outside: Outside) -> None:
    outside.fault("error_before", status=400, methods=["POST"], path="^/issue$")
    take(house, postmortem(revision=1))
    (letter,) = dead_letters(house)
    discard(house.components, f"m{letter.id}", SOMEBODY, "not wanted")
    assert dead_letters(house) == []
    with pytest.raises(UnknownSubject, match=f"no dead letter m{letter.id}"):
        retry(house.components, f"m{letter.id}", SOMEBODY, "changed my mind")


@pytest.mark.parametrize("name", ["x1", "m", "mm", "m²", "", "12"])
def test_what_is_no_dead_letters_name_is_said(house: House, name: str) -> None:
    with pytest.raises(UnknownSubject, match="they look like d12 or m12"):
        retry(house.components, name, SOMEBODY, "x")


@pytest.mark.parametrize("services", [[], ["api"]], ids=["jira", "github"])
@pytest.mark.complaint(
    "an assignee who is not found is told nowhere",
    "one unknown person stops the whole creation",
)
def test_an_assignee_whom_the_tracker_does_not_know_stops_nothing(
    house: House, outside: Outside, services: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    people = house.components.roster.people
    stranger = replace(people["dana"], accounts={"jira": "712020:nobody", "github": "nobody-at-all"})
    monkeypatch.setitem(people, "dana", stranger)  # type: ignore[arg-type]
    take(house, postmortem(services=services, items=[{"title": "One", "owner": {"name": "Dana Okafor"}}]))
    (issue,) = shown(house)
    assert issue["assignees"] == []
    found = item(house, "One")
    assert found.owner_person == "dana"
    assert "issue.dropped" in events(house, ("item", found.id))


def test_a_known_owner_is_assigned(house: House) -> None:
    take(house, postmortem(items=[{"title": "One", "owner": {"email": "dana.okafor@acme.example"}}]))
    assert shown(house)[0]["assignees"] == ["712020:dana-okafor"]


def test_a_circuit_opens_after_five_failures_lets_one_through_and_closes(house: House, outside: Outside) -> None:
    take(house, postmortem("INC-0", items=["Before"]))
    outside.fault("error_before", status=503, methods=["POST"], path="^/issue$")
    house.submit(postmortem(items=[f"Item {n}" for n in range(9)]))
    house.work()
    assert outside.creates() == 1 + 5
    assert target(house).open_until is not None
    with house.ledger.begin() as uow:
        uow.connection.exec_driver_sql("update targets set open_until = 1")
        uow.commit()
    house.work()
    assert outside.creates() == 1 + 6
    outside.mend()
    with house.ledger.begin() as uow:
        uow.connection.exec_driver_sql("update targets set open_until = 1")
        uow.commit()
    persist(house, 3, minutes=2)
    assert len(shown(house)) == 10
    assert target(house).failures == 0


def test_only_one_call_at_a_time_tries_a_circuit_that_opened(house: House) -> None:
    house.submit(postmortem(items=["One", "Two"]))
    absorb_due(house.components, lambda: True)
    with house.ledger.begin() as uow:
        for number in range(5):
            uow.instance.beat(f"worker:{number}", house.components.now())
        uow.connection.exec_driver_sql("update targets set failures = 5, open_until = 1")
        uow.commit()
    assert dispatch.claim(house.components) is not None
    assert dispatch.claim(house.components) is None


def test_a_target_holds_no_more_than_half_of_the_workers(house: House) -> None:
    house.submit(postmortem(items=[f"Item {n}" for n in range(6)]))
    absorb_due(house.components, lambda: True)
    with house.ledger.begin() as uow:
        for number in range(4):
            uow.instance.beat(f"worker:{number}", house.components.now())
        uow.commit()
    claimed = [dispatch.claim(house.components) for _ in range(4)]
    assert sum(message is not None for message in claimed) == 2


def test_a_target_that_fails_does_not_stop_another(house: House, outside: Outside) -> None:
    outside.fault("error_before", "jira", status=503)
    house.submit(postmortem("INC-1", items=["One", "Two"]))
    house.submit(postmortem("INC-2", services=["api"], items=["Three", "Four"]))
    house.work()
    assert sorted(issue["title"] for issue in shown(house)) == ["Four", "Three"]


def test_a_restored_ledger_is_paused_probes_before_every_creation_and_holds_its_notices(
    house: House, outside: Outside
) -> None:
    take(house, postmortem("INC-0", items=["Before"]))
    house.submit(postmortem(items=["One", "Two"]))
    absorb_due(house.components, lambda: True)
    with house.ledger.begin() as uow:
        uow.targets.ensure("channel:mail", "channel")
        uow.outbox.put("send_notice", 1, "channel:mail", house.components.now())
        uow.commit()
    assert restored(house.components, SOMEBODY, "from Monday's backup") == 1
    outside.forget_calls()
    persist(house, 2)
    assert outside.calls() == 0
    (letter,) = dead_letters(house)
    assert (letter.kind, letter.error_code) == ("send_notice", "restored")
    assert "may have been sent already" in (letter.error or "")
    resume(house.components, None, SOMEBODY, "looked at it")
    persist(house, 3)
    routes = outside.routes("jira")
    assert routes["POST /issue"] == 2
    assert routes["POST /search/jql"] >= 2
    assert len(shown(house)) == 3


@pytest.mark.complaint("lost issues must be sent again by hand")
def test_what_was_made_after_the_backup_is_found_and_not_made_again(
    house: House, outside: Outside, tmp_path: object
) -> None:
    from sqlalchemy import delete, update

    from service.ledger.tables import action_items, issues, outbox

    take(house, postmortem(items=["One", "Two"]))
    (first, second) = shown(house)
    outside.person(first, summary="The team's own words")
    with house.ledger.begin() as uow:  # the state of a backup that was made before the two were sent
        values = {"issue_id": None, "state": "pending", "written_facts_digest": None, "opened_at": None}
        uow.connection.execute(update(action_items).values(**values))
        uow.connection.execute(delete(issues))
        uow.connection.execute(update(outbox).values(state="due", done_at=None, attempts=0))
        uow.commit()
    restored(house.components, SOMEBODY, "from Monday's backup")
    resume(house.components, None, SOMEBODY, "looked at it")
    persist(house, 3)
    assert {each.state for each in items_of(house)} == {State.OPEN}
    assert sorted(issue["title"] for issue in shown(house)) == ["The team's own words", "Two"]
    assert sorted(issue.key for issue in ledger_issues(house)) == sorted([first["key"], second["key"]])


def test_a_pause_stops_at_once_and_a_resume_goes_on(house: House, outside: Outside) -> None:
    pause(house.components, "pay", SOMEBODY, "maintenance")
    take(house, postmortem(items=["One"]))
    take(house, postmortem("INC-2", services=["api"], items=["Two"]))
    assert [issue["title"] for issue in shown(house)] == ["Two"]
    resume(house.components, "pay", SOMEBODY, "done")
    house.work()
    assert len(shown(house)) == 2
    with pytest.raises(UnknownSubject, match="the configured ones are api, mail, pay"):
        pause(house.components, "nowhere", SOMEBODY, "x")


@pytest.mark.system
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_workers_that_do_everything_at_once_never_wait_for_each_other_for_ever(house: House, outside: Outside) -> None:
    for number in range(4):
        stated = [{"id": f"{n}", "title": f"Item {number}.{n}"} for n in range(6)]
        take(house, postmortem(f"INC-{number}", revision=1, items=stated))
    made = len(shown(house))
    ends = threading.Event()

    def absorb(turn: int) -> None:
        for revision in range(2, 6):
            number = (turn + revision) % 4
            stated = [{"id": f"{n}", "title": f"Item {number}.{n} v{revision}"} for n in range(6)]
            shuffled = stated[turn:] + stated[:turn]
            house.submit(postmortem(f"INC-{number}", revision=revision * 10 + turn, items=shuffled[:5]))
            absorb_due(house.components, lambda: True)

    def read(_turn: int) -> None:
        while not ends.is_set():
            with house.ledger.begin() as uow:
                uow.issues.make_due([issue.id for issue in ledger_issues(house)], house.components.now())
                uow.commit()
            reconcile_due(house.components, lambda: not ends.is_set())

    def escalate(_turn: int) -> None:
        while not ends.is_set():
            house.escalate()

    def send(_turn: int) -> None:
        while not ends.is_set():
            dispatch.dispatch_due(house.components, lambda: not ends.is_set())

    house.pass_time(days=200)
    with ThreadPoolExecutor(8) as pool:
        others = [pool.submit(work, turn) for turn in range(2) for work in (read, send)]
        others.append(pool.submit(escalate, 0))
        absorbers = [pool.submit(absorb, turn) for turn in range(3)]
        try:
            for each in absorbers:
                each.result(timeout=90)
        finally:
            ends.set()
        for each in others:
            each.result(timeout=30)
    persist(house, 3)
    assert len(shown(house)) == made
