"""What must not leave does not leave: asserted on what the trackers and the mail server saw."""

from __future__ import annotations

import pytest

from connectors.spi import PlaceDescription, Visibility
from service.usecases.deliveries import absorb_due
from service.usecases.steer import pause, resume
from tests.support.house import ROUTES, House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    events,
    items_of,
    let_go,
    persist,
    postmortem,
    shown,
    take,
)

SECRET_WORDS = "Zanzibar-quartz"
PRIVATE_ROUTE = '[[routes]]\nname = "closed"\nvisibility = ["private"]\ntarget = "api"\n' + ROUTES
PUBLIC = "acme/status-page"
TO_PUBLIC = ROUTES.replace('services = ["api"]', 'services = ["api"]\nallow_public = true')
FINAL = "2026-01-10T09:00:00Z"


def telling(identity: str = "INC-1", **values: object) -> dict[str, object]:
    stated = values.pop("items", [{"id": "A", "title": f"Rotate {SECRET_WORDS}", "description": SECRET_WORDS}])
    return postmortem(identity, items=stated, summary=SECRET_WORDS, **values)


def nothing_left(outside: Outside) -> None:
    assert outside.changing_calls() == []
    assert outside.said(SECRET_WORDS) == []


def codes(house: House) -> set[str | None]:
    return {each.attention_code for each in items_of(house)}


def everything(house: House) -> None:
    persist(house, 2, days=40)
    house.reconcile()
    house.escalate()
    house.work()


def test_a_private_postmortem_never_goes_by_the_default_route(house: House, outside: Outside) -> None:
    take(house, telling(visibility="private"))
    everything(house)
    assert codes(house) == {"no_private_route"}
    assert let_go(house)[0].refused
    everything(house)
    nothing_left(outside)


def test_a_private_postmortem_goes_by_the_route_that_names_it(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=PRIVATE_ROUTE)
    take(house, telling(visibility="private"))
    assert [issue["scope"] for issue in shown(house)] == ["acme/payments"]


def test_a_private_postmortem_never_reaches_a_public_place_whatever_the_route_says(
    opened: OpenHouse, outside: Outside
) -> None:
    routes = PRIVATE_ROUTE.replace('target = "api"', 'target = "api"\nallow_public = true', 1)
    house = opened(routes=routes, repository=PUBLIC)
    take(house, telling(visibility="private"))
    everything(house)
    assert codes(house) == {"privacy"}
    nothing_left(outside)


@pytest.mark.parametrize("visibility", ["internal", None])
def test_a_public_repository_takes_nothing_internal_without_leave(
    opened: OpenHouse, outside: Outside, visibility: str | None
) -> None:
    house = opened(repository=PUBLIC)
    take(house, telling(services=["api"], **({"visibility": visibility} if visibility else {})))
    everything(house)
    assert codes(house) == {"privacy"}
    assert "allow_public = true" in (items_of(house)[0].attention or "")
    nothing_left(outside)


def test_a_public_repository_takes_what_is_public_or_allowed(opened: OpenHouse) -> None:
    take(opened(repository=PUBLIC), postmortem("INC-1", services=["api"], visibility="public", items=["One"]))
    house = opened(repository=PUBLIC, routes=TO_PUBLIC)
    take(house, postmortem("INC-2", services=["api"], items=["Two"]))
    assert sorted(issue["title"] for issue in shown(house)) == ["One", "Two"]


