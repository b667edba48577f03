import email
import email.policy
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.smtp import CONNECTOR, SmtpChannel
from connectors.smtp.settings import SmtpSettings
from connectors.spi import SPI_VERSION, AccessDenied, Notice, OutcomeUnknown, Rejected, Secret, Unavailable
from tests.connectors_smtp.servers import Mailbox, certificate, login, mail_server, scripted

NOTICE = Notice(
    message_id="<notice.7.ana@afteraction.example.org>",
    to="ana@example.com",
    subject="2 actions need you: one is 6 working days overdue — naïve",
    text="Please move these on.\n.\n..leading dots\nGrüße",
    html="<p>Please move these on.</p>",
    sent_at=datetime(2026, 3, 9, 8, 0, tzinfo=UTC),
)
GREETING = (b"220 hi\r\n", b"250 hi\r\n")
ENVELOPE = (*GREETING, b"250 ok\r\n", b"250 ok\r\n")


def channel(port, **given):
    given = {"host": "127.0.0.1", "sender": "afteraction@example.org", "call_seconds": 10.0} | given
    return SmtpChannel("mail", SmtpSettings(port=port, **given))


def sent(mailbox):
    return [email.message_from_bytes(each.content, policy=email.policy.default) for each in mailbox.mails]


def test_a_notice_arrives_with_both_texts_and_the_headers_that_robots_respect():
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        channel(port, reply_to="ops@example.org").send(NOTICE)
    (envelope,), (mail,) = mailbox.mails, sent(mailbox)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("afteraction@example.org", ["ana@example.com"])
    assert mail["From"] == "Afteraction <afteraction@example.org>"
    assert mail["To"] == "ana@example.com"
    assert mail["Subject"] == NOTICE.subject
    assert mail["Message-ID"] == "<notice.7.ana@afteraction.example.org>"
    assert mail["Date"].datetime == NOTICE.sent_at
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<afteraction.example.org>"
    assert mail["Reply-To"] == "ops@example.org"
    assert mail.get_content_type() == "multipart/alternative"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip() == NOTICE.text
    assert mail.get_body(("html",)).get_content().strip() == NOTICE.html


def test_sending_again_gives_the_same_message_id():
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        for _ in range(2):
            channel(port).send(NOTICE)
    assert len({mail["Message-ID"] for mail in sent(mailbox)}) == 1


def test_a_long_message_id_is_neither_folded_nor_encoded():
    mailbox, long = Mailbox(), f"<{'n' * 64}@{'d' * 60}.example.org>"
    with mail_server(mailbox) as port:
        channel(port).send(replace(NOTICE, message_id=long))
    assert long.encode() in mailbox.mails[0].content


def test_half_a_surrogate_pair_does_not_stop_a_mail():
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        channel(port).send(replace(NOTICE, text="broken \ud83d here", html="<p>\udc00</p>"))
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@example.com", "a\nb", "a\x00b", "a\u2028b"])
def test_a_line_break_in_a_subject_is_refused(subject):
    with pytest.raises(Rejected) as caught:
        channel(9).send(replace(NOTICE, subject=subject))
    assert caught.value.code == "header_broken"


@pytest.mark.parametrize("message_id", ["<a@b>\r\nBcc: x@example.com", "no-at-sign", "<a b@c>", ""])
def test_a_message_id_that_no_header_carries_is_refused(message_id):
    with pytest.raises(Rejected):
        channel(9).send(replace(NOTICE, message_id=message_id))


@pytest.mark.parametrize(
    "to", ["", "ana", "ana@", "@x", "a@b, c@d", "a@b>\r\nRCPT TO:<c@d", "a b@c.d", "Ana <ana@example.com>", "añá@x.org"]
)
def test_an_address_that_could_be_two_or_none_is_refused_with_the_cure(to):
    with pytest.raises(Rejected) as caught:
        channel(9).send(replace(NOTICE, to=to))
    assert caught.value.code == "address_broken"
    assert "people directory" in caught.value.cure


@pytest.mark.parametrize(
    ("answers", "error", "code"),
    [
        ({"rcpt": "450 4.2.1 mailbox busy"}, Unavailable, "try_later"),
        ({"rcpt": "550 5.1.1 no such user"}, Rejected, "recipient_refused"),
        ({"rcpt": "530 5.7.0 authentication required"}, AccessDenied, "login_refused"),
        ({"mail": "451 4.3.0 later"}, Unavailable, "try_later"),
        ({"mail": "553 5.7.1 not your address"}, AccessDenied, "sender_refused"),
        ({"data": "452 4.3.1 disk full"}, Unavailable, "try_later"),
        ({"data": "421 4.3.2 shutting down"}, Unavailable, "try_later"),
        ({"data": "554 5.6.0 looks like spam"}, Rejected, "message_refused"),
    ],
)
def test_each_answer_of_the_server_has_one_meaning(answers, error, code):
    mailbox = Mailbox(**answers)
    with mail_server(mailbox) as port, pytest.raises(error) as caught:
        channel(port).send(NOTICE)
    assert caught.value.code == code
    assert next(iter(answers.values())).split(" ", 1)[1] in caught.value.sentence
    assert caught.value.cure
    assert mailbox.mails == []


