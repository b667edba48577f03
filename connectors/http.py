"""What our own HTTP calls share: a total deadline, no redirects and no retries. See `answers` for what failures become.

The vendors' client libraries keep their own sessions; `prepare` mounts our adapter into them, so that every call of
theirs goes through it. One session is used by one thread at a time.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

MAX_BYTES = 20 * 1024 * 1024
CONNECT_SECONDS = 5.0
_REDIRECTED_TO = "x-redirected-to"


def user_agent() -> str:
    try:
        return f"Afteraction/{version('afteraction')}"
    except PackageNotFoundError:
        return "Afteraction/0"


class CallFailed(requests.ConnectionError):
    """No whole answer came. `sent`: something of the request left us, so the vendor may have acted on it."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class _Deadline:
    """Shuts the socket of one call when its time is over: a time-out per read never ends with a trickling server."""

    def __init__(self, seconds: float) -> None:
        self.sent = False
        self.expired = False
        self._ends = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, sock: socket.socket) -> None:
        with self._lock:
            self._socket = sock
        if self.expired:
            self._shut()

    def is_over(self) -> bool:
        return self.expired or time.monotonic() >= self._ends

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None

    def _end(self) -> None:
        self.expired = True
        self._shut()

    def _shut(self) -> None:
        with self._lock:
            if self._socket is None:
                return
            try:
                # The plain socket's shutdown: that of an SSLSocket drops the TLS state under the reader's feet.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return


_call = threading.local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """One total deadline for all HTTP calls of a step: a lease is shorter than two calls in a row."""
    outer: float | None = getattr(_call, "ends", None)
    ends = time.monotonic() + seconds
    _call.ends = ends if outer is None else min(ends, outer)
    try:
        yield
    finally:
        _call.ends = outer


def _seconds_left(seconds: float) -> float:
    ends: float | None = getattr(_call, "ends", None)
    return seconds if ends is None else min(seconds, ends - time.monotonic())


class Watched(HTTPConnection):
    """Tells the running call's deadline which socket it uses, and when the first byte of the request leaves."""

    def connect(self) -> None:
        super().connect()
        deadline: _Deadline | None = getattr(_call, "deadline", None)
        if deadline is not None:
            deadline.sent = False  # what a proxy was asked during connect is not the request

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        deadline: _Deadline | None = getattr(_call, "deadline", None)
        if deadline is not None and self.sock is not None:
            deadline.watch(self.sock)
            deadline.sent = True
        super().send(data)


class WatchedTls(Watched, HTTPSConnection):
    """The same with TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = WatchedTls


class DeadlineAdapter(HTTPAdapter):
    """One request within `seconds` from connecting to the last byte, sent once, answered whole and not too large.

    A redirect's address is moved out of sight of whoever would follow it: both client libraries re-send a POST to it.
    Resolving a name cannot be interrupted, and connecting takes up to 5 s an address; neither has sent anything yet.
    """

    def __init__(self, seconds: float, max_bytes: int = MAX_BYTES) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        self._watch(manager)
        return manager

    def _watch(self, manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = self.pools()

    def pools(self) -> dict[str, Any]:
        """Which kinds of connections are made, by scheme."""
        return {"http": _Pool, "https": _TlsPool}

    def send(self, request: requests.PreparedRequest, *_: Any, **kwargs: Any) -> requests.Response:
        seconds = _seconds_left(self._seconds)
        if seconds <= 0:
            raise CallFailed("the step had no time left for it", sent=False)
        kwargs.update(stream=True, timeout=(min(CONNECT_SECONDS, seconds), seconds))
        deadline = _Deadline(seconds)
        _call.deadline = deadline
        try:
            response = super().send(request, **kwargs)
            self._read(response, deadline)
        except (requests.RequestException, HTTPError, OSError) as error:
            if isinstance(error, CallFailed):
                raise
            raise CallFailed(_reason(error, deadline), sent=deadline.sent) from error
        finally:
            deadline.close()
            _call.deadline = None
        return _without_redirect(response)

    def _read(self, response: requests.Response, deadline: _Deadline) -> None:
        parts, size = [], 0
        for part in response.iter_content(65536):
            parts.append(part)
            size += len(part)
            if size > self._max_bytes:
                response.close()
                raise CallFailed("the answer was too large", sent=True)
        if deadline.is_over():  # a socket that was shut looks like the end of a body without a length
            response.close()
            raise CallFailed("no whole answer came in time", sent=deadline.sent)
        response.encoding = response.encoding or "utf-8"  # else requests guesses it from the bytes, slowly
        response._content = b"".join(parts)  # what requests itself does when a caller did not ask to stream


def _without_redirect(response: requests.Response) -> requests.Response:
    location = response.headers.pop("location", None)
    if location is not None and 300 <= response.status_code < 400:
        response.headers[_REDIRECTED_TO] = location
    elif location is not None:
        response.headers["location"] = location
    return response


def redirected_to(headers: Mapping[str, str]) -> str | None:
    return headers.get(_REDIRECTED_TO)


def _reason(error: BaseException, deadline: _Deadline) -> str:
    """Our own words: a library's text may carry an address with a password in it."""
    if deadline.is_over() or isinstance(error, requests.Timeout):
        return "no whole answer came in time" if deadline.sent else "the connection was not made in time"
    chain = list(_causes(error))
    if any(isinstance(each, requests.exceptions.ProxyError) for each in chain):
        return "the proxy did not let it through"
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in chain):
        return "its TLS certificate could not be verified"
    if any(isinstance(each, socket.gaierror) for each in chain):
        return "its name could not be resolved"
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        return "the connection was refused"
    return "the connection broke" if deadline.sent else "the connection could not be made"


def _causes(error: BaseException | None) -> Any:
    """The error and what it wraps: urllib3 keeps the cause in `reason` or in its arguments, Python in __context__."""
    seen: list[BaseException] = []
    pending = [error]
    while pending:
        current = pending.pop()
        if not isinstance(current, BaseException) or any(current is each for each in seen):
            continue
        seen.append(current)
        yield current
        pending += [current.__cause__, current.__context__, getattr(current, "reason", None)]
        pending += [each for each in current.args if isinstance(each, BaseException)]


@dataclass(frozen=True, slots=True)
class Reach:
    """How a vendor's site is reached: its API address, and what stands between."""

    base_url: str
    call_seconds: float = 25.0
    proxy: str | None = None
    ca_bundle: str | None = None
    max_bytes: int = MAX_BYTES


class SecretAuth(AuthBase):
    """Reads the credential anew for each request, so that a replaced one is used without a restart."""

    def __init__(self, header: Callable[[], str]) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header()
        return request


def prepare(session: requests.Session, reach: Reach, auth: SecretAuth | None = None) -> requests.Session:
    """Gives a session, ours or a library's, our adapter, user agent, proxy and CA bundle."""
    adapter = DeadlineAdapter(reach.call_seconds, reach.max_bytes)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = user_agent()
    session.auth = auth
    # With trust_env requests would let REQUESTS_CA_BUNDLE and HTTPS_PROXY overrule the session's own settings, and
    # read ~/.netrc for credentials; so the environment is read here, once, and only where nothing is set.
    session.trust_env = False
    if reach.proxy:
        session.proxies = {"http": reach.proxy, "https": reach.proxy}
    elif not is_loopback(reach.base_url):
        session.proxies = dict(requests.utils.get_environ_proxies(reach.base_url))
    session.verify = reach.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or True
    return session


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
