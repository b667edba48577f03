"""The mailbox takes every mail, shows it safely, and fails as the switch says."""

import smtplib
from email.message import EmailMessage

import pytest

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import Client


def mail(subject: str = "2 actions need you", to: str = "ann@x.example") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Afteraction <a@x.example>", to, subject
    message["Message-ID"], message["Date"] = "<1@x.example>", "Mon, 23 Nov 2026 08:00:00 +0000"
    message.set_content("Grüße, plain")
    message.add_alternative('<p>Grüße</p><script>alert(1)</script><img src="http://x.example/t.gif">', subtype="html")
    return message


def send(sandbox: Sandbox, message: EmailMessage, **more: object) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port or 0, timeout=5) as smtp:
        return smtp.send_message(message, **more)  # type: ignore[arg-type]


def test_a_mail_is_kept_with_its_parts_headers_and_envelope(shared: Sandbox, client: Client) -> None:
    send(shared, mail(), from_addr="bounce@x.example", to_addrs=["ann@x.example", "bob@x.example"])
    (kept,) = client.session.get(f"{client.url}/mailbox.json", timeout=5).json()
    assert (kept["subject"], kept["message_id"]) == ("2 actions need you", "<1@x.example>")
    assert kept["from"] == "Afteraction <a@x.example>"
    assert kept["text"].strip() == "Grüße, plain"
    assert "<p>Grüße</p>" in kept["html"]
    assert kept["envelope"] == {"from": "bounce@x.example", "to": ["ann@x.example", "bob@x.example"]}
    assert ["Date", "Mon, 23 Nov 2026 08:00:00 +0000"] in kept["headers"]


def test_the_page_lists_newest_first_and_shows_html_only_in_a_sandbox(shared: Sandbox, client: Client) -> None:
    send(shared, mail("First"))
    send(shared, mail("Second"))
    page = client.session.get(f"{client.url}/mailbox", timeout=5).text
    assert page.index("Second") < page.index("First")
    newest = client.session.get(f"{client.url}/mailbox.json", timeout=5).json()[0]["id"]
    shown = client.session.get(f"{client.url}/mailbox/{newest}", timeout=5)
    assert "<iframe sandbox" in shown.text
    assert "<script>" not in shown.text
    framed = client.session.get(f"{client.url}/mailbox/{newest}/html", timeout=5)
    assert framed.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    source = client.session.get(f"{client.url}/mailbox/{newest}?view=source", timeout=5).text
    assert "Message-ID: &lt;1@x.example&gt;" in source
    assert "Grüße, plain" in client.session.get(f"{client.url}/mailbox/{newest}?view=text", timeout=5).text
    assert client.session.get(f"{client.url}/mailbox/999", timeout=5).status_code == 404


def test_a_temporary_refusal_keeps_nothing(shared: Sandbox, client: Client) -> None:
    client.fault("mail_451", "smtp", next=1)
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        send(shared, mail())
    assert caught.value.smtp_code == 451
    assert send(shared, mail()) == {}


def test_one_unknown_recipient_does_not_stop_the_others(shared: Sandbox, client: Client) -> None:
    client.fault("mail_550", "smtp", path="^gone@")
    refused = send(shared, mail(), to_addrs=["ann@x.example", "gone@x.example"])
    assert refused["gone@x.example"][0] == 550
    (kept,) = client.session.get(f"{client.url}/mailbox.json", timeout=5).json()
    assert kept["envelope"]["to"] == ["ann@x.example"]


def test_a_full_mailbox_refuses_after_the_data(shared: Sandbox, client: Client) -> None:
    client.fault("mail_452", "smtp", next=1)
    with pytest.raises(smtplib.SMTPDataError) as caught:
        send(shared, mail())
    assert caught.value.smtp_code == 452
    assert client.session.get(f"{client.url}/mailbox.json", timeout=5).json() == []


def test_a_cut_connection_leaves_the_mail_taken_and_the_sender_in_doubt(shared: Sandbox, client: Client) -> None:
    client.fault("mail_cut", "smtp", next=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(shared, mail())
    assert len(client.session.get(f"{client.url}/mailbox.json", timeout=5).json()) == 1
    assert client.control("GET", "/stats.json").json()["faults"] == {"smtp mail_cut": 1}
