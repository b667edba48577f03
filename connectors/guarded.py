"""Calls to an address that somebody else names: checked where the connection is made, not only where it is configured.

The name is resolved once, every address that it has is checked, and the connection goes to one of just those: a
resolver that answers otherwise a moment later changes nothing. No proxy is used, for it would resolve the name itself,
and no redirect is followed.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NameResolutionError, NewConnectionError
from urllib3.util import parse_url

from connectors.addresses import Network, is_allowed, may_be_reached
from connectors.http import DeadlineAdapter, Watched, WatchedTls, user_agent
from connectors.spi import AccessDenied

_CURE = "Name the address of a public host, or allow its network in allow_networks if it is meant."
# Below it stand other protocols' ports, which a request must not be made to talk to.
_LEAST_PORT, _WEB_PORTS = 1024, (80, 443)


def check_address(url: str, allowed: Sequence[Network] = ()) -> None:
    """What can be said of an address before it is resolved. Raises AccessDenied with the reason."""
    try:
        parts, other = urlsplit(url), parse_url(url)
        host, port = parts.hostname, parts.port
    except (ValueError, LocationParseError):
        raise _refused("it is no web address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise _refused("it is no http or https address")
    if not url.isprintable() or any(each in url for each in " \\\t\r\n"):
        raise _refused("it holds characters that no address has")
    if "@" in parts.netloc:
        raise _refused("it holds credentials")
    if not host.isascii():
        raise _refused("its host is not in ASCII (xn--)")
    if (other.host or "").strip("[]").lower() != host.strip("[]").lower():
        raise _refused("it can be read in two ways")
    if port is not None and port < _LEAST_PORT and port not in _WEB_PORTS:
        raise _refused(f"port {port} is not the web's")
    if parts.scheme == "http" and not allowed:
        raise _refused("it is not https")


class GuardedAdapter(DeadlineAdapter):
    """One request within `seconds` to a host whose addresses are all public or in `allowed`; plain http goes only to
    what is in `allowed`. Only the status and the headers of the answer are taken: its body is a stranger's, and
    whatever becomes of it, what was sent has arrived.
    """

    def __init__(self, seconds: float, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)
        super().__init__(seconds)

    def _read(self, response: requests.Response, deadline: Any) -> None:
        _ = deadline
        response._content = b""
        response.close()

    def pools(self) -> dict[str, Any]:
        allowed = self._allowed

        class Plain(Watched):
            def _new_conn(self) -> socket.socket:
                return _connected(self, allowed, plain=True)

        class Tls(WatchedTls):
            def _new_conn(self) -> socket.socket:
                return _connected(self, allowed, plain=False)

        class Pool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        return {"http": Pool, "https": TlsPool}


def guarded_session(seconds: float, allowed: Sequence[Network] = (), ca_bundle: str | None = None) -> requests.Session:
    """A session for addresses that somebody else names. See `check_address` for what to ask of one first."""
    session = requests.Session()
    session.mount("https://", GuardedAdapter(seconds, allowed))
    session.mount("http://", GuardedAdapter(seconds, allowed))
    session.headers["User-Agent"] = user_agent()
    session.trust_env = False
    session.verify = ca_bundle or True
    return session


def _connected(connection: Watched, allowed: Sequence[Network], *, plain: bool) -> socket.socket:
    """A socket to one of the checked addresses of the connection's host. Raises AccessDenied where one is closed."""
    found = _resolved(connection)
    for *_, address in found:
        reached = is_allowed(address[0], allowed) if plain else may_be_reached(address[0], allowed)
        if not reached:
            raise _refused(f"{connection.host} leads to {address[0]}, which must not be reached")
    failed: OSError | None = None
    for family, kind, protocol, _, address in found:
        try:
            return _opened(connection, (family, kind, protocol), address)
        except OSError as error:
            failed = error
    if isinstance(failed, TimeoutError):
        raise ConnectTimeoutError(connection, "No connection was made in time.") from failed
    raise NewConnectionError(connection, f"No connection could be made: {failed}") from failed


def _resolved(connection: Watched) -> list[Any]:
    host = connection.host.strip("[]")
    try:
        return socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except UnicodeError:
        raise _refused("its host is no name") from None


def _opened(connection: Watched, kind: tuple[int, int, int], address: Any) -> socket.socket:
    with ExitStack() as undone:
        opened = undone.enter_context(socket.socket(*kind))
        for option in connection.socket_options or ():
            opened.setsockopt(*option)
        opened.settimeout(float(connection.timeout))  # type: ignore[arg-type]  # DeadlineAdapter always sets one
        opened.connect(address)
        undone.pop_all()
    return opened


def _refused(why: str) -> AccessDenied:
    return AccessDenied("address.refused", f"The address is refused: {why}.", _CURE)
