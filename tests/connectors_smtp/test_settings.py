import pytest
from marshmallow import ValidationError

from connectors.smtp.settings import Endpoint, endpoint_of, read_settings
from connectors.spi import Secret

SENDER = {"from": "afteraction@example.org"}


def test_with_nothing_but_a_sender_the_environments_smtp_url_is_used(monkeypatch):
    monkeypatch.setenv("SMTP_URL", "smtps://app:p%40ss@mail.example.org")
    found = endpoint_of(read_settings(SENDER))
    assert found == Endpoint("mail.example.org", 465, "tls", "app", "p@ss")


def test_a_host_gets_the_submission_port_and_verified_starttls():
    found = endpoint_of(read_settings({**SENDER, "host": "mail.example.org"}))
    assert found == Endpoint("mail.example.org", 587, "auto")
    assert not found.implicit_tls


def test_port_465_means_tls_from_the_first_byte():
    assert endpoint_of(read_settings({**SENDER, "host": "mail.example.org", "port": 465})).implicit_tls


def test_the_password_is_read_from_its_variable(monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "secret")
    table = {**SENDER, "host": "mail.example.org", "user": "app", "password_env": "MAIL_PASSWORD"}
    settings = read_settings(table)
    assert "secret" not in repr(settings)
    assert endpoint_of(settings).password == "secret"


@pytest.mark.parametrize(
    "url", ["", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:port", "smtp://[x"]
)
def test_a_url_that_is_no_mail_server_is_named_and_not_repeated(url, monkeypatch):
    monkeypatch.setenv("SMTP_URL", url)
    with pytest.raises(LookupError, match="SMTP_URL") as caught:
        endpoint_of(read_settings(SENDER))
    assert not url or url not in str(caught.value).replace("smtp://user:password@mail.example.org:587", "")


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({}, "from"),
        ({"from": "not an address"}, "from"),
        ({"from": "a@b\r\nBcc: c@d"}, "from"),
        ({**SENDER, "host": "h", "url_env": "SMTP_URL"}, "host"),
        ({**SENDER, "port": 25}, "port"),
        ({**SENDER, "host": "h", "port": 0}, "port"),
        ({**SENDER, "host": "h", "security": "ssl"}, "security"),
        ({**SENDER, "host": "h", "user": "app"}, "user"),
        ({**SENDER, "host": "h", "password_env": "P"}, "password_env"),
        ({**SENDER, "password_env": "a secret pasted here"}, "password_env"),
        ({**SENDER, "list_id": "a <b>"}, "list_id"),
        ({**SENDER, "call_seconds": 0}, "call_seconds"),
        ({**SENDER, "hots": "h"}, "hots"),
    ],
)
def test_each_fault_is_told_by_its_key(table, key):
    with pytest.raises(ValidationError) as caught:
        read_settings(table)
    assert key in caught.value.normalized_messages()


@pytest.mark.parametrize(
    ("host", "near"), [("localhost", True), ("127.0.0.1", True), ("::1", True), ("10.0.0.1", False)]
)
def test_loopback_is_this_machine_only(host, near):
    assert Endpoint(host, 25, "auto").loopback is near


def test_a_secret_never_prints():
    assert "SMTP_URL" in repr(Secret("SMTP_URL", "smtp://u:p@h"))
    assert "u:p" not in repr(Secret("SMTP_URL", "smtp://u:p@h"))