def test_a_place_that_does_not_say_who_may_see_it_takes_nothing_internal(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(house.components.trackers["jira"])
    monkeypatch.setattr(kind, "describe", lambda *_: PlaceDescription(Visibility.UNKNOWN))
    take(house, telling())
    everything(house)
    assert codes(house) == {"privacy"}
    assert "does not say whether it is public" in (items_of(house)[0].attention or "")
    nothing_left(outside)


def test_a_project_that_turns_public_later_gets_nothing_more(house: House, outside: Outside) -> None:
    take(house, postmortem(revision=1, services=["api"], items=[{"id": "A", "title": "Harmless"}]))
    outside.repo("acme/payments", visibility="public")
    outside.forget_calls()
    house.pass_time(minutes=11)
    more = {"id": "B", "title": f"Rotate {SECRET_WORDS}"}
    changed = {"id": "A", "title": "Harmless", "description": SECRET_WORDS}
    take(house, telling(revision=2, services=["api"], items=[changed, more]))
    everything(house)
    assert codes(house) == {"privacy"}
    nothing_left(outside)
    assert "target.visibility_changed" in events(house, ("target", "api"))


@pytest.mark.parametrize(("minutes", "seen"), [(7, 1), (10, 0)], ids=["within the window", "after it"])
def test_a_project_that_turned_public_gets_something_for_ten_minutes_at_most(
    house: House, outside: Outside, minutes: int, seen: int
) -> None:
    take(house, postmortem("INC-0", services=["api"], items=["Harmless"]))
    outside.repo("acme/payments", visibility="public")
    house.pass_time(minutes=minutes)
    take(house, telling(services=["api"]))
    assert len([issue for issue in shown(house) if SECRET_WORDS in issue["title"]]) == seen


def test_what_was_held_for_privacy_goes_once_the_place_is_closed_and_the_postmortem_revised(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(repository=PUBLIC)
    take(house, telling(revision=1, services=["api"]))
    outside.repo(PUBLIC, visibility="private")
    house.pass_time(minutes=11)
    take(house, telling(revision=2, services=["api"], impact="Reviewed."))
    assert len(shown(house)) == 1


def test_an_adopted_issue_in_a_public_place_is_not_told_either(opened: OpenHouse, outside: Outside) -> None:
    house = opened(repository=PUBLIC)
    take(house, postmortem("INC-0", services=["api"], visibility="public", items=["Open to all"]))
    url = shown(house)[0]["url"]
    outside.forget_calls()
    stated = {"id": "A", "title": f"Rotate {SECRET_WORDS}", "issue_url": url}
    take(house, telling(revision=1, items=[stated]))
    take(house, telling(revision=2, items=[{**stated, "title": f"Rotate {SECRET_WORDS} twice"}]))
    take(house, telling(revision=3, items=[]))
    nothing_left(outside)


def test_observe_writes_down_what_would_leave_and_sends_nothing(opened: OpenHouse, outside: Outside) -> None:
    house = opened(mode="observe")
    take(house, telling(revision=1))
    take(house, telling(revision=2, impact="Reviewed."))
    everything(house)
    assert let_go(house)[0].refused
    everything(house)
    assert codes(house) == {"observe"}
    assert "target.would_create" in events(house, ("item", 1))
    nothing_left(outside)


def test_a_target_that_only_observes_by_now_is_told_of_no_change(opened: OpenHouse, outside: Outside) -> None:
    take(opened(), postmortem(revision=1, items=[{"id": "A", "title": "One"}]))
    outside.forget_calls()
    house = opened(mode="observe")
    take(house, telling(revision=2, items=[{"id": "A", "title": SECRET_WORDS}]))
    nothing_left(outside)


def test_hold_waits_for_a_person_and_a_release_lets_go_what_was_meant(opened: OpenHouse, outside: Outside) -> None:
    house = opened(mode="hold")
    take(house, telling(items=[f"{SECRET_WORDS} {n}" for n in range(5)]))
    everything(house)
    assert codes(house) == {"hold"}
    nothing_left(outside)
    assert [each.refused for each in let_go(house, limit=2)] == [None, None]
    house.work()
    assert sorted(issue["title"] for issue in shown(house)) == [f"{SECRET_WORDS} {n}" for n in range(2)]
    assert "decision.release" in events(house, ("item", 1))


def test_what_was_on_its_way_when_the_target_was_put_on_hold_is_held(opened: OpenHouse, outside: Outside) -> None:
    live = opened()
    live.submit(telling())
    absorb_due(live.components, lambda: True)
    house = opened(mode="hold")
    everything(house)
    assert codes(house) == {"hold"}
    nothing_left(outside)


@pytest.mark.parametrize("which", [None, "pay"], ids=["everything", "the target"])
def test_a_pause_lets_nothing_leave_until_it_ends(house: House, outside: Outside, which: str | None) -> None:
    pause(house.components, which, SOMEBODY, "a freeze")
    take(house, telling())
    everything(house)
    nothing_left(outside)
    resume(house.components, which, SOMEBODY, "thawed")
    persist(house, 2)
    assert len(shown(house)) == 1


def test_more_than_twenty_issues_for_one_postmortem_are_held_and_told(house: House, outside: Outside) -> None:
    take(house, telling(items=[f"Item {n}" for n in range(30)]))
    everything(house)
    assert outside.creates() == 20
    held = [each for each in items_of(house) if each.attention_code == "brake"]
    assert len(held) == 10
    assert "More than 20 issues for one postmortem" in (held[0].attention or "")
    assert all(each.refused is None for each in let_go(house, code="brake"))
    house.work()
    assert outside.creates() == 30


def test_the_urgent_ones_are_made_before_the_brake_takes_hold(opened: OpenHouse) -> None:
    house = opened(service="creates_per_postmortem = 2")
    stated = [{"title": f"Item {n}", "priority": f"p{n}"} for n in (3, 0, 2, 1)]
    take(house, postmortem(items=stated))
    assert sorted(issue["title"] for issue in shown(house)) == ["Item 0", "Item 1"]


def test_a_brake_is_not_got_round_by_revisions(house: House, outside: Outside) -> None:
    for revision in range(1, 7):
        stated = [{"id": f"{revision}-{n}", "title": f"Item {revision}.{n}"} for n in range(10)]
        take(house, telling(revision=revision, items=stated))
    assert outside.creates() == 20


def test_more_than_a_hundred_issues_an_hour_are_held_for_their_target(opened: OpenHouse, outside: Outside) -> None:
    house = opened(service="creates_per_hour = 12")
    for number in range(5):
        take(house, telling(f"INC-{number}", items=[f"Item {number}.{n}" for n in range(4)]))
    take(house, postmortem("INC-9", services=["api"], items=["Elsewhere"]))
    assert outside.creates() == 13
    assert sum(each.attention_code == "brake" for each in items_of(house)) == 8
    house.pass_time(minutes=61)
    take(house, telling("INC-10", items=["An hour later"]))
    assert outside.creates() == 14


def old(number: int) -> dict[str, object]:
    stated = [{"title": f"{SECRET_WORDS} {number}", "owner": {"name": "Dana Okafor"}, "due_on": "2026-02-01"}]
    return telling(f"INC-{number}", finalized_at=FINAL, items=stated)


def test_two_hundred_documents_from_before_the_go_live_date_make_no_issue_and_no_mail(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(service='go_live_on = "2026-06-01"')
    for number in range(200):
        house.submit(old(number))
    house.work()
    everything(house)
    assert codes(house) == {"backlog"}
    nothing_left(outside)
    assert house.mails() == []
    assert len(let_go(house, code="backlog", limit=10)) == 10
    house.work()
    assert (outside.creates(), len(shown(house))) == (10, 10)


def test_an_old_document_adopts_without_a_mail_until_it_is_released(opened: OpenHouse, outside: Outside) -> None:
    house = opened(service='go_live_on = "2026-06-01"')
    take(house, postmortem("INC-0", items=["Somebody's own issue"]))
    url = shown(house)[0]["url"]
    outside.forget_calls()
    stated = {"title": "Old", "issue_url": url, "due_on": "2026-02-01", "owner": {"name": "Dana Okafor"}}
    take(house, postmortem("INC-1", finalized_at=FINAL, items=[stated]))
    outside.person(shown(house)[0], assignee="712020:dana-okafor")
    house.reconcile()
    house.pass_time(days=3)
    house.escalate()
    house.work()
    assert house.mails() == []
    assert items_of(house)[1].issue_id is not None
    let_go(house, code="backlog")
    house.escalate()
    house.work()
    assert [mail["to"] for mail in house.mails()] == ["dana.okafor@acme.example"]


@pytest.mark.parametrize(
    "secret", ["AKIAIOSFODNN7EXAMPLE", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "postgres://app:hunter2pass@db/x"]
)
def test_a_credential_in_a_postmortem_leaves_in_no_request(house: House, outside: Outside, secret: str) -> None:
    stated = {"id": "A", "title": f"Rotate {secret}", "description": f"It was {secret}.", "success_metric": secret}
    take(house, postmortem(revision=1, title=f"Leak of {secret}", summary=secret, items=[stated]))
    take(house, postmortem(revision=2, title=f"Leak of {secret}", items=[{**stated, "description": f"Now {secret}"}]))
    assert len(shown(house)) == 1
    needle = "hunter2pass" if "hunter2" in secret else secret
    assert outside.said(needle) == []
