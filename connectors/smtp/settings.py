"""The keys of an SMTP channel in `afteraction.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from connectors.fields import SecretName, SettingsSchema
from connectors.http import is_loopback
from connectors.spi import Secret

SECURITIES = ("auto", "starttls", "tls", "none")
PORT_TLS, PORT_SUBMISSION = 465, 587


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Either `host` or `url` says where the server is; a URL is a secret, because it may hold the password."""

    sender: str
    sender_name: str = "Afteraction"
    host: str | None = None
    port: int | None = None
    url: Secret | None = None
    user: str | None = None
    password: Secret | None = None
    security: str = "auto"
    reply_to: str | None = None
    list_id: str | None = None
    ca_bundle: str | None = None
    call_seconds: float = 25.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server, as it is to be reached now."""

    host: str
    port: int
    security: str
    user: str | None = None
    password: str | None = None

    @property
    def loopback(self) -> bool:
        return is_loopback(f"smtp://[{self.host}]" if ":" in self.host else f"smtp://{self.host}")

    @property
    def implicit_tls(self) -> bool:
        return self.security == "tls" or (self.security == "auto" and self.port == PORT_TLS)


def endpoint_of(settings: SmtpSettings) -> Endpoint:
    """Reads the secrets. Raises LookupError with a sentence where one is missing or the URL cannot be read."""
    if settings.url is None:
        assert settings.host is not None
        port = settings.port or (PORT_TLS if settings.security == "tls" else PORT_SUBMISSION)
        password = settings.password.reveal() if settings.password else None
        return Endpoint(settings.host, port, settings.security, settings.user, password)
    return _from_url(settings, settings.url)


def _from_url(settings: SmtpSettings, url: Secret) -> Endpoint:
    try:
        parts = urlsplit(url.reveal())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in ("smtp", "smtps"):
        # The value is not repeated: it may hold the password.
        raise LookupError(f"{url.name} is not a mail server: write it like smtp://user:password@mail.example.org:587.")
    security = "tls" if parts.scheme == "smtps" and settings.security == "auto" else settings.security
    password = settings.password.reveal() if settings.password else None
    return Endpoint(
        host,
        port or (PORT_TLS if security == "tls" else PORT_SUBMISSION),
        security,
        settings.user or (unquote(parts.username) if parts.username else None),
        password or (unquote(parts.password) if parts.password else None),
    )


class MailAddress(fields.Field[str]):
    """One address without a name: `afteraction@example.org`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str) or not is_address(value.strip()):
            raise ValidationError("Not an e-mail address: write it like afteraction@example.org.")
        return value.strip()


def is_address(text: str) -> bool:
    """One plain ASCII address that every mail server takes, and nothing that could smuggle in a second one."""
    local, _, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' ,;:<>()[]"\\')
    return plain and bool(local) and bool(domain) and "@" not in local and parseaddr(text)[1] == text


class SmtpSchema(SettingsSchema):
    sender = MailAddress(required=True, data_key="from")
    sender_name = fields.String(data_key="from_name", validate=validate.Length(max=60))
    host = fields.String(validate=validate.Length(min=1))
    port = fields.Integer(strict=True, validate=validate.Range(min=1, max=65535))
    url_env = SecretName()
    user = fields.String(validate=validate.Length(min=1))
    password_env = SecretName()
    security = fields.String(validate=validate.OneOf(SECURITIES))
    reply_to = MailAddress()
    list_id = fields.String(validate=validate.Regexp(r"^[A-Za-z0-9.-]+$", error="Only letters, digits, dots, hyphens."))
    ca_bundle = fields.String()
    call_seconds = fields.Float(validate=validate.Range(min=0.1, max=60))

    @validates_schema
    def _one_server(self, data: Mapping[str, Any], **_: Any) -> None:
        if "host" in data and "url_env" in data:
            raise ValidationError("Both host and url_env name a server: keep one of them.", "host")
        if "port" in data and "host" not in data:
            raise ValidationError("A port without a host: add the host, or put the port into the URL.", "port")
        if "password_env" in data and "user" not in data:
            raise ValidationError("A password without a user: add the user, or remove the password.", "password_env")
        if "user" in data and "host" in data and "password_env" not in data:
            raise ValidationError("A user without a password: name its variable in password_env.", "user")

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> SmtpSettings:
        data["password"] = data.pop("password_env", None)
        data["url"] = data.pop("url_env", None)
        if "host" not in data and data["url"] is None:
            data["url"] = Secret("SMTP_URL")
        return SmtpSettings(**data)


def read_settings(table: Mapping[str, Any]) -> SmtpSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: SmtpSettings = SmtpSchema().load(table)
    return settings
