"""What one promise costs at each target, counted where the requests arrive."""

from __future__ import annotations

from tests.usecases.everywhere import Standing, standing
from tests.usecases.surroundings import Outside, postmortem, take

__all__ = ["standing"]
ITEMS = 10
# The house's own configuration names a place of these two besides.
ALSO_ASKED = frozenset({"jira", "github"})


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
