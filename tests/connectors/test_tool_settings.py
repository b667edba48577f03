"""The keys of an incident tool in the configuration: the vendor's words, overridden one by one."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from connectors.registry import load_connectors
from connectors.spi import Category, Visibility
from connectors.tools import ToolSettings

TOOLS = ["firehydrant", "incidentio", "rootly"]


def read(vendor: str, **table: Any) -> ToolSettings:
    connectors, findings = load_connectors()
    assert not findings
    role = connectors[vendor].source
    assert role is not None
    settings = role.settings({"token_env": "TOKEN", **table})
    assert isinstance(settings, ToolSettings)
    return settings


@pytest.mark.parametrize("vendor", TOOLS)
def test_a_token_is_all_that_must_be_said(vendor: str) -> None:
    settings = read(vendor)
    assert settings.api_url.startswith("https://")
    assert settings.token.name == "TOKEN"
    assert set(settings.told_as) == set(Category)
    assert settings.visibility("Private") is Visibility.PRIVATE
    assert settings.visibility("public") is None
    with pytest.raises(ValidationError):
        role = load_connectors()[0][vendor].source
        assert role is not None
        role.settings({})


def test_a_list_that_is_given_replaces_that_list_and_no_other() -> None:
    settings = read("incidentio", final_when={"document_status": ["In_Review"]})
    assert settings.is_final("document_status", "in_review")
    assert not settings.is_final("document_status", "completed")
    assert settings.is_deleted("incident_category", "merged")


def test_words_for_priorities_and_categories_join_those_that_are_known() -> None:
    settings = read("rootly", priorities={"Blocker": "p0"}, told_as={"doing": "open"})
    assert [settings.priority(word) for word in ("blocker", "high", "P3", "odd")] == ["p0", "p1", "p3", None]
    assert settings.told_as[Category.DOING] == "open"
    assert settings.told_as[Category.DONE] == "done"


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ({"final_when": {"statuss": ["x"]}}, "final_when"),
        ({"final_when": {"status": "published"}}, "final_when"),
        ({"visibilities": {"private": "secret"}}, "visibilities"),
        ({"priorities": {"high": "p7"}}, "priorities"),
        ({"told_as": {"finished": "done"}}, "told_as"),
        ({"token_env": "rtly-1234 pasted by mistake"}, "token_env"),
        ({"api_url": "http://api.rootly.example"}, "api_url"),
        ({"tolerance": 5}, "tolerance"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_key(table: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read("rootly", **table)
    assert where in caught.value.messages_dict
    assert "1234" not in str(caught.value)


def test_several_secrets_may_be_named_while_one_is_rotated() -> None:
    settings = read("firehydrant", webhook_secret_env=["NEW", "OLD"])
    assert [secret.name for secret in settings.secrets] == ["NEW", "OLD"]
    assert read("firehydrant").secrets == ()
