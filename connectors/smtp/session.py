"""One connection to a mail server: a total deadline, verified TLS, and a login."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator

from connectors.smtp.mapping import refused
from connectors.smtp.settings import Endpoint
from connectors.spi import AccessDenied, Unavailable


class Deadline:
    """Ends a connection when its time is over, however slowly the other side trickles.

    A socket's own time-out starts anew with every byte that is read.
    """

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._ends = time.monotonic() + seconds
        self._seconds = seconds
        self._watched: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def left(self) -> float:
        return max(self._ends - time.monotonic(), 0.001)

    def watch(self, connection: socket.socket) -> None:
        # A duplicate outlives the wrapping in TLS, which takes the original socket away.
        self._watched = connection.dup()
        self._timer = threading.Timer(self.left(), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self.over = True
        if self._watched is not None:
            with contextlib.suppress(OSError):
                self._watched.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if self._watched is not None:
            self._watched.close()


class _Session(smtplib.SMTP):
    """smtplib's client with our deadline under it, and TLS from the first byte where asked for."""

    def __init__(self, deadline: Deadline, context: ssl.SSLContext | None) -> None:
        self._deadline = deadline
        self._implicit = context
        super().__init__(timeout=deadline.left())

    def _get_socket(self, host: str, port: int, _timeout: float) -> socket.socket:
        # The certificate's name is verified against this, which only smtplib's own constructor would set.
        self._host = host
        connection = _connected(host, port, self._deadline)
        self._deadline.watch(connection)
        if self._implicit is None:
            return connection
        try:
            return self._implicit.wrap_socket(connection, server_hostname=host)
        except OSError:
            connection.close()
            raise


def _connected(host: str, port: int, deadline: Deadline) -> socket.socket:
    error = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(deadline.left())
        try:
            connection.connect(address)
        except OSError as refusal:
            connection.close()
            error = refusal
        else:
            return connection
    raise error


@contextlib.contextmanager
def opened(endpoint: Endpoint, ca_bundle: str | None, seconds: float) -> Iterator[tuple[smtplib.SMTP, Deadline]]:
    """A session that is ready for MAIL FROM. Raises AccessDenied or Unavailable; nothing has been sent by then."""
    deadline = Deadline(seconds)
    context = _context(ca_bundle)
    session: smtplib.SMTP | None = None
    try:
        try:
            session = _Session(deadline, context if endpoint.implicit_tls else None)
            _greet(session, endpoint, context)
            _log_in(session, endpoint)
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(endpoint, error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise unreachable(endpoint, error, deadline) from error
        yield session, deadline
    finally:
        if session is not None:
            _leave(session)
        deadline.close()


def _leave(session: smtplib.SMTP) -> None:
    with contextlib.suppress(OSError, smtplib.SMTPException):
        session.quit()
    session.close()


def _context(ca_bundle: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:
        raise AccessDenied(
            "ca_bundle",
            f"The certificate bundle {ca_bundle} cannot be read: {error.strerror or 'not a bundle'}.",
            "Point ca_bundle at a readable PEM file, or remove it.",
        ) from error


def _greet(session: smtplib.SMTP, endpoint: Endpoint, context: ssl.SSLContext) -> None:
    code, words = session.connect(endpoint.host, endpoint.port)
    if code != 220:
        raise refused("connect", (code, words), host=endpoint.host)
    _hello(session, endpoint)
    if endpoint.implicit_tls or endpoint.security == "none":
        return
    if not session.has_extn("starttls"):
        if endpoint.security == "auto" and endpoint.loopback:
            return
        raise AccessDenied(
            "no_tls",
            f"The mail server {endpoint.host} offers no encryption, so nothing was sent.",
            'Use its TLS port (security = "tls"), or write security = "none" if the network itself is trusted.',
        )
    try:
        session.starttls(context=context)
    except smtplib.SMTPResponseException as error:
        raise refused("starttls", (error.smtp_code, error.smtp_error), host=endpoint.host) from error
    _hello(session, endpoint)


def _hello(session: smtplib.SMTP, endpoint: Endpoint) -> None:
    code, words = session.ehlo()
    if not 200 <= code < 300:
        raise refused("connect", (code, words), host=endpoint.host)


def _log_in(session: smtplib.SMTP, endpoint: Endpoint) -> None:
    if endpoint.user is None:
        return
    if not session.has_extn("auth"):
        raise AccessDenied(
            "no_login",
            f"The mail server {endpoint.host} offers no login, but this channel has a user.",
            "Remove user and password, or use the server's submission port (587 or 465).",
        )
    try:
        session.login(endpoint.user, endpoint.password or "")
    except smtplib.SMTPAuthenticationError as error:
        raise refused("login", (error.smtp_code, error.smtp_error), host=endpoint.host) from error
    except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
        raise
    except smtplib.SMTPException as error:
        raise AccessDenied(
            "no_login",
            f"The mail server {endpoint.host} offers no way of logging in that we know.",
            "Allow PLAIN, LOGIN or CRAM-MD5 on the server, over TLS.",
        ) from error


def _untrusted(endpoint: Endpoint, error: ssl.SSLCertVerificationError) -> AccessDenied:
    return AccessDenied(
        "certificate_refused",
        f"The certificate of the mail server {endpoint.host} is not trusted: {error.verify_message or 'unknown'}.",
        "Give the server a certificate for this name, or name your own authority in ca_bundle.",
    )


def unreachable(endpoint: Endpoint, error: Exception, deadline: Deadline) -> Unavailable:
    """The error for a connection that failed while nothing could have been taken yet."""
    where = f"{endpoint.host}:{endpoint.port}"
    cure = "See that the server runs and that host, port and security are right; the mail is sent again later."
    if deadline.over or isinstance(error, TimeoutError):
        return Unavailable("timed_out", f"The mail server {where} did not answer in time.", cure)
    if isinstance(error, ConnectionRefusedError):
        return Unavailable("refused", f"Nothing listens at {where}.", cure)
    if isinstance(error, socket.gaierror):
        return Unavailable("unknown_host", f"The name {endpoint.host} has no address.", cure)
    if isinstance(error, ssl.SSLError):
        return Unavailable("tls_failed", f"No encrypted connection with {where} could be made.", cure)
    return Unavailable("cut_off", f"The mail server {where} ended the connection before taking the mail.", cure)
