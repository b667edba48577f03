from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from connectors.fields import read_signed_source
from connectors.github.settings import GithubSettings
from connectors.github.settings import read_settings as read_github
from connectors.jira.settings import JiraSettings
from connectors.jira.settings import read_settings as read_jira
from connectors.spi import Rate, Secret

JIRA: dict[str, Any] = {"api_url": "https://acme.atlassian.net", "user": "bot@acme.example", "token_env": "JIRA_TOKEN"}
GITHUB: dict[str, Any] = {"token_env": "GITHUB_TOKEN"}


def test_jira_needs_an_address_and_a_token_and_has_a_default_for_the_rest():
    settings = read_jira(JIRA)
    assert isinstance(settings, JiraSettings)
    assert (settings.browse_url, settings.quiet_seconds, settings.overlap_seconds) == (JIRA["api_url"], 120.0, 600.0)
    assert settings.token.name == "JIRA_TOKEN"
    assert settings.priorities["p0"] == "Highest"
    assert "Won't Do" in settings.declined_resolutions


def test_jira_tables_are_the_operators_to_change():
    more = {"priorities": {"p1": "Urgent"}, "declined_resolutions": ["Nope"], "webhook_secret_env": ["NEW", "OLD"]}
    settings = read_jira({**JIRA, **more, "browse_url": "http://jira.acme.example/", "quiet_seconds": 0.5})
    assert (settings.priorities["p1"], settings.priorities["p2"]) == ("Urgent", "Medium")
    assert settings.declined_resolutions == ("Nope",)
    assert [secret.name for secret in settings.webhook_secrets] == ["NEW", "OLD"]
    assert (settings.browse_url, settings.quiet_seconds) == ("http://jira.acme.example", 0.5)


def test_github_needs_a_token_alone_and_takes_the_vendors_limits_unless_told():
    settings = read_github(GITHUB)
    assert isinstance(settings, GithubSettings)
    assert (settings.api_url, settings.browse_url) == ("https://api.github.com", "https://github.com")
    assert settings.rates == (Rate(1, 1.0), Rate(80, 60.0), Rate(500, 3600.0))
    assert read_github({**GITHUB, "rates": []}).rates == ()
    assert read_github({**GITHUB, "rates": [[5, 1]]}).rates == (Rate(5, 1.0),)
    assert (
        read_github({**GITHUB, "api_url": "https://ghe.acme.example/api/v3"}).browse_url == "https://ghe.acme.example"
    )


@pytest.mark.parametrize("read", [read_jira, read_github], ids=["jira", "github"])
@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"api_url": "acme.atlassian.net"}, "api_url", "https://example.org"),
        ({"api_url": "ftp://acme.example"}, "api_url", "https://example.org"),
        ({"api_url": "http://acme.example"}, "api_url", "use https"),
        ({"api_url": "https://u:p@acme.example"}, "api_url", "credentials"),
        ({"api_url": "https://acme.example/?x"}, "api_url", "remove the rest"),
        ({"api_url": "https://acme.example:0x"}, "api_url", "https://example.org"),
        ({"api_url": "https://[::"}, "api_url", "https://example.org"),
        ({"api_url": 7}, "api_url", "https://example.org"),
        ({"token_env": "ghp_abc-def"}, "token_env", "environment variable"),
        ({"token_env": None}, "token_env", "null"),
        ({"webhook_secret_env": []}, "webhook_secret_env", "name"),
        ({"webhook_secret_env": ["A", "b c"]}, "webhook_secret_env", "environment variable"),
        ({"quiet_seconds": -1}, "quiet_seconds", "greater"),
        ({"quiet_seconds": "long"}, "quiet_seconds", "number"),
        ({"call_seconds": 0}, "call_seconds", "greater"),
        ({"tokn_env": "X"}, "tokn_env", "use one of api_url, "),
    ],
)
def test_fault_is_named_by_its_key_with_the_cure(read, change, key, words):
    with pytest.raises(ValidationError) as refusal:
        read({**(JIRA if read is read_jira else GITHUB), **change})
    assert list(refusal.value.messages) == [key]
    assert words in str(refusal.value.messages[key])
    assert "ghp_abc" not in str(refusal.value.messages)


def test_all_faults_come_at_once():
    with pytest.raises(ValidationError) as refusal:
        read_jira({"api_url": "x", "priorities": {"p9": "x"}, "colour": "red"})
    assert set(refusal.value.messages) == {"api_url", "token_env", "priorities", "colour"}


def test_plain_http_is_for_this_machine():
    assert read_github({**GITHUB, "api_url": "http://127.0.0.1:8100/github/api/v3"}).browse_url.endswith("/github")


def test_signed_source_has_secrets_and_a_tolerance():
    settings = read_signed_source({"secret_env": "ONE", "tolerance_seconds": 60})
    assert ([secret.name for secret in settings.secrets], settings.tolerance_seconds) == (["ONE"], 60.0)
    for bad in ({"secret_env": 3}, {"tolerance_seconds": 0}, {"secret": "x"}):
        with pytest.raises(ValidationError):
            read_signed_source(bad)


def test_settings_do_not_print_a_secret(monkeypatch):
    monkeypatch.setenv("JIRA_TOKEN", "very-secret")
    assert "very-secret" not in repr(read_jira(JIRA))


def test_secret_file_that_is_missing_empty_or_replaced_is_told_and_read_anew(tmp_path, monkeypatch):
    path = tmp_path / "token"
    monkeypatch.setenv("SOME_TOKEN_FILE", str(path))
    secret = Secret("SOME_TOKEN")
    with pytest.raises(LookupError, match="secret file of SOME_TOKEN cannot be read"):
        secret.reveal()
    path.write_text("\n")
    with pytest.raises(LookupError, match="secret file of SOME_TOKEN is empty"):
        secret.reveal()
    path.write_text("first\n")
    assert secret.reveal() == "first"
    path.write_text("the second\n")
    assert secret.reveal() == "the second"


def test_a_secret_that_is_no_text_is_one_that_is_not_there(tmp_path, monkeypatch):
    (tmp_path / "token").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("SOME_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(LookupError, match="not UTF-8"):
        Secret("SOME_TOKEN").reveal()
    monkeypatch.delenv("SOME_TOKEN_FILE")
    monkeypatch.setenv("SOME_TOKEN", "p\udcf6ss")
    with pytest.raises(LookupError, match="not UTF-8"):
        Secret("SOME_TOKEN").reveal()