def test_the_refused_recipient_is_named():
    with mail_server(Mailbox(rcpt="550 5.1.1 no such user")) as port, pytest.raises(Rejected) as caught:
        channel(port).send(NOTICE)
    assert caught.value.sentence == (
        "The mail server 127.0.0.1 refuses the recipient ana@example.com: 550 5.1.1 no such user."
    )


@pytest.mark.parametrize(
    ("script", "error", "code"),
    [
        ((None,), Unavailable, "cut_off"),
        ((b"554 5.3.2 go away\r\n",), AccessDenied, "service_refused"),
        ((b"421 too busy\r\n",), Unavailable, "try_later"),
        ((b"220 hi\r\n", None), Unavailable, "cut_off"),
        ((*GREETING, None), Unavailable, "cut_off"),
        ((*ENVELOPE, None), Unavailable, "cut_off"),
        ((*ENVELOPE, b"451 not now\r\n"), Unavailable, "try_later"),
        ((*ENVELOPE, b"354 go on\r\n", None), OutcomeUnknown, "answer_lost"),
        ((*ENVELOPE, b"354 go on\r\n", b"<text>"), OutcomeUnknown, "answer_lost"),
    ],
)
def test_a_connection_that_breaks_is_in_doubt_only_after_the_text(script, error, code):
    with scripted(*script) as (port, _), pytest.raises(error) as caught:
        channel(port).send(NOTICE)
    assert caught.value.code == code


def test_nobody_listening_is_worth_asking_again():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable) as caught:
        channel(port).send(NOTICE)
    assert caught.value.code == "refused"


def test_a_name_without_an_address_is_worth_asking_again():
    with pytest.raises(Unavailable) as caught:
        channel(25, host="mail.invalid", security="none").send(NOTICE)
    assert caught.value.code in {"unknown_host", "timed_out"}


def test_a_server_that_trickles_is_left_at_the_deadline():
    started = time.monotonic()
    with scripted(b"220 " + b"x" * 500, trickle=True) as (port, _), pytest.raises(Unavailable) as caught:
        channel(port, call_seconds=0.6).send(NOTICE)
    assert caught.value.code == "timed_out"
    assert time.monotonic() - started < 5


def test_silence_after_the_text_leaves_doubt_at_the_deadline():
    script = (*ENVELOPE, b"354 go on\r\n", b"<text>")
    with scripted(*script, reads=False) as (port, _), pytest.raises(OutcomeUnknown) as caught:
        channel(port, call_seconds=0.6).send(NOTICE)
    assert "did not answer in time" in caught.value.sentence


def test_a_self_signed_certificate_is_refused_and_nothing_is_sent(tmp_path):
    mailbox = Mailbox()
    _, context = certificate(tmp_path, "127.0.0.1")
    with mail_server(mailbox, tls_context=context) as port:
        with pytest.raises(AccessDenied) as caught:
            channel(port).send(NOTICE)
        found = channel(port).check()
    assert caught.value.code == "certificate_refused"
    assert "ca_bundle" in caught.value.cure
    assert [finding.code for finding in found] == ["certificate_refused"]
    assert mailbox.mails == []


def test_a_certificate_of_a_named_authority_is_trusted(tmp_path):
    mailbox = Mailbox()
    authority, context = certificate(tmp_path, "127.0.0.1")
    with mail_server(mailbox, tls_context=context, require_starttls=True) as port:
        channel(port, ca_bundle=authority).send(NOTICE)
    assert len(mailbox.mails) == 1


def test_a_trusted_certificate_for_another_name_is_refused(tmp_path):
    authority, context = certificate(tmp_path, "mail.example.org")
    with mail_server(Mailbox(), tls_context=context) as port, pytest.raises(AccessDenied) as caught:
        channel(port, ca_bundle=authority).send(NOTICE)
    assert caught.value.code == "certificate_refused"


def test_tls_from_the_first_byte(tmp_path):
    mailbox = Mailbox()
    authority, context = certificate(tmp_path, "127.0.0.1")
    with mail_server(mailbox, ssl_context=context) as port:
        channel(port, ca_bundle=authority, security="tls").send(NOTICE)
        with pytest.raises(AccessDenied):
            channel(port, security="tls").send(NOTICE)
    assert len(mailbox.mails) == 1


