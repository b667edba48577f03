"""Mail servers of our own: aiosmtpd with chosen answers, and a scripted one that breaks off or trickles."""

import contextlib
import datetime
import socket
import ssl
import threading
from ipaddress import ip_address

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Mailbox:
    """Takes mail, or answers one command as told."""

    def __init__(self, **answers):
        self.answers = answers
        self.mails = []

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if "mail" in self.answers:
            return self.answers["mail"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if "data" in self.answers:
            return self.answers["data"]
        self.mails.append(envelope)
        return "250 OK"


class _AnyPort(Controller):
    """aiosmtpd knocks at the port that it was given; with 0 the real one is known only now."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def mail_server(mailbox, **options):
    controller = _AnyPort(mailbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def login(user, password):
    """An authenticator that knows one account."""

    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (user, password), handled=False)

    return check


@contextlib.contextmanager
def scripted(*lines, trickle=False, reads=True):
    """Says one line for each that it is told, then hangs up; a None hangs up at once. Yields (port, heard)."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard, stop = [], threading.Event()

    def talk():
        with contextlib.suppress(OSError), listener.accept()[0] as peer, peer.makefile("rb") as told:
            for number, line in enumerate(lines):
                if number:
                    heard.append(told.readline())
                if line is None:
                    return
                if line == b"<text>":
                    while heard[-1] not in (b".\r\n", b""):
                        heard.append(told.readline())
                    continue
                for byte in [line[n : n + 1] for n in range(len(line))] if trickle else [line]:
                    peer.sendall(byte)
                    if trickle and stop.wait(0.05):
                        return
            if not reads:
                stop.wait(20)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        stop.set()
        listener.close()
        thread.join(5)


def certificate(folder, *names):
    """A self-signed certificate for these names: (path of both halves, server's TLS context)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    alternative = [_general_name(name) for name in names]
    cert = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / f"{names[0]}.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, secret)
    path.write_bytes(private + cert.public_bytes(pem))
    authority = folder / f"{names[0]}.crt"
    authority.write_bytes(cert.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return str(authority), context


def _general_name(name):
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
