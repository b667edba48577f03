"""Addresses that must not be reached are not, however they are spelt: a server there sees no connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from connectors.addresses import networks
from connectors.guarded import guarded_session
from connectors.http import CallFailed
from connectors.spi import AccessDenied, ConnectorError, Event, Secret
from connectors.webhook.listener import WebhookListener
from connectors.webhook.settings import WebhookSettings
from tests.connectors_smtp.servers import certificate
from tests.support.house import KEY
from tests.support.subscriber import Subscriber, subscribing

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
EVENT = Event("evt_1", "issue.opened", NOON, NOON, {})
ELSEWHERE = networks(["10.99.0.0/16"])

# Everything here is loopback, or an address that some network lets us reach although it is not the internet.
HOSTS = [
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1"),
    *("017700000001", "127.000.000.001", "127.255.255.254", "0.0.0.0", "0", "127.0.0.1."),
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.100.100.200"),
    *("169.254.169.254", "169.254.170.2", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "168.63.129.16"),
    *("192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]"),
    *("[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[2001:2::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]"),
    *("[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "[ff02::1]", "[::127.0.0.1]"),
    *("localhost", "localhost.", "LocalHost", "127。0。0。1", "①②⑦.⓪.⓪.①", "ⓛocalhost"),
]
WHOLE = [
    "https://hooks.example.com@127.0.0.1:{port}/",
    "https://hooks.example.com:443@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@hooks.example.com/",
    "https://hooks.example.com\\@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}#@hooks.example.com/",
    "https://127.0.0.1:{port} .hooks.example.com/",
    "https://127.0.0.1:{port}\t/",
    "https://127.0.0.1:{port}/\r\nX-Injected: 1",
    "https:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "file:///etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "javascript:alert(1)",
    "https://127.0.0.1:99999/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:25/",
    "https://[::1/",
]


def listener(url: str, *allowed: str, **more: Any) -> WebhookListener:
    settings = WebhookSettings(url, (Secret("TEST_OUT", f"whsec_{KEY}"),), networks(allowed), call_seconds=2, **more)
    return WebhookListener("wh", settings)


@pytest.fixture
def inside() -> Iterator[Subscriber]:
    """What must not be reached: it answers on both loopback addresses under one port."""
    with subscribing() as found:
        port = int(found.url.rsplit(":", 1)[1])
        with socket.create_server(("::1", port), family=socket.AF_INET6) as six, _counting(six, found):
            yield found


@contextlib.contextmanager
def _counting(server: socket.socket, seen: Subscriber) -> Iterator[None]:
    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                seen.connections += 1
                connection.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield
    server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def port_of(inside: Subscriber) -> int:
    return int(inside.url.rsplit(":", 1)[1])


def answering(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Every name leads to each answer in turn, the last one for good; numbers are resolved as ever. Returns what was
    asked.
    """
    real, asked, left = socket.getaddrinfo, [], list(answers)

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not name.endswith(".example.com"):
            return real(host, port, *args, **kwargs)
        asked.append(name)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [each for address in found for each in real(address, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_there_are_sixty_and_more() -> None:
    assert len(HOSTS) + len(WHOLE) >= 80


@pytest.mark.parametrize("host", HOSTS)
def test_a_closed_host_is_refused_before_a_connection_is_made(inside: Subscriber, host: str) -> None:
    with pytest.raises(AccessDenied) as refused:
        listener(f"https://{host}:{port_of(inside)}/").send(EVENT)
    assert (refused.value.code, inside.connections) == ("address.refused", 0)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", HOSTS)
def test_where_a_connection_is_made_a_closed_host_is_refused_whatever_was_checked_before(
    inside: Subscriber, host: str, scheme: str
) -> None:
    session = guarded_session(2, ELSEWHERE)
    with pytest.raises((AccessDenied, CallFailed, requests.RequestException)):
        session.post(f"{scheme}://{host}:{port_of(inside)}/", data="{}")
    assert inside.connections == 0


@pytest.mark.parametrize("url", WHOLE)
def test_an_address_that_is_none_or_can_be_read_in_two_ways_is_refused(inside: Subscriber, url: str) -> None:
    with pytest.raises(AccessDenied):
        listener(url.format(port=port_of(inside))).send(EVENT)
    session = guarded_session(2, ELSEWHERE)
    with pytest.raises((AccessDenied, CallFailed, requests.RequestException)):
        session.post(url.format(port=port_of(inside)), data="{}")
    assert inside.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["93.184.216.34", "127.0.0.1"], ["2606:2800:220:1::1", "::1"], ["::ffff:127.0.0.1"]],
    ids=["loopback", "loopback (IPv6)", "beside a public one", "beside a public one (IPv6)", "mapped"],
)
def test_a_name_that_leads_inside_is_refused_as_a_whole(
    inside: Subscriber, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    answering(monkeypatch, addresses)
    with pytest.raises(AccessDenied, match=r"leads to .*, which must not be reached"):
        listener(f"https://hooks.example.com:{port_of(inside)}/").send(EVENT)
    assert inside.connections == 0


def test_a_name_that_turns_inside_after_it_was_checked_leads_to_what_was_checked(
    inside: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.2", port_of(inside))) as outside, _counting(outside, seen := Subscriber()):
        asked = answering(monkeypatch, ["127.0.0.2"], ["127.0.0.1"])
        with pytest.raises(CallFailed):
            guarded_session(2, networks(["127.0.0.2/32"])).post(f"http://hooks.example.com:{port_of(inside)}/")
        assert len(asked) == 1
    assert (inside.connections, seen.connections) == (0, 1)


def test_a_name_that_turned_inside_since_it_was_configured_is_refused_at_each_try(
    inside: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, ["127.0.0.1"])
    ours = listener(f"https://hooks.example.com:{port_of(inside)}/")
    assert ours.check() == []
    for _ in range(3):
        with pytest.raises(AccessDenied):
            ours.send(EVENT)
    assert inside.connections == 0


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
def test_no_proxy_is_used_for_it_would_resolve_the_name_itself(
    inside: Subscriber, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, inside.url)
    for url in ("https://hooks.invalid/", "https://169.254.169.254/"):
        with pytest.raises(ConnectorError):
            listener(url).send(EVENT)
    assert inside.connections == 0


def test_a_network_that_the_operator_allows_is_reached_and_no_other(inside: Subscriber) -> None:
    assert listener(inside.url, "127.0.0.0/30").send(EVENT).status == "204"
    assert inside.connections == 1
    for host in ("[::1]", "127.0.0.9"):
        with pytest.raises(AccessDenied):
            listener(f"http://{host}:{port_of(inside)}/", "127.0.0.0/30").send(EVENT)
    assert inside.connections == 1


def test_plain_http_goes_nowhere_without_an_allowed_network() -> None:
    with pytest.raises(AccessDenied, match="it is not https"):
        listener("http://hooks.example.com/").send(EVENT)


def test_plain_http_does_not_leave_an_allowed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["93.184.216.34"])
    with pytest.raises(AccessDenied, match="leads to 93"):
        listener("http://hooks.example.com/", "10.0.0.0/8").send(EVENT)


@pytest.fixture
def tls(tmp_path: Any) -> Iterator[Callable[..., tuple[int, str]]]:
    """A TLS server on 127.0.0.1 whose certificate is for the given names: its port, and the authority's file."""
    with contextlib.ExitStack() as stack:

        def serve(*names: str) -> tuple[int, str]:
            authority, context = certificate(tmp_path, *names)
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            threading.Thread(target=_answer_tls, args=(server, context), daemon=True).start()
            return server.getsockname()[1], str(authority)

        yield serve


def _answer_tls(server: socket.socket, context: ssl.SSLContext) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            received = b""
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                while b"\r\n\r\n{" not in (received := received + secured.recv(65536)):
                    pass
                secured.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(("name", "fits"), [("hooks.example.com", True), ("other.example.com", False)])
def test_the_certificate_is_checked_for_the_name_and_not_for_the_address(
    tls: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, name: str, fits: bool
) -> None:
    port, authority = tls("hooks.example.com")
    answering(monkeypatch, ["127.0.0.1"])
    ours = listener(f"https://{name}:{port}/", "127.0.0.0/8", ca_bundle=authority)
    if fits:
        assert ours.send(EVENT).status == "204"
        return
    with pytest.raises(ConnectorError, match="certificate could not be verified"):
        ours.send(EVENT)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001:830::200e", "64:ff9b::808:808"]
)
def test_the_internet_is_open(address: str) -> None:
    from connectors.addresses import may_be_reached

    assert may_be_reached(address)
