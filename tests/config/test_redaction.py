"""What `[redaction]` takes, and that no pattern that it takes can hold the service up."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.faults import ConfigError
from config.loading import load
from config.model import RedactionConfig
from config.patterns import refusal_of
from tests.config.conftest import Write
from tests.config.stand_in import connectors


def loaded(write: Write, text: str, **files: str) -> RedactionConfig:
    path = write(files={name.replace("_", "."): content for name, content in files.items()})
    path.write_text(path.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")
    return load(path, connectors()).redaction


def test_everything_that_may_be_said_is_taken(write: Write) -> None:
    text = '[redaction]\nmail_addresses = true\nip_addresses = true\nnames = ["Acme"]\nnames_file = "customers.txt"\n'
    text += "[redaction.patterns]\ncustomer = 'CUST-[0-9]{4,8}'\n"
    found = loaded(write, text, customers_txt="# ours\nInitech\n\nUmbrella Corp\n")
    assert (found.mail_addresses, found.ip_addresses) == (True, True)
    assert found.names == ("Acme", "Initech", "Umbrella Corp")
    assert found.patterns == {"customer": "CUST-[0-9]{4,8}"}


def test_nothing_is_taken_out_but_credentials_where_nothing_is_said(write: Write) -> None:
    found = loaded(write, "")
    assert (found.mail_addresses, found.ip_addresses, found.names, found.patterns) == (False, False, (), {})


def test_every_fault_is_told_at_once_with_its_cure(write: Write) -> None:
    text = '[redaction]\nmail_addresses = "yes"\nnames_file = "lost.txt"\n[redaction.patterns]\n'
    text += "a = '(x'\nb = '(a+)+$'\nc = 'x{0,3}'\nd = '(a|ab){1,30}c'\n'e!' = 'x'\nf = 7\n"
    with pytest.raises(ConfigError) as refused:
        loaded(write, text)
    said = str(refused.value)
    for part in (
        'redaction.mail_addresses is "yes", but must be true or false, without quotes.',
        'redaction.names_file is "lost.txt", but must be a file that exists.',
        'redaction.patterns.a is "(x", but must be a regular expression (missing ), unterminated subpattern).',
        "whose repetitions have an end, {1,64} in place of + and {0,64} in place of *.",
        "that cannot match nothing.",
        "that can match in at most 1000 ways from one place.",
        "under a name of letters, digits, blanks, - and _.",
        "redaction.patterns.f is 7, but must be a regular expression (in quotes).",
    ):
        assert part in said


@pytest.mark.parametrize(
    "pattern",
    [
        r"CUST-[0-9]{4,8}",
        r"\b[A-Z]{2,5}-\d{1,6}\b",
        r"(?i)order (?:no\.? )?\d{6}",
        r"(a|b)c{2}",
        r"x{1,64}",
        r"(?=E)E\d{6}",
    ],
)
def test_what_people_write_is_taken(pattern: str) -> None:
    assert refusal_of("own", pattern) is None


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("(a+)+$", "endless_pattern"),
        ("x.*y", "endless_pattern"),
        ("(?:a|aa){1,64}$", "costly_pattern"),
        ("(a{1,30}){1,30}b", "costly_pattern"),
        (".{0,64}.{0,64}x", "costly_pattern"),
        ("x?", "empty_pattern"),
        ("(?=x)", "empty_pattern"),
        ("[", "bad_pattern"),
        ("", "bad_pattern"),
        ("x{1,99999999999}", "bad_pattern"),
    ],
)
def test_what_could_hold_the_service_up_is_refused(pattern: str, code: str) -> None:
    found = refusal_of("own", pattern)
    assert found is not None
    assert found.code == code


PIECES = st.sampled_from(
    ["a", "b", "(a|b)", "(?:a|ab|b)", "[ab]", ".", "a?", "a{0,9}", "(a{1,4}b?){1,3}", "(?:a?){3}", "b{2,40}"]
)


@given(st.lists(PIECES, min_size=1, max_size=6).map("".join), st.text("ab", max_size=60))
def test_whatever_is_taken_is_quick(pattern: str, text: str) -> None:
    if refusal_of("own", pattern + "c") is not None:
        return
    compiled = re.compile(pattern + "c")
    began = time.process_time()
    for _ in compiled.finditer(text * 20):
        pass
    assert time.process_time() - began < 2
