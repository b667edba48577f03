"""What one promise costs at each target, counted where the requests arrive."""

from __future__ import annotations

from tests.usecases.everywhere import Standing, standing
from tests.usecases.surroundings import Outside, persist, postmortem, take

__all__ = ["standing"]
ITEMS = 10
# The house's own configuration names a place of these two besides.
ALSO_ASKED = frozenset({"jira", "github"})

# Redmine may have given the number to another issue, and answers 204 to what it ignores: a look before and one after.
PUT_UNDER = {"redmine": 3}


def test_an_action_item_costs_one_request_and_a_cycle_in_which_nothing_changed_one_more(
    standing: Standing, outside: Outside
) -> None:
    target, house = standing.bench.stand_in, standing.house
    take(house, postmortem("INC-1"))
    outside.forget_calls()
    take(house, postmortem("INC-2", items=[f"Add alert {number}" for number in range(ITEMS)]))
    assert outside.calls(target) == ITEMS, outside.routes(target)
    standing.bench.age(3600, apart=1)
    for _ in range(3):
        house.pass_time(seconds=61)
        while house.reconcile():
            pass
    house.pass_time(seconds=61)
    outside.forget_calls()
    house.reconcile()
    assert outside.calls(target) == (2 if target in ALSO_ASKED else 1), outside.routes(target)


def test_what_is_switched_on_beside_an_issue_costs_one_request_each(standing: Standing, outside: Outside) -> None:
    can, target = standing.bench.tracker.capabilities, standing.bench.stand_in
    wanted = ('parent = "postmortem"\n' if can.parents else "") + ("link_back = true\n" if can.links else "")
    if "jira" in target:
        wanted += 'parent_type = "Epic"\n'
    house = standing.reopened(wanted)
    take(house, postmortem("INC-1"))
    persist(house, 3)
    outside.forget_calls()
    take(house, postmortem("INC-2", items=[f"Add alert {number}" for number in range(ITEMS)]))
    persist(house, 3)
    # One parent more for the postmortem; in Data Center its key is read once.
    least = ITEMS + (1 if can.parents else 0) + (1 if target == "jira-dc" else 0)
    each = (PUT_UNDER.get(target, 1) if can.parents else 0) + (1 if can.links else 0)
    assert outside.calls(target) == least + ITEMS * each, outside.routes(target)
