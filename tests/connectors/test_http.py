from __future__ import annotations

import socket

import pytest
import requests

from connectors.http import CallFailed, Reach, is_loopback, prepare, redirected_to, user_agent, within
from tests.connectors.servers import answer, hang, reset, say, took_less_than, trickle, wire

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def session(url: str, seconds: float = 0.35, **more: object) -> requests.Session:
    return prepare(requests.Session(), Reach(url, seconds, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "talk",
    [
        trickle(HEAD + b"Content-Length: 1000\r\n\r\n"),
        trickle(HEAD + b"\r\n"),
        trickle(HEAD + b"X-Slow: ", b"x"),
        trickle(b"HTTP/1.1 200 O", b"K"),
        trickle(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        hang,
    ],
    ids=["body with a length", "body without a length", "headers", "status line", "chunks", "silence"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_call_ends_within_its_deadline_however_slowly_the_server_answers(talk, method):
    with wire(talk) as server, took_less_than(1.5), pytest.raises(CallFailed) as failure:
        session(server.url).request(method, server.url, data="{}")
    assert failure.value.sent
    assert len(server.requests) == 1


def test_call_after_a_cut_one_works_on_the_same_session():
    with wire(hang) as slow, wire(answer("200 OK")) as good:
        ours = session(slow.url)
        with pytest.raises(CallFailed):
            ours.get(slow.url)
        assert ours.get(good.url).json() == {}


def test_reset_after_the_request_is_reported_as_sent_and_never_repeated():
    with wire(reset) as server:
        with pytest.raises(CallFailed) as failure:
            session(server.url, 5).post(server.url, data="{}")
        assert failure.value.sent
        assert len(server.requests) == 1


def test_refused_connection_and_unknown_name_are_reported_as_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for url, word in ((f"http://127.0.0.1:{port}", "refused"), ("http://nowhere.invalid", "resolved")):
        with pytest.raises(CallFailed, match=word) as failure:
            session("http://127.0.0.1", 5).post(url, data="{}")
        assert not failure.value.sent


def test_tls_that_cannot_be_made_is_reported_as_not_sent():
    with wire(say(b"not tls")) as server:
        with pytest.raises(CallFailed) as failure:
            session(server.url, 5).post(server.url.replace("http:", "https:"), data="{}")
        assert not failure.value.sent


def test_answer_over_the_cap_is_not_read_to_its_end():
    with wire(answer("200 OK", b"x" * 100_000)) as server, pytest.raises(CallFailed, match="too large"):
        session(server.url, 5, max_bytes=1000).get(server.url)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirect_is_shown_and_not_followed(status, method):
    with wire(answer("200 OK")) as other, wire(answer(status, b"", f"Location: {other.url}/x")) as server:
        response = session(server.url, 5).request(method, server.url)
        assert response.status_code == int(status[:3])
        assert redirected_to(response.headers) == f"{other.url}/x"
        assert other.requests == []


def test_request_carries_our_user_agent_and_no_credentials_from_elsewhere(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with wire(answer("200 OK")) as server:
        session(server.url).get(server.url)
    assert f"User-Agent: {user_agent()}".encode() in server.requests[0]
    assert b"Authorization" not in server.requests[0]
    assert user_agent().startswith("Afteraction/")


def test_proxy_of_the_settings_is_used_and_that_of_the_environment_only_without_one(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://environment.invalid:1")
    with wire(answer("200 OK", b'{"by": "proxy"}')) as proxy:
        ours = session("http://tracker.invalid", 5, proxy=proxy.url)
        assert ours.get("http://tracker.invalid/x").json() == {"by": "proxy"}
    assert proxy.requests[0].startswith(b"GET http://tracker.invalid/x ")
    assert session("http://tracker.invalid").proxies["http"] == "http://environment.invalid:1"
    assert session("http://127.0.0.1:8").proxies == {}


def test_ca_bundle_of_the_settings_goes_before_that_of_the_environment(monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/environment.pem")
    assert session("https://tracker.invalid", ca_bundle="/ours.pem").verify == "/ours.pem"
    assert session("https://tracker.invalid").verify == "/environment.pem"


def test_calls_of_one_step_share_its_deadline():
    with wire(hang) as server, took_less_than(1.5), within(0.5):
        ours = session(server.url, 5)
        with pytest.raises(CallFailed):
            ours.get(server.url)
        with pytest.raises(CallFailed, match="no time left") as failure:
            ours.post(server.url)
        assert not failure.value.sent
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("http://[::1]:8", True),
        ("http://127.0.0.1.example.org", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example.org", False),
    ],
)
def test_loopback_is_known_by_address_and_not_by_resemblance(url, here):
    assert is_loopback(url) is here
