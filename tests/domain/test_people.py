"""Who is meant: found by what the directory says of them, and nobody where that is not clear."""

from __future__ import annotations

import pytest

from config.model import PersonConfig, TeamConfig
from connectors.spi import Account, OwnerText
from service.domain.people import Roster

DANA = PersonConfig(
    "dana", "Dana Okafor", "dana@acme.example", aliases=("dokafor", "d.okafor@old.example"), accounts={"jira": "j-1"}
)
MATEO = PersonConfig("mateo", "Mateo Silva", "mateo@acme.example", accounts={"jira": "j-2", "github": "msilva"})
GONE = PersonConfig("gone", "Gone Girl", "gone@acme.example", accounts={"jira": "j-3"}, left=True)
TEAMS = {
    "pay": TeamConfig("pay", "Payments", services=("api", "Ledger DB"), aliases=("Team Money",)),
    "web": TeamConfig("web", "Web", services=("front", "shared")),
    "ops": TeamConfig("ops", "Operations", services=("shared",)),
}


def roster(*more: PersonConfig) -> Roster:
    return Roster({person.id: person for person in (DANA, MATEO, GONE, *more)}, TEAMS)


@pytest.mark.parametrize(
    "owner",
    [
        OwnerText(name="Dana Okafor"),
        OwnerText(name="  dana   OKAFOR "),
        OwnerText(name="@dokafor"),
        OwnerText(name="dana"),
        OwnerText(email="DANA@acme.example"),
        OwnerText(email="d.okafor@old.example"),
        OwnerText(name="dana@acme.example"),
        OwnerText(email="unknown@acme.example", name="Dana Okafor"),
        OwnerText(email="dana@acme.example", name="Mateo Silva"),
    ],
    ids=str,
)
def test_an_owner_is_found_by_id_name_address_or_alias_address_first(owner: OwnerText) -> None:
    assert roster().owner(owner) is DANA


@pytest.mark.parametrize(
    "owner", [None, OwnerText(), OwnerText(name=""), OwnerText(name="Dan"), OwnerText(name="Okafor")], ids=str
)
def test_who_is_not_said_plainly_is_nobody(owner: OwnerText | None) -> None:
    assert roster().owner(owner) is None


def test_a_name_that_two_people_have_is_nobody_but_their_addresses_still_are() -> None:
    other = PersonConfig("dana2", "Dana Okafor", "dana.o@acme.example")
    both = roster(other)
    assert both.owner(OwnerText(name="Dana Okafor")) is None
    assert both.owner(OwnerText(name="Dana Okafor", email="dana.o@acme.example")) is other


def test_a_name_that_three_people_have_is_nobody_either() -> None:
    twins = [PersonConfig(f"d{n}", "Dana Okafor", f"d{n}@acme.example") for n in range(3)]
    assert roster(*twins).owner(OwnerText(name="Dana Okafor")) is None


def test_the_holder_of_an_issue_is_found_by_account_and_else_by_address() -> None:
    known = roster()
    assert known.holder("jira", Account("j-1")) is DANA
    assert known.holder("github", Account("j-1")) is None
    assert known.holder("jira", Account("j-9", email="Mateo@acme.example")) is MATEO
    assert known.holder("jira", None) is None


def test_an_account_is_given_to_nobody_who_left_or_has_none() -> None:
    known = roster()
    assert known.account("jira", GONE) is None
    assert known.account("github", DANA) is None
    assert known.account("jira", None) is None
    assert known.account("github", MATEO) == Account("msilva", "Mateo Silva", "mateo@acme.example")


@pytest.mark.parametrize(
    ("names", "services", "team"),
    [
        (["Payments"], [], "pay"),
        ([None, "team  MONEY"], [], "pay"),
        (["unknown", "Web"], [], "web"),
        ([], ["ledger db"], "pay"),
        (["unknown"], ["front"], "web"),
        (["Web"], ["api"], "web"),
        ([], ["shared"], None),
        ([], ["shared", "api"], "pay"),
        ([], [], None),
    ],
)
def test_a_team_is_found_by_name_and_else_by_a_service_that_it_alone_owns(
    names: list[str | None], services: list[str], team: str | None
) -> None:
    found = roster().team(names, services)
    assert (found.id if found else None) == team
