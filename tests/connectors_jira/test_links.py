from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import responses

from connectors.sandbox.running import Sandbox
from connectors.spi import IssueDraft, Missing, Place, Rejected
from tests.connectors_jira.made import DRAFT, PAY, calls, cloud, sandbox_of, tracker


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox_of(tmp_path) as running:
        yield running


def test_link_is_one_request_and_changes_the_one_of_the_same_key(sandbox, jira):
    ref = jira.create(PAY, DRAFT).issue.ref
    sandbox.world.stats.clear()
    jira.link(ref, "postmortem:pm-1", "https://pm.example/1", "Card payments down")
    assert calls(sandbox) == {"POST /issue/{key}/remotelink": 1}
    jira.link(ref, "postmortem:pm-1", "https://pm.example/1?revision=2", "Card payments\ndown again")
    jira.link(ref, "item:" + "x" * 400, "https://afteraction.example/items/1", "T" * 400)
    first, second = sandbox.world.jira.by_id(int(ref)).remote_links
    assert first["object"] == {"url": "https://pm.example/1?revision=2", "title": "Card payments down again"}
    assert first["application"] == {"name": "Afteraction"}
    assert len(second["globalId"]) == 64
    assert len(second["object"]["title"]) == 255
    with pytest.raises(Missing):
        jira.link("99999", "k", "https://pm.example/1", "t")


def test_parent_at_creation_costs_no_further_call(strict):
    jira = cloud(strict)
    epic = jira.create(Place("PAY", "Epic"), DRAFT).issue
    strict.world.stats.clear()
    made = jira.create(PAY, IssueDraft("A", "b", "m1", parent=epic.ref)).issue
    assert calls(strict) == {"POST /issue": 1}
    assert strict.world.jira.by_id(int(made.ref)).parent == int(epic.ref)


def test_issue_is_put_under_a_parent_later_and_again(strict):
    jira = cloud(strict)
    epic, made = jira.create(Place("PAY", "Epic"), DRAFT).issue, jira.create(PAY, DRAFT).issue
    strict.world.stats.clear()
    for _ in range(2):
        jira.put_under(made.ref, epic.ref)
    assert calls(strict) == {"PUT /issue/{key}": 2}
    assert strict.world.jira.by_id(int(made.ref)).parent == int(epic.ref)


def test_two_that_do_not_go_together_are_refused_with_the_cure(strict):
    jira = cloud(strict)
    one, other = (jira.create(PAY, DRAFT).issue for _ in range(2))
    for attempt in (
        lambda: jira.put_under(one.ref, other.ref),
        lambda: jira.create(PAY, IssueDraft("A", "b", "m", parent=other.ref)),
        lambda: jira.create(PAY, IssueDraft("A", "b", "m", parent="99999")),
    ):
        with pytest.raises(Rejected) as refusal:
            attempt()
        assert refusal.value.code == "jira.parent_refused"
        assert "parent" in refusal.value.cure


def test_one_issue_cannot_be_kept_from_those_who_see_its_project(sandbox, jira):
    with pytest.raises(Rejected) as refusal:
        jira.create(PAY, IssueDraft("A", "b", "m", confidential=True))
    assert refusal.value.code == "jira.not_confidential"
    assert not jira.capabilities.confidential
    assert calls(sandbox) == {}


def test_capabilities_say_what_jira_carries(jira):
    told = jira.capabilities
    assert (told.links, told.parents, told.issue_types, told.duplicates, told.webhooks) == (True,) * 5
    assert (told.title_limit, told.body_limit) == (255, 32_767)


def test_duplicate_is_known_by_the_links_meaning_whatever_its_type_is_called():
    shown = {"name": "To Do", "statusCategory": {"key": "new"}}
    links = [
        {"type": {"name": "Relates", "outward": "relates to"}, "outwardIssue": {"id": "7"}},
        {"type": {"name": "Duplicate", "outward": "duplicates"}, "inwardIssue": {"id": "8"}},
        {"type": {"name": "Twin", "outward": "Duplicates"}, "outwardIssue": {"id": "9"}},
    ]
    fields = {"summary": "A", "status": shown, "updated": "2026-11-23T10:00:00.000+0000", "issuelinks": links}
    with responses.RequestsMock() as mock:
        mock.get("https://j.example/rest/api/2/issue/PAY-1", json={"id": "1", "key": "PAY-1", "fields": fields})
        mock.get("https://j.example/rest/api/2/myself", json={"accountId": "a"})
        found = tracker("https://j.example").look_up("https://j.example/browse/PAY-1")
    assert found is not None
    assert found.duplicate_of == "9"
