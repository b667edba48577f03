"""Who may see the pages, what every answer tells the browser, and how the style is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.domain.facts import Actor, Role
from service.doors import PASSWORD, PROXIES, Door, is_loopback
from service.ledger import Ledger
from tests.pages.filled import Parts, config, web
from tests.pages.reading import read

PAGES = ("/", "/items", "/items/1", "/postmortems", "/postmortems/3", "/attention", "/health-of-sync", "/definitions")
OPEN = "0.0.0.0"


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(PASSWORD, "correct horse")
    return "correct horse"


def ask(
    ledger: Ledger, address: str = "/", *, bind: str = "127.0.0.1", peer: str = "127.0.0.1", **more: Any
) -> TestResponse:
    service = more.pop("service", {})
    client = web(Parts(ledger, config(**service)), bind).test_client()
    return client.get(address, environ_base={"REMOTE_ADDR": peer}, **more)


def test_on_loopback_the_pages_are_open_to_the_operator_local(filled: Ledger) -> None:
    response = ask(filled)
    assert response.status_code == 200
    assert "for local (operator)" in read(response.text).text


@pytest.mark.parametrize("address", PAGES)
def test_off_loopback_without_an_identity_nothing_is_shown_but_the_cure(filled: Ledger, address: str) -> None:
    response = ask(filled, address, bind=OPEN, peer="10.0.0.9")
    assert response.status_code == 403
    text = read(response.text).text
    assert PASSWORD in text
    assert "trusted_proxy_header" in text
    assert "INC-2060" not in text
    assert "Needs a person" not in text


def test_bound_to_the_world_even_this_machine_must_say_who_it_is(filled: Ledger) -> None:
    assert ask(filled, bind=OPEN, peer="127.0.0.1").status_code == 403


def test_a_password_is_asked_for(filled: Ledger, password: str) -> None:
    response = ask(filled, bind=OPEN, peer="10.0.0.9")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_with_the_password_the_name_is_the_actors(filled: Ledger, password: str) -> None:
    response = ask(filled, bind=OPEN, peer="10.0.0.9", auth=("ada", password))
    assert response.status_code == 200
    assert "for ada (operator)" in read(response.text).text


@pytest.mark.parametrize("given", ["wrong", "", "correct horse ", "Correct horse", "кириллица"])
def test_another_password_is_refused(filled: Ledger, password: str, given: str) -> None:
    assert ask(filled, bind=OPEN, peer="10.0.0.9", auth=("ada", given)).status_code == 401


def test_a_password_that_is_set_is_asked_for_on_loopback_too(filled: Ledger, password: str) -> None:
    assert ask(filled).status_code == 401


def test_a_password_file_is_read_again_when_it_changes(
    filled: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "password"
    path.write_text("first\n")
    monkeypatch.setenv(f"{PASSWORD}_FILE", str(path))
    client = web(Parts(filled), OPEN).test_client()
    assert client.get("/", auth=("ada", "first")).status_code == 200
    path.write_text("another\n")
    assert client.get("/", auth=("ada", "first")).status_code == 401
    assert client.get("/", auth=("ada", "another")).status_code == 200


def test_other_schemes_than_basic_are_challenged(filled: Ledger, password: str) -> None:
    assert ask(filled, bind=OPEN, headers={"Authorization": "Bearer correct horse"}).status_code == 401
    assert ask(filled, bind=OPEN, headers={"Authorization": "Basic !!!"}).status_code == 401


@pytest.mark.parametrize(
    ("operators", "name", "role"),
    [
        ((), "ada", Role.OPERATOR),
        (("ada",), "ada", Role.OPERATOR),
        (("ada",), "ben", Role.VIEWER),
        (("ada:admin",), "Ada", Role.ADMIN),
        (("ada:viewer", "ben"), "ada", Role.VIEWER),
    ],
)
def test_roles_come_from_the_configuration(password: str, operators: tuple[str, ...], name: str, role: Role) -> None:
    door = Door(config(operators=operators).service, OPEN)
    with Flask("x").test_request_context("/", auth=(name, password)):
        assert door.identify(request) == Actor("person", name, role)


def test_a_trusted_proxy_says_who_it_is(filled: Ledger) -> None:
    service = {"trusted_proxy_header": "X-Forwarded-User", "operators": ("noor@example.org",)}
    named = {"X-Forwarded-User": "Noor@example.org"}
    response = ask(filled, bind=OPEN, service=service, headers=named)
    assert "for Noor@example.org (operator)" in read(response.text).text
    assert "for ben (viewer)" in ask(filled, bind=OPEN, service=service, headers={"X-Forwarded-User": "ben"}).text
    assert ask(filled, bind=OPEN, peer="10.0.0.9", service=service, headers=named).status_code == 403
    assert ask(filled, bind=OPEN, service=service).status_code == 403


def test_a_proxy_elsewhere_is_trusted_by_its_address(filled: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROXIES, "10.1.0.0/16, 192.0.2.7")
    service = {"trusted_proxy_header": "X-User"}
    for peer, status in (("10.1.2.3", 200), ("192.0.2.7", 200), ("192.0.2.8", 403)):
        assert ask(filled, bind=OPEN, peer=peer, service=service, headers={"X-User": "ben"}).status_code == status


def test_an_identity_header_means_nothing_unless_it_is_configured(filled: Ledger) -> None:
    assert ask(filled, bind=OPEN, headers={"X-Forwarded-User": "admin"}).status_code == 403


def test_a_name_of_several_lines_is_made_one(filled: Ledger) -> None:
    door = Door(config(trusted_proxy_header="X-User").service, OPEN)
    with Flask("x").test_request_context("/", headers={"X-User": "ada\u2028 \u202e\x07 " + "x" * 999}):
        actor = door.identify(request)
    assert actor is not None
    assert actor.name.startswith("ada")
    assert actor.name.isprintable()
    assert len(actor.name) <= 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::1", ""])
def test_a_name_that_was_rebound_to_loopback_is_refused(filled: Ledger, host: str) -> None:
    response = ask(filled, headers={"Host": host})
    assert response.status_code == 403
    assert "base_url" in response.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "demo.localhost"])
def test_the_names_of_loopback_are_answered(filled: Ledger, host: str) -> None:
    assert ask(filled, headers={"Host": host}).status_code == 200


def test_behind_a_proxy_on_the_same_machine_nobody_is_local(filled: Ledger) -> None:
    service = {"base_url": "https://promises.example.org"}
    assert ask(filled, service=service, headers={"Host": "promises.example.org"}).status_code == 403
    assert ask(filled, headers={"Host": "127.0.0.1", "X-Forwarded-For": "203.0.113.5"}).status_code == 403


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost")),
        *((host, False) for host in ("0.0.0.0", "::", "10.0.0.1", "", "example.org", "127.0.0.1.nip.io")),
    ],
)
def test_what_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("address", [*PAGES, "/items/999", "/assets/pages.css"])
def test_every_answer_has_strict_headers(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_pages_are_never_kept_and_the_style_for_long(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.headers["Cache-Control"] == "private, no-store"
    address = next(str(link["href"]) for link in read(page.text).attributes("link") if link["rel"] == "stylesheet")
    style = client.get(address)
    assert "immutable" in style.headers["Cache-Control"]
    again = client.get(address, headers={"If-None-Match": style.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/assets/pages.css").headers["Cache-Control"] == "no-cache"


def test_the_style_is_served_to_whoever_is_refused(filled: Ledger) -> None:
    assert ask(filled, "/assets/pages.css", bind=OPEN, peer="10.0.0.9").status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_no_page_asks_for_anything_elsewhere_or_runs_a_script(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    page = read(response.text)
    assert page.attributes("script") == []
    assert page.attributes("img") == []
    assert not any(name == "style" or name.startswith("on") for _, found in page.tags for name in found)
    loaded = [str(link["href"]) for link in page.attributes("link")]
    assert all(address.startswith(("/", "data:")) for address in loaded)
    assert len(response.data) + len(client.get("/assets/pages.css").data) < 150_000


@pytest.mark.parametrize("address", PAGES)
def test_each_page_has_its_landmarks_and_one_first_heading(client: FlaskClient, address: str) -> None:
    page = read(client.get(address).text)
    tags = [tag for tag, _ in page.tags]
    assert (tags.count("main"), tags.count("header"), tags.count("footer")) == (1, 1, 1)
    assert [level for level, _ in page.headings].count(1) == 1
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert page.attributes("html")[0]["lang"] == "en"
