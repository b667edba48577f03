"""The mailbox: takes every mail over SMTP, keeps it, and refuses or loses some as the fault switch says."""

from __future__ import annotations

import asyncio
import itertools
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.sandbox.faults import Call, FaultSwitch
from connectors.sandbox.stats import Stats
from connectors.sandbox.store import Clock, Store

KIND = "mail"
LARGEST_MAIL = 10 * 1024 * 1024


@dataclass(frozen=True)
class Mail:
    """A mail as it came in; `raw` is its source, latin-1 decoded so that every byte survives."""

    id: int
    sender: str
    recipients: tuple[str, ...]
    received: float
    raw: str

    @cached_property
    def message(self) -> EmailMessage:
        parsed = BytesParser(policy=policy.default).parsebytes(self.raw.encode("latin-1"))
        assert isinstance(parsed, EmailMessage)
        return parsed

    def header(self, name: str) -> str | None:
        value = self.message[name]
        return None if value is None else str(value)

    def part(self, kind: str) -> str | None:
        """The `plain` or `html` body."""
        found = self.message.get_body((kind,))
        return None if found is None else str(found.get_content())

    def document(self) -> dict[str, Any]:
        received = datetime.fromtimestamp(self.received, tz=UTC).isoformat(timespec="milliseconds")
        return {
            "id": self.id,
            "from": self.header("From"),
            "to": self.header("To"),
            "subject": self.header("Subject"),
            "message_id": self.header("Message-ID"),
            "date": self.header("Date"),
            "received_at": received,
            "text": self.part("plain"),
            "html": self.part("html"),
            "headers": [[name, str(value)] for name, value in self.message.items()],
            "envelope": {"from": self.sender, "to": list(self.recipients)},
        }


class Mailbox:
    """Thread-safe; a mail is stored before its sender hears that it was taken."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._lock = threading.Lock()
        self._mails: dict[int, Mail] = {}
        for document in store.load(KIND):
            mail = Mail(**{**document, "recipients": tuple(document["recipients"])})
            self._mails[mail.id] = mail
        self._ids = itertools.count(max(self._mails, default=0) + 1)

    def take(self, sender: str, recipients: list[str], raw: bytes) -> Mail:
        with self._lock:
            mail = Mail(next(self._ids), sender, tuple(recipients), self._clock(), raw.decode("latin-1"))
            names = ("id", "sender", "recipients", "received", "raw")
            self._store.save(KIND, mail.id, {name: getattr(mail, name) for name in names})
            self._mails[mail.id] = mail
        return mail

    def newest_first(self) -> list[Mail]:
        with self._lock:
            return sorted(self._mails.values(), key=lambda mail: -mail.id)

    def find(self, mail_id: int) -> Mail | None:
        with self._lock:
            return self._mails.get(mail_id)

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()
            self._store.clear(KIND)


class Receiver:
    """aiosmtpd's hooks; their names and answers are its contract. Rules match addresses by `path`."""

    def __init__(self, mailbox: Mailbox, faults: FaultSwitch, stats: Stats) -> None:
        self._mailbox, self._faults, self._stats = mailbox, faults, stats

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's contract
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._strikes("mail_451", "MAIL", address):
            return self._said("MAIL", "451 4.3.0 Try again later")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's contract
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._strikes("mail_550", "RCPT", address):
            return self._said("RCPT", f"550 5.1.1 <{address}> is not known here")
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        sender = envelope.mail_from or ""
        if self._strikes("mail_452", "DATA", sender):
            return self._said("DATA", "452 4.2.2 Mailbox full")
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content or "").encode()
        self._mailbox.take(sender, envelope.rcpt_tos, raw)
        if self._strikes("mail_cut", "DATA", sender):
            self._stats.request("smtp", "DATA", "mail", "cut")
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return self._said("DATA", "250 OK")

    def _said(self, verb: str, reply: str) -> str:
        self._stats.request("smtp", verb, "mail", reply[:3])
        return reply

    def _strikes(self, kind: str, verb: str, address: str) -> bool:
        struck = self._faults.strike(Call("smtp", verb, address), frozenset({kind})) is not None
        if struck:
            self._stats.fault("smtp", kind)
        return struck


class MailServer:
    """Listens on an event loop in a thread of its own; `port` tells where."""

    def __init__(self, receiver: Receiver, host: str, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        made = self._loop.create_server(lambda: self._session(receiver), host, port)
        self._server = self._loop.run_until_complete(made)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5.0)
        self._loop.close()

    def _session(self, receiver: Receiver) -> SMTP:
        return SMTP(receiver, data_size_limit=LARGEST_MAIL, loop=self._loop, ident="Afteraction sandbox")
