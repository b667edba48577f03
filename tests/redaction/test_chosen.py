"""What an operator has redacted besides credentials."""

from __future__ import annotations

import time

import pytest

from config.model import RedactionConfig
from service.redaction import redactor_of

MAIL, IP = RedactionConfig(mail_addresses=True), RedactionConfig(ip_addresses=True)
NAMES = RedactionConfig(names=("Acme Corporation", "Initech", "Müller & Söhne", "株式会社東京"))
OWN = RedactionConfig(patterns={"customer": "CUST-[0-9]{4,8}", "order": "(?i)order-[a-z]{2}[0-9]{6}"})


def clean(config: RedactionConfig, text: str) -> str:
    return redactor_of(config).redact(text).text


@pytest.mark.parametrize(
    ("config", "text", "expected"),
    [
        (MAIL, "ask ana.lee+ops@mail.example.co.uk, now", "ask [redacted: mail address], now"),
        (MAIL, "<mailto:ana@example.com>", "<mailto:[redacted: mail address]>"),
        (MAIL, "ana&#64;example.com", "[redacted: mail address]"),
        (MAIL, "ana\\@example.com", "[redacted: mail address]"),
        (MAIL, "ana@exa\u200bmple.com", "[redacted: mail address]"),
        (MAIL, "jörg@bücher.example", "[redacted: mail address]"),
        (IP, "from 10.20.30.40 to 10.20.30.41:8080", "from [redacted: ip address] to [redacted: ip address]:8080"),
        (IP, "http://[2001:db8::7]/x and fe80::1", "http://[[redacted: ip address]]/x and [redacted: ip address]"),
        (IP, "::ffff:10.0.0.1", "[redacted: ip address]"),
        (NAMES, "ACME corporation's pool; acme-corporation", "[redacted: name]'s pool; [redacted: name]"),
        (NAMES, "db initech_prod on initech.example.com", "db [redacted: name]_prod on [redacted: name].example.com"),
        (NAMES, "for müller & söhne", "for [redacted: name]"),
        (NAMES, "影響は株式会社東京のみ", "影響は[redacted: name]のみ"),
        (NAMES, "Ini**tech** and I\u200bnitech", "[redacted: name]** and [redacted: name]"),
        (OWN, "see CUST-12345 and ORDER-ab123456", "see [redacted: customer] and [redacted: order]"),
    ],
)
def test_what_is_chosen_goes(config: RedactionConfig, text: str, expected: str) -> None:
    assert clean(config, text) == expected


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (MAIL, "@ana paged, a@b, 3 @ 4, x@localhost, https://github.com/@acme"),
        (IP, "at 12:30:45, version 1.2.3, v1.2.3.4, 300.1.2.3, ratio 1:2, std::vector, a::b, 2026-03-03T09:00:00"),
        (NAMES, "The acme of corporations; initechs; Corporation Acme"),
        (OWN, "CUST-12, CUSTOM-12345, reorder"),
        (RedactionConfig(), "ana@example.com at 10.0.0.1"),
    ],
)
def test_what_is_not_meant_stays(config: RedactionConfig, text: str) -> None:
    assert clean(config, text) == text


def test_credentials_go_whatever_else_is_chosen() -> None:
    assert clean(NAMES, "AKIA" + "IOSFODNN7EXAMPLE") == "[redacted: aws key]"


def test_redacting_again_changes_nothing() -> None:
    config = RedactionConfig(mail_addresses=True, ip_addresses=True, names=("redacted", "address"))
    once = clean(config, "ana@example.com, 10.0.0.1, the address")
    assert clean(config, once) == once


@pytest.mark.parametrize("piece", ["a.", "a@", "1.", "a:", "acme ", "0", ":", "@a.", "é"])
@pytest.mark.parametrize("config", [MAIL, IP, NAMES, OWN], ids=["mail", "ip", "names", "own"])
def test_hostile_text_takes_time_in_proportion_to_its_length(config: RedactionConfig, piece: str) -> None:
    began = time.process_time()
    redactor_of(config).redact((piece * 100_000)[:100_000])
    assert time.process_time() - began < 5, "quadratic would take minutes"


def test_ten_thousand_names_cost_no_more_than_a_text_has_words() -> None:
    config = RedactionConfig(names=tuple(f"Customer Number{n}" for n in range(10_000)))
    redactor = redactor_of(config)
    began = time.process_time()
    for _ in range(20):
        assert redactor.redact("We told customer number77 of it. " * 20).kinds == ("name",)
    assert time.process_time() - began < 2