def test_a_server_without_encryption_is_refused_where_starttls_is_asked_for():
    with mail_server(Mailbox()) as port, pytest.raises(AccessDenied) as caught:
        channel(port, security="starttls").send(NOTICE)
    assert caught.value.code == "no_tls"


def test_off_loopback_nothing_goes_out_in_the_clear_unless_none_is_written(monkeypatch):
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        near = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: near)
        with pytest.raises(AccessDenied) as caught:
            channel(port, host="mail.example.org").send(NOTICE)
        assert caught.value.code == "no_tls"
        assert mailbox.mails == []
        channel(port, host="mail.example.org", security="none").send(NOTICE)
    assert len(mailbox.mails) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_password_is_a_fault_of_the_channel_and_the_right_one_sends(monkeypatch):
    mailbox = Mailbox()
    options = {"authenticator": login(b"app", b"right"), "auth_require_tls": False, "auth_required": True}
    account = {"user": "app", "password": Secret("MAIL_PASSWORD")}
    with mail_server(mailbox, **options) as port:
        monkeypatch.setenv("MAIL_PASSWORD", "wrong")
        with pytest.raises(AccessDenied) as caught:
            channel(port, **account).send(NOTICE)
        assert caught.value.code == "login_refused"
        assert "wrong" not in caught.value.sentence
        with pytest.raises(AccessDenied):
            channel(port).send(NOTICE)
        monkeypatch.setenv("MAIL_PASSWORD", "right")
        channel(port, **account).send(NOTICE)
    assert len(mailbox.mails) == 1


def test_a_user_for_a_server_without_a_login_is_a_fault_of_the_channel(monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "x")
    with scripted(*GREETING, b"221 bye\r\n") as (port, _), pytest.raises(AccessDenied) as caught:
        channel(port, user="app", password=Secret("MAIL_PASSWORD")).send(NOTICE)
    assert caught.value.code == "no_login"


def test_a_missing_secret_is_named_and_is_a_fault_of_the_channel(monkeypatch):
    monkeypatch.delenv("SMTP_URL", raising=False)
    with pytest.raises(AccessDenied) as caught:
        SmtpChannel("mail", SmtpSettings("a@example.org", url=Secret("SMTP_URL"))).send(NOTICE)
    assert caught.value.code == "secret_missing"
    assert "SMTP_URL" in caught.value.sentence


def test_an_unreadable_bundle_is_named(tmp_path):
    with pytest.raises(AccessDenied) as caught:
        channel(9, ca_bundle=str(tmp_path / "none.pem")).send(NOTICE)
    assert caught.value.code == "ca_bundle"


def test_check_finds_nothing_wrong_and_sends_nothing():
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert channel(port).check() == ()
    assert mailbox.mails == []


def test_the_url_of_the_environment_is_read_at_each_send(monkeypatch):
    first, second = Mailbox(), Mailbox()
    with mail_server(first) as one, mail_server(second) as two:
        by_url = SmtpChannel("mail", SmtpSettings("a@example.org", url=Secret("SMTP_URL")))
        for port in (one, two):
            monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{port}")
            by_url.send(NOTICE)
    assert (len(first.mails), len(second.mails)) == (1, 1)


def test_the_connector_declares_a_channel_and_nothing_else():
    assert CONNECTOR.spi_version == SPI_VERSION
    assert CONNECTOR.tracker is None
    assert CONNECTOR.source is None
    assert CONNECTOR.channel is not None
    made = CONNECTOR.channel.make("mail", CONNECTOR.channel.settings({"from": "a@example.org"}))
    assert isinstance(made, SmtpChannel)


@pytest.mark.parametrize(
    ("script", "given", "kind", "code"),
    [
        ((b"220 hi\r\n", b"550 go away\r\n", b"502 no\r\n"), {}, (AccessDenied, Unavailable), None),
        (
            (b"220 hi\r\n", b"250-hi\r\n250 STARTTLS\r\n", b"454 not now\r\n"),
            {"security": "starttls"},
            (AccessDenied, Unavailable),
            None,
        ),
        ((b"220 hi\r\n",), {"security": "tls"}, Unavailable, "tls_failed"),
        (
            (b"220 hi\r\n", b"250-hi\r\n250 AUTH GSSAPI\r\n", b"221 bye\r\n"),
            {"user": "app", "password": Secret("MAIL_PASSWORD", "x")},
            AccessDenied,
            "no_login",
        ),
    ],
)
def test_a_server_that_does_not_get_as_far_as_the_mail_is_told_with_its_cure(script, given, kind, code):
    with scripted(*script) as (port, heard), pytest.raises(kind) as caught:
        channel(port, **given).send(NOTICE)
    assert caught.value.cure
    assert code in (None, caught.value.code)
    assert not [line for line in heard if line.startswith(b"MAIL")]
