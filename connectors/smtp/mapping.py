"""What a mail server's answers mean for us, by the command that it answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.spi import AccessDenied, ConnectorError, Rejected, Unavailable

# RFC 4954: these say that the account or the encryption is wanting, whatever command they answer.
ACCESS_CODES = frozenset({530, 534, 535, 538})
SHUTTING_DOWN = 421


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a permanent refusal of one command is."""

    error: type[ConnectorError]
    code: str
    sentence: str
    cure: str


REFUSALS: Mapping[str, Refusal] = {
    "connect": Refusal(
        AccessDenied,
        "service_refused",
        "The mail server {host} does not serve us",
        "Ask whoever runs it to let this machine in, or name another server.",
    ),
    "starttls": Refusal(
        AccessDenied,
        "starttls_refused",
        "The mail server {host} offers STARTTLS and then refuses it",
        'Mend the server\'s certificate, or use port 465 with security = "tls".',
    ),
    "login": Refusal(
        AccessDenied,
        "login_refused",
        "The mail server {host} refuses the user name or password",
        "Correct user and password of this channel; some providers want an app password.",
    ),
    "sender": Refusal(
        AccessDenied,
        "sender_refused",
        "The mail server {host} does not let us send as {sender}",
        "Set `from` of this channel to an address that this account may send as.",
    ),
    "recipient": Refusal(
        Rejected,
        "recipient_refused",
        "The mail server {host} refuses the recipient {to}",
        "Correct the e-mail address of this person in the people directory, then retry.",
    ),
    "message": Refusal(
        Rejected,
        "message_refused",
        "The mail server {host} refuses the message",
        "Read the server's reason: a filter or a size limit; mend that, then retry.",
    ),
}


def refused(command: str, reply: tuple[int, bytes | str], **named: str) -> ConnectorError:
    """The error for a reply that is not the one hoped for. A 4xx is worth asking again; the server's words are kept."""
    code, words = reply[0], _words(reply)
    if code == SHUTTING_DOWN or 400 <= code < 500:
        return Unavailable(
            "try_later",
            f"The mail server {named['host']} cannot take the mail now: {words}.",
            "Nothing to do: it is sent again later. If it lasts, ask whoever runs the server.",
        )
    if code in ACCESS_CODES and command != "login":
        command = "login"
    kind = REFUSALS[command]
    return kind.error(kind.code, f"{kind.sentence.format(**named)}: {words}.", kind.cure)


def _words(reply: tuple[int, bytes | str]) -> str:
    code, said = reply
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return f"{code} {line}"[:200].rstrip(" .")
