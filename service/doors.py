"""Who stands at the door. One port for pages and API: `Door.identify(request) -> Actor | None`."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request

from config.model import ServiceConfig
from connectors.spi import Secret
from service.domain.facts import Actor, Role

PASSWORD = "AFTERACTION_OPERATOR_PASSWORD"  # noqa: S105 - the variable's name
PROXIES = "AFTERACTION_TRUSTED_PROXIES"
LONGEST_NAME = 200
LOCAL = Actor("person", "local", Role.OPERATOR)

# A request that carries one of these came through a proxy: its peer's address says nothing of who asks.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why somebody is not let in, and what would change that. `challenge`: a password would."""

    code: str
    sentence: str
    cure: str
    challenge: bool = False

    @property
    def status(self) -> int:
        return 401 if self.challenge else 403


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine alone."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Door:
    """Says who a request is from. On loopback everybody is the operator `local`, unless an identity is configured:
    then it is asked for there too, because a proxy on the same machine also comes from loopback.
    """

    def __init__(
        self, service: ServiceConfig, bind_host: str = "127.0.0.1", environ: Mapping[str, str] = os.environ
    ) -> None:
        self._service = service
        self._on_loopback = is_loopback(bind_host)
        self._password = Secret(PASSWORD)
        self._proxies = _networks(environ.get(PROXIES, ""))
        self._roles = _roles(service.operators)

    def identify(self, request: Request) -> Actor | None:
        """Who asks, or None if nobody that we know."""
        answer = self.admit(request)
        return answer if isinstance(answer, Actor) else None

    def admit(self, request: Request) -> Actor | Refused:
        """Who asks, or why they are not let in."""
        if self._on_loopback and not self._host_is_ours(request):
            # A page in somebody's browser whose name now resolves to 127.0.0.1 must not read ours (DNS rebinding).
            return Refused(
                "door.host",
                "These pages do not answer to the host name that this request asks for.",
                "Open them by localhost, 127.0.0.1 or the host of base_url; else set base_url in afteraction.toml.",
            )
        actor = self._by_proxy(request)
        if actor is not None:
            return actor
        password = self._expected()
        if password is not None:
            return self._by_password(request, password)
        if self._service.trusted_proxy_header:
            return Refused(
                "door.proxy",
                f"The proxy in front of these pages did not say who you are in {self._service.trusted_proxy_header}.",
                f"Sign in at the proxy; if it is not on this machine, name its address in {PROXIES}.",
            )
        return LOCAL if self._is_local(request) else _CLOSED

    def _host_is_ours(self, request: Request) -> bool:
        host = _host_of(request)
        return is_loopback(host) or host == urlsplit(self._service.base_url).hostname

    def _is_local(self, request: Request) -> bool:
        proxied = any(name in request.headers for name in FORWARDED)
        return (
            self._on_loopback
            and is_loopback(_host_of(request))
            and is_loopback(request.remote_addr or "")
            and not proxied
        )

    def _by_proxy(self, request: Request) -> Actor | None:
        header = self._service.trusted_proxy_header
        name = _clean(request.headers.get(header, "")) if header else ""
        if not name or not self._is_trusted_proxy(request.remote_addr):
            return None
        return Actor("person", name, self._roles.get(name.casefold(), Role.VIEWER))

    def _is_trusted_proxy(self, peer: str | None) -> bool:
        if not peer:
            return True  # A Unix socket: its peer is on this machine, and its file's mode says who may connect.
        if is_loopback(peer):
            return True
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)

    def _expected(self) -> str | None:
        try:
            return self._password.reveal()
        except LookupError:
            return None

    def _by_password(self, request: Request, expected: str) -> Actor | Refused:
        given = request.authorization
        if given is None or given.type != "basic":
            return Refused("door.password", "These pages ask for the operator's password.", _SIGN_IN, challenge=True)
        if not _same(given.password or "", expected):
            log.warning("A wrong operator password was given from %s.", request.remote_addr)
            return Refused("door.password", "This password is not the operator's.", _SIGN_IN, challenge=True)
        name = _clean(given.username or "") or "operator"
        # Whoever knows the password is an operator, unless the configuration names who is.
        return Actor("person", name, self._roles.get(name.casefold(), Role.VIEWER if self._roles else Role.OPERATOR))


_SIGN_IN = f"Sign in with your name and the password that {PASSWORD} holds."
_CLOSED = Refused(
    "door.closed",
    "These pages are shown only on the machine itself, because no identity is configured.",
    f"Set {PASSWORD} (or {PASSWORD}_FILE), or trusted_proxy_header under [service] in afteraction.toml; then restart.",
)


def _host_of(request: Request) -> str:
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return ""


def _same(given: str, expected: str) -> bool:
    """In constant time, also for texts of different length."""
    return hmac.compare_digest(hashlib.sha256(given.encode()).digest(), hashlib.sha256(expected.encode()).digest())


def _clean(name: str) -> str:
    """A name as it may stand in the journal: printable, one line, of bounded length."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:LONGEST_NAME]


def _roles(operators: Sequence[str]) -> dict[str, Role]:
    """Roles by name, from `name` (an operator) or `name:role`."""
    found: dict[str, Role] = {}
    words = {role.value: role for role in Role}
    for entry in operators:
        name, _, word = entry.rpartition(":")
        role = words.get(word.strip().lower())
        found[(name if name and role else entry).strip().casefold()] = (
            role if name and role else None
        ) or Role.OPERATOR
    return found


def _networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Addresses and networks, separated by commas or blanks. Raises ValueError on what is neither."""
    return [ipaddress.ip_network(part, strict=False) for part in text.replace(",", " ").split()]
