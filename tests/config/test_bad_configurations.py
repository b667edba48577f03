"""Whatever is wrong in a configuration, the user reads one sentence about it, and the cure below."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.loading import ConfigError, load
from connectors.spi import Secret
from tests.config.conftest import Write
from tests.config.stand_in import SECRETS, connectors

CASES = tomllib.loads(Path(__file__).with_name("bad.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_each_fault_is_told_with_file_key_and_cure(case: dict[str, Any], write: Write) -> None:
    path = write(*case["change"], files=case.get("files"))
    with pytest.raises(ConfigError) as refused:
        load(path, connectors())
    assert str(refused.value).split("\n") == case["says"]


def test_there_are_at_least_forty_of_them() -> None:
    assert len(CASES) >= 40


def test_every_fault_of_every_file_is_told_at_once_in_the_order_of_the_files(write: Write) -> None:
    path = write(
        ("include = []", 'include = ["a.toml"]\npeople_csv = ["people.csv"]'),
        ('target = "pay"', 'target = "pya"'),
        ("go_live_on = 2026-03-01", 'go_live_on = "soon"'),
        files={"a.toml": '[[teams]]\nid = "web"\n', "people.csv": "id,name,email,zone\nbob,Bob,bob,Mars\n"},
    )
    with pytest.raises(ConfigError) as refused:
        load(path, connectors())
    assert [(fault.file, fault.line, fault.key, fault.code) for fault in refused.value.faults] == [
        ("afteraction.toml", 7, "service.go_live_on", "not_a_date"),
        ("afteraction.toml", 42, "routes[0].target", "unknown_target"),
        ("a.toml", 1, "teams[0].name", "missing"),
        ("people.csv", 2, "email", "not_an_address"),
        ("people.csv", 2, "zone", "bad_zone"),
    ]


def test_a_file_that_is_missing_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "afteraction.toml", connectors())
    (fault,) = refused.value.faults
    assert str(fault) == f"{tmp_path}/afteraction.toml does not exist."
    assert fault.cure == "Run `afteraction init` to write one, or set AFTERACTION_CONFIG to the path of yours."


def test_a_folder_in_the_place_of_the_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, connectors())


def test_bytes_that_are_not_utf8_are_told_with_their_line(write: Write) -> None:
    path = write(("include = []", 'include = ["a.toml"]'), files={"a.toml": b'[[people]]\nid = "j\xfcrgen"\n'})
    with pytest.raises(ConfigError) as refused:
        load(path, connectors())
    assert [str(fault) for fault in refused.value.faults] == ["a.toml:2 is not UTF-8 text: byte 0xfc in line 2."]


def test_values_nested_without_end_are_refused_rather_than_followed(write: Write) -> None:
    for depth in (40, 5000):
        path = write(("customfield_1 = 2026-03-01", f"customfield_1 = {'[' * depth}{']' * depth}"))
        with pytest.raises(ConfigError, match="nested too deeply"):
            load(path, connectors())


def test_what_a_broken_file_may_define_is_not_told_as_unknown(write: Write) -> None:
    path = write(
        ("include = []", 'include = ["people.toml"]'),
        ('lead = "grace"', 'lead = "linus"'),
        files={"people.toml": '[[people]]\nid = "linus\n'},
    )
    with pytest.raises(ConfigError) as refused:
        load(path, connectors())
    assert [fault.code for fault in refused.value.faults] == ["not_toml"]


def test_a_secret_that_is_named_but_set_nowhere_is_a_fault_only_where_it_is_looked_up(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write()
    load(path, connectors())
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MAIL_TOKEN_FILE", "nowhere")
    with pytest.raises(ConfigError) as refused:
        load(path, connectors(), secret_lookup=Secret.reveal)
    assert str(refused.value).split("\n") == [
        "afteraction.toml:9: sources.postmortems needs the secret HOOK_SECRET, which cannot be read.",
        "  Set HOOK_SECRET, or set HOOK_SECRET_FILE to the path of a file that holds it.",
        "afteraction.toml:17: trackers.jira.token_env needs the secret JIRA_TOKEN, which cannot be read.",
        "  Set JIRA_TOKEN, or set JIRA_TOKEN_FILE to the path of a file that holds it.",
        "afteraction.toml:37: channels.mail.token_env needs the secret MAIL_TOKEN, which cannot be read.",
        "  The secret file of MAIL_TOKEN cannot be read: No such file or directory.",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('token_env = "JIRA_TOKEN"', 'token = "hunter2"'),
        ('token_env = "JIRA_TOKEN"', 'token_env = "hunter2"'),
        ('token_env = "JIRA_TOKEN"', 'tokne = "hunter2"'),
        ('token_env = "JIRA_TOKEN"', 'api-key = ["hunter2"]'),
        ('token_env = "JIRA_TOKEN"', 'auth = { password = "hunter2" }'),
        ('"https://example.atlassian.net"', '"https://:hunter2@example.atlassian.net"'),
        ("[service]", '[service]\nWEBHOOK_SECRET = "hunter2"'),
    ],
)
def test_a_secret_in_the_file_is_never_printed(old: str, new: str, write: Write) -> None:
    with pytest.raises(ConfigError) as refused:
        load(write((old, new)), connectors())
    assert "hunter2" not in str(refused.value)
    assert not any("hunter2" in repr(fault) for fault in refused.value.faults)
