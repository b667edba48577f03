from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from connectors.jira.settings import read_settings
from connectors.spi import Category

JIRA: dict[str, Any] = {"api_url": "https://acme.atlassian.net", "user": "bot@acme.example", "token_env": "JIRA_TOKEN"}


def test_site_is_taken_for_cloud_unless_told():
    assert read_settings(JIRA).is_cloud
    assert not read_settings(
        {"api_url": "https://j.acme.example", "token_env": "T", "deployment": "data_center"}
    ).is_cloud


def test_ways_through_the_workflow_are_read_by_category():
    table = {
        "done": ["In Progress", "Done"],
        "declined": ["Won't Do"],
        "resolution": {"done": "Fixed", "declined": "Won't Do"},
        "fields": {"customfield_7": {"value": "Yes"}},
    }
    found = read_settings({**JIRA, "transitions": table}).transitions
    assert found.steps == {Category.DONE: ("In Progress", "Done"), Category.DECLINED: ("Won't Do",)}
    assert found.resolution == {Category.DONE: "Fixed", Category.DECLINED: "Won't Do"}
    assert found.fields == {"customfield_7": {"value": "Yes"}}


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"deployment": "server"}, "deployment", "Must be one of: cloud, data_center"),
        ({"deployment": "data_center"}, "deployment", "is a Jira Cloud site"),
        ({"api_url": "https://api.atlassian.com/ex/jira/1-2"}, "browse_url", "the site's own address"),
        ({"parent_field": "epic"}, "parent_field", ""),
        ({"token_name": ""}, "token_name", "minimum"),
        ({"transitions": {"finished": ["Done"]}}, "transitions", "use one of declined, doing, done"),
        ({"transitions": {"done": "Done"}}, "transitions", "list"),
        ({"transitions": {"resolution": {"doing": "Done"}}}, "transitions", "Must be one of: done, declined"),
    ],
)
def test_fault_is_named_by_its_key_with_the_cure(change, key, words):
    with pytest.raises(ValidationError) as refusal:
        read_settings({**JIRA, **change})
    assert list(refusal.value.messages) == [key]
    assert words in str(refusal.value.messages[key])
