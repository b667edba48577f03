"""Notices out by mail: one connection and one message a notice."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from email.message import EmailMessage

from connectors.smtp.mapping import refused
from connectors.smtp.message import build, on_the_wire
from connectors.smtp.session import Deadline, opened, unreachable
from connectors.smtp.settings import Endpoint, SmtpSettings, endpoint_of
from connectors.spi import AccessDenied, ConnectorError, Finding, Notice, OutcomeUnknown


class SmtpChannel:
    """The mail server of one channel."""

    def __init__(self, name: str, settings: SmtpSettings) -> None:
        self.name = name
        self._settings = settings

    def check(self) -> Sequence[Finding]:
        """Connects, encrypts, logs in and says goodbye; sends nothing."""
        try:
            with opened(self._endpoint(), self._settings.ca_bundle, self._settings.call_seconds):
                return ()
        except ConnectorError as error:
            return (Finding(error.code, error.sentence, error.cure),)

    def send(self, notice: Notice) -> None:
        """Hands one mail over. Only a loss between the end of the text and the answer to it leaves doubt."""
        mail = build(self._settings, notice)
        endpoint = self._endpoint()
        with opened(endpoint, self._settings.ca_bundle, self._settings.call_seconds) as (session, deadline):
            try:
                self._envelope(session, endpoint, notice.to)
            except (OSError, smtplib.SMTPException) as error:
                raise unreachable(endpoint, error, deadline) from error
            self._content(session, endpoint, mail, deadline)

    def _endpoint(self) -> Endpoint:
        try:
            return endpoint_of(self._settings)
        except LookupError as error:
            raise AccessDenied(
                "secret_missing",
                str(error.args[0]),
                f"Set it in the environment of the service; the channel {self.name} cannot send without it.",
            ) from error

    def _envelope(self, session: smtplib.SMTP, endpoint: Endpoint, to: str) -> None:
        named = {"host": endpoint.host, "sender": self._settings.sender, "to": to}
        reply = session.mail(self._settings.sender)
        if reply[0] != 250:
            raise refused("sender", reply, **named)
        reply = session.rcpt(to)
        if reply[0] not in (250, 251):
            raise refused("recipient", reply, **named)
        reply = session.docmd("DATA")
        if reply[0] != 354:
            raise refused("message", reply, **named)

    def _content(self, session: smtplib.SMTP, endpoint: Endpoint, mail: EmailMessage, deadline: Deadline) -> None:
        try:
            session.send(on_the_wire(mail))
            reply = session.getreply()
        except (OSError, smtplib.SMTPException) as error:
            why = "did not answer in time" if deadline.over else "ended the connection"
            raise OutcomeUnknown(
                "answer_lost",
                f"The mail server {endpoint.host} {why} after the text was sent: the mail may have gone out.",
                "Nothing to do: it is sent again with the same Message-ID, so that mail programs show it once.",
            ) from error
        if reply[0] != 250:
            raise refused("message", reply, host=endpoint.host)
