"""A tracker moves to another site, with new ids: the ledger finds its issues again, and nothing is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from connectors.sandbox.jira.model import Issue as JiraIssue
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from service.domain.facts import State
from service.ledger import Ledger
from service.ledger.tables import issues
from service.usecases.relink import Move, relink
from service.usecases.steer import UnknownSubject, resume
from tests.support.house import House, open_house
from tests.usecases.surroundings import SOMEBODY, Outside, events, items_of, ledger_issues, postmortem, shown, take
from tests.usecases.test_reconcile_cost import link_many

CARRIED = ("issue_type", "summary", "description", "labels", "properties", "comments")
FIRST_NEW_ID = 50_000
Enter = Callable[..., House]


@pytest.fixture(scope="module")
def other_site() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=0)) as sandbox:
        yield sandbox


@pytest.fixture
def moved(other_site: Sandbox, ledger: Ledger, tmp_path: Path, house: House) -> Enter:
    """The house once the tracker's address is the new site's; or, with `name`, where the new site has its own name."""
    other_site.world.reset(["issues", "mail", "stats", "faults", "kills"])
    _ = house

    def enter(name: str = "jira", routes: str = "") -> House:
        found = open_house(tmp_path, other_site, ledger, **({"routes": routes} if routes else {}))
        assert name in found.components.trackers
        return found

    return enter


def migrate(outside: Outside, to: Sandbox, *, first_id: int = FIRST_NEW_ID, bare: frozenset[str] = frozenset()) -> None:
    """Copies every issue to the new site as a vendor's migration does: the keys stay, the ids change; `bare` ones lose
    labels and properties on the way.
    """
    site = to.world.jira
    site._last_id = first_id
    for old in outside.sandbox.world.jira.everything():
        values = {name: getattr(old, name) for name in CARRIED}
        if old.key in bare:
            values |= {"labels": (), "properties": {}}
        site._numbers[old.project] = old.number - 1
        site.create("712020:afteraction", old.project, values)


def on(site: Sandbox) -> list[JiraIssue]:
    return site.world.jira.everything()


def jira_move(**names: str) -> Move:
    return Move("jira", "jira", names)


def sweep(house: House) -> None:
    house.pass_time(hours=2)
    house.reconcile()


def test_issues_are_found_by_marker_then_key_and_go_on_where_they_are(
    house: House, outside: Outside, other_site: Sandbox, moved: Enter
) -> None:
    take(house, postmortem(items=["One", "Two", "Three"]))
    migrate(outside, other_site, bare=frozenset({"PAY-2"}))
    there = moved()
    report = relink(there.components, jira_move(), SOMEBODY, "to the cloud")
    assert [(each.key, each.new_key, each.how) for each in report.relinked] == [
        ("PAY-1", "PAY-1", "marker"),
        ("PAY-2", "PAY-2", "key"),
        ("PAY-3", "PAY-3", "marker"),
    ]
    assert report.missed == ()
    site = other_site.world.jira
    site.edit(on(other_site)[1].id, "712020:dana-okafor", {"status": "Done", "resolution": "Done"})
    sweep(there)
    assert [each.state for each in items_of(there)] == [State.OPEN, State.DONE, State.OPEN]
    assert "issue.relinked" in events(there, ("item", 1))
    assert len(on(other_site)) == 3


def test_ids_that_are_other_issues_there_are_not_mixed_up(
    house: House, outside: Outside, other_site: Sandbox, moved: Enter
) -> None:
    take(house, postmortem(items=["One", "Two", "Three"]))
    first = min(each.id for each in outside.sandbox.world.jira.everything())
    migrate(outside, other_site, first_id=first)
    there = moved()
    sweep(there)
    assert {each.title for each in ledger_issues(there) if each.status} <= {"One", "Two", "Three"}
    report = relink(there.components, jira_move(), SOMEBODY, "to the cloud")
    assert len(report.relinked) == 3
    resume(there.components, "pay", SOMEBODY, "moved")
    sweep(there)
    by_id = {str(each.id): each.summary for each in on(other_site)}
    assert [by_id[each.ref] for each in ledger_issues(there)] == [each.title for each in items_of(there)]


def test_what_is_missed_is_listed_and_found_by_the_map(
    house: House, outside: Outside, other_site: Sandbox, moved: Enter
) -> None:
    take(house, postmortem(items=["One", "Two"]))
    migrate(outside, other_site, bare=frozenset({"PAY-2"}))
    site = other_site.world.jira
    last = on(other_site)[-1]
    site.delete(last.id, "712020:dana-okafor")
    made = site.create("712020:dana-okafor", "PLAT", {"issue_type": "Task", "summary": "Two"})
    there = moved()
    report = relink(there.components, jira_move(), SOMEBODY, "to the cloud")
    assert [each.key for each in report.missed] == ["PAY-2"]
    assert "map" in report.missed[0].why
    again = relink(there.components, jira_move(**{"PAY-2": made.key}), SOMEBODY, "with the map")
    assert [(each.key, each.new_key, each.how) for each in again.relinked][1:] == [("PAY-2", made.key, "map")]


def test_an_issue_that_stands_under_the_old_key_but_has_another_marker_is_not_taken(
    house: House, outside: Outside, other_site: Sandbox, moved: Enter
) -> None:
    take(house, postmortem(items=["One"]))
    site = other_site.world.jira
    values = {"issue_type": "Task", "summary": "Another", "labels": ("afteraction", "pm-anothermarker00")}
    site.create("712020:afteraction", "PAY", values)
    there = moved()
    report = relink(there.components, jira_move(), SOMEBODY, "to the cloud")
    assert [each.key for each in report.missed] == ["PAY-1"]
    assert shown(house)[0]["key"] == "PAY-1"


def test_a_comment_of_ours_is_found_again_and_edited_in_place(
    house: House, outside: Outside, other_site: Sandbox, moved: Enter
) -> None:
    stated = {"id": "A", "title": "Rotate the key", "success_metric": "Nobody is paged."}
    take(house, postmortem(revision=1, items=[stated]))
    take(house, postmortem(revision=2, items=[{**stated, "success_metric": "No quokka is paged."}]))
    migrate(outside, other_site)
    there = moved()
    relink(there.components, jira_move(), SOMEBODY, "to the cloud")
    take(there, postmortem(revision=3, items=[{**stated, "success_metric": "No wombat is paged."}]))
    (issue,) = on(other_site)
    assert len(issue.comments) == 1
    assert "wombat" in str(issue.comments[0])


def test_an_unknown_tracker_is_named(house: House) -> None:
    with pytest.raises(UnknownSubject, match="configure the new site first"):
        relink(house.components, Move("jira", "cloud", {}), SOMEBODY, "why")
    with pytest.raises(UnknownSubject, match="knows no issue"):
        relink(house.components, jira_move(), SOMEBODY, "why")


def test_a_thousand_issues_are_found_and_none_is_deleted_or_made_meanwhile(
    house: House, outside: Outside, other_site: Sandbox, moved: Enter
) -> None:
    link_many(house, outside, "jira")
    with house.ledger.begin() as uow:
        address = f"{outside.sandbox.url}/jira/browse/"
        uow.connection.execute(update(issues).values(url=address + issues.c.key))
        uow.commit()
    bare = frozenset(f"PAY-{number}" for number in range(1, 101))
    migrate(outside, other_site, bare=bare)
    for gone in on(other_site)[:20]:
        other_site.world.jira.delete(gone.id, "712020:dana-okafor")
    there = moved()
    for _ in range(3):
        sweep(there)
        there.work()
    with there.ledger.read() as uow:
        target = uow.targets.get("pay")
    assert target is not None
    assert target.paused_at is not None
    assert {each.state for each in items_of(there)} == {State.OPEN}
    assert not [each for each in ledger_issues(there) if each.gone_at is not None]
    report = relink(there.components, jira_move(), SOMEBODY, "to the cloud")
    assert (len(report.relinked), len(report.missed)) == (980, 20)
    assert {how: sum(each.how == how for each in report.relinked) for how in ("marker", "key")} == {
        "marker": 900,
        "key": 80,
    }
    resume(there.components, "pay", SOMEBODY, "moved")
    assert there.sandbox.world.stats.report()["creates"] == []
