"""Who is meant: names, e-mail addresses and tracker accounts to people and teams of the directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from config.model import PersonConfig, TeamConfig
from connectors.spi import Account, OwnerText


class Roster:
    """Look-ups over the configured people and teams. An ambiguous name is nobody, never a guess."""

    def __init__(self, people: Mapping[str, PersonConfig], teams: Mapping[str, TeamConfig]) -> None:
        self.people = people
        self.teams = teams
        self._by_name = _index((p.id, (p.id, p.name, p.email, *p.aliases)) for p in people.values())
        self._by_account = {
            (tracker, account): p.id for p in people.values() for tracker, account in p.accounts.items()
        }
        self._teams = _index((t.id, (t.id, t.name, *t.aliases)) for t in teams.values())
        self._by_service = _index((t.id, t.services) for t in teams.values())

    def owner(self, owner: OwnerText | None) -> PersonConfig | None:
        """The person a document names, by e-mail address first."""
        for text in (owner.email, owner.name) if owner else ():
            found = self._by_name.get(_fold(text)) if text else None
            if found:
                return self.people[found]
        return None

    def person(self, name: str) -> PersonConfig | None:
        """Whom a name, address or id means."""
        found = self._by_name.get(_fold(name))
        return self.people[found] if found else None

    def holder(self, tracker: str, account: Account | None) -> PersonConfig | None:
        """The person behind a tracker's account, by configured account id, else by e-mail address."""
        if account is None:
            return None
        found = self._by_account.get((tracker, account.id))
        if found is None and account.email:
            found = self._by_name.get(_fold(account.email))
        return self.people[found] if found else None

    def account(self, tracker: str, person: PersonConfig | None) -> Account | None:
        if person is None or person.left or tracker not in person.accounts:
            return None
        return Account(id=person.accounts[tracker], name=person.name, email=person.email)

    def team(self, names: Iterable[str | None], services: Iterable[str] = ()) -> TeamConfig | None:
        """The first team that one of the names means, else the team that owns one of the services."""
        for name in names:
            found = self._teams.get(_fold(name)) if name else None
            if found:
                return self.teams[found]
        for service in services:
            found = self._by_service.get(_fold(service))
            if found:
                return self.teams[found]
        return None


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold().lstrip("@")


def _index(entries: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str | None]:
    index: dict[str, str | None] = {}
    for identifier, names in entries:
        for name in {_fold(name) for name in names if name}:
            index[name] = identifier if index.get(name, identifier) == identifier else None
    return index
