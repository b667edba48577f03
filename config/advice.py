"""What holds, and yet is probably not meant: said by `check` as warnings, never a reason not to start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from config.faults import listed
from config.model import Config, RouteConfig
from connectors.spi import Finding


def advice(config: Config) -> tuple[Finding, ...]:
    """Warnings about the whole of a valid configuration."""
    return (
        *_address(config),
        *_routes(config),
        *_policies(config),
        *_people(config),
    )


def _address(config: Config) -> Iterator[Finding]:
    live = [target.name for target in config.targets.values() if target.mode == "live"]
    if live and _is_loopback(config.service.base_url):
        yield Finding(
            "base_url_loopback",
            f"Issues in {listed(live)} will link to {config.service.base_url}, which nobody else can open.",
            "Set base_url in [service] to the address where people reach Afteraction.",
        )
    if live and config.service.go_live_on is None:
        yield Finding(
            "no_go_live_date",
            f"Every finalized postmortem, however old, creates issues in {listed(live)}.",
            "Set go_live_on in [service]; older ones are then held until somebody releases them.",
        )


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback or ip_address(host).is_unspecified
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _routes(config: Config) -> Iterator[Finding]:
    if not any(route.default or _takes_all(route) for route in config.routes):
        yield Finding(
            "no_default_route",
            "No route is the default, so an action item that no route matches is held for a person.",
            "Add a route with default = true, unless that is meant.",
        )
    for index, route in enumerate(config.routes):
        later = [other.name for other in config.routes[index + 1 :] if not other.default]
        if _takes_all(route) and later:
            yield Finding(
                "unreachable_route",
                f"Route {route.name} has no conditions and leaves only private items to {listed(later)}.",
                f"Give {route.name} conditions, put it last, or write default = true in it.",
            )
            break
    unused = config.targets.keys() - {route.target for route in config.routes}
    if unused:
        yield Finding(
            "unused_target",
            f"No route leads to {listed(sorted(unused))}.",
            "Add a route with that target, or take the target out.",
        )


def _takes_all(route: RouteConfig) -> bool:
    conditions = (route.teams, route.services, route.severities, route.kinds, route.priorities, route.visibility)
    return not route.default and not any((*conditions, route.sources))


def _policies(config: Config) -> Iterator[Finding]:
    if not any(policy.default or not (policy.teams or policy.severities) for policy in config.policies):
        yield Finding(
            "no_default_policy",
            "No escalation policy is the default, so nobody is told of stalled items that no policy matches.",
            "Write default = true in one policy.",
        )
    if not config.channels:
        yield Finding(
            "no_channel",
            "There is no channel, so nobody is told of anything that stalls.",
            'Add a channel, such as [channels.mail] with type = "smtp".',
        )
    elif not config.service.operators:
        yield Finding(
            "no_operators",
            "Nobody is named as an operator, so nobody is mailed when a token ends or a source falls silent.",
            'Name somebody in [service], such as operators = ["ops@example.com"].',
        )


def _people(config: Config) -> Iterator[Finding]:
    for team in config.teams.values():
        if team.lead is None or config.people[team.lead].left:
            why = "has no lead" if team.lead is None else f"is led by {team.lead}, who left"
            yield Finding(
                "team_without_lead",
                f"Team {team.id} {why}, so nobody is told of its items that have no owner.",
                f"Set lead of team {team.id} to the id of somebody who is there.",
            )
    people = ((person.id, (person.name, *person.aliases)) for person in config.people.values())
    teams = ((team.id, (team.name, *team.aliases)) for team in config.teams.values())
    yield from _shared("people", people)
    yield from _shared("teams", teams)


def _shared(what: str, named: Iterable[tuple[str, Iterable[str]]]) -> Iterator[Finding]:
    owners: dict[str, list[str]] = {}
    for identifier, names in named:
        for name in {" ".join(name.split()).casefold() for name in names}:
            owners.setdefault(name, []).append(identifier)
    for name, ids in owners.items():
        if len(ids) > 1:
            yield Finding(
                "ambiguous_name",
                f"The name {name} means several {what} ({listed(ids)}), so a postmortem that uses it reaches none.",
                "Give each an alias of its own, and use that or the address in postmortems.",
            )
