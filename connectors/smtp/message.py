"""A notice as a mail: two alternatives of the same text, and headers that keep robots from answering it."""

from __future__ import annotations

import re
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from connectors.smtp.settings import SmtpSettings, is_address
from connectors.spi import Notice, Rejected

_MESSAGE_ID = re.compile(r"<?([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,100})>?")
_LINE_STARTS_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)


def build(settings: SmtpSettings, notice: Notice) -> EmailMessage:
    """Raises Rejected where the notice cannot be a safe mail; header injection ends here."""
    if not is_address(notice.to):
        raise Rejected(
            "address_broken",
            f"{_shown(notice.to)} is not an address that mail can be sent to.",
            "Correct the e-mail address of this person in the people directory.",
        )
    identity = _MESSAGE_ID.fullmatch(notice.message_id)
    if identity is None or _breaks(notice.subject):
        raise Rejected(
            "header_broken",
            "The subject or the Message-ID of a notice has a line break or a character that a header cannot carry.",
            "Report this as a fault of Afteraction; the notice stays a dead letter.",
        )
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(settings.sender_name, addr_spec=settings.sender)
    mail["To"] = Address(addr_spec=notice.to)
    mail["Subject"] = notice.subject
    mail["Message-ID"] = f"<{identity[1]}>"
    mail["Date"] = format_datetime(notice.sent_at)
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Id"] = f"<{settings.list_id or 'afteraction.' + settings.sender.rpartition('@')[2]}>"
    if settings.reply_to:
        mail["Reply-To"] = Address(addr_spec=settings.reply_to)
    mail.set_content(_sendable(notice.text), cte="quoted-printable")
    mail.add_alternative(_sendable(notice.html), subtype="html", cte="quoted-printable")
    return mail


def on_the_wire(mail: EmailMessage) -> bytes:
    """What follows DATA: CRLF line ends, leading dots doubled, the closing dot."""
    data = mail.as_bytes()
    closed = data if data.endswith(b"\r\n") else data + b"\r\n"
    return _LINE_STARTS_WITH_DOT.sub(b"..", closed) + b".\r\n"


def _breaks(text: str) -> bool:
    return any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text)


def _sendable(text: str) -> str:
    """Half a surrogate pair, which a JSON document may hold, has no place in UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _shown(text: str) -> str:
    return repr(text[:80])
