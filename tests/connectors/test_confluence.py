"""Confluence as a source, Cloud and Data Center, against its stand-in over real HTTP, and at the contract's bench."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from connectors.confluence import CONNECTOR
from connectors.confluence.hooks import FOLLOWED, read_event
from connectors.confluence.source import PAGE
from connectors.confluence.storage import html, mentioned
from connectors.conformance.bench import Delivery, SourceBench
from connectors.conformance.source import SourceConformance
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from connectors.spi import FetchById, Ignored, PostmortemDocument, Source, Unreadable, Visibility
from service.reading import read_markdown
from tests.connectors.tool_bench import CALL_SECONDS, SECRETS, ToolBench

USER = "afteraction@acme.example"
STORAGE = """
<p>It broke. <ac:structured-macro ac:name="status"><ac:parameter ac:name="title">FINAL</ac:parameter>
</ac:structured-macro></p>
<ac:structured-macro ac:name="toc" />
<h2>Action items</h2>
<ac:task-list>
<ac:task><ac:task-id>1</ac:task-id><ac:task-status>incomplete</ac:task-status>
<ac:task-body><span class="placeholder-inline-tasks">Add an alert on queue depth
<ac:link><ri:user ri:account-id="712020:dana" /></ac:link> <time datetime="2026-04-01" /></span></ac:task-body>
</ac:task>

<ac:task><ac:task-id>2</ac:task-id><ac:task-status>complete</ac:task-status>
<ac:task-body>Rehearse the failover</ac:task-body></ac:task>
</ac:task-list>
"""


def made(sandbox: Sandbox, **table: Any) -> Source:
    assert CONNECTOR.source is not None
    keys = {
        "url": f"{sandbox.url}/confluence",
        "token_env": "WIKI_TOKEN",
        "webhook_secret_env": ["WIKI_NEW", "WIKI_OLD"],
    }
    return CONNECTOR.source.make("wiki", CONNECTOR.source.settings({**keys, "call_seconds": CALL_SECONDS, **table}))


def page(identity: str, *labels: str, **members: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "title": "Checkout is down",
        "status": "current",
        "storage": STORAGE,
        "labels": ["postmortem", *labels],
        "state": None,
        "version_at": "2026-03-09T07:31:00.000Z",
        **members,
    }


def event(name: str, **about: Any) -> bytes:
    return json.dumps({"timestamp": 1772000000000, "event": name, **about}).encode()


class ConfluenceBench(ToolBench):
    vendor = "confluence"
    final_id = "917515"

    def __init__(self, sandbox: Sandbox, **table: Any) -> None:
        super().__init__(sandbox)
        self.source = made(sandbox, **table)
        self.shelves.put("pages", "917515", page("917515", "postmortem-final"))
        self.shelves.put("users", "712020:dana", {"displayName": "Dana Okafor"})

    def signed(self, delivery: Delivery, at: datetime, by: str = "new") -> dict[str, str]:
        digest = hmac.new(SECRETS[by].encode(), delivery.body, hashlib.sha256).hexdigest()
        return {"x-hub-signature": f"sha256={digest}", "x-atlassian-webhook-identifier": delivery.key}

    def final(self) -> Delivery:
        about = {"label": {"name": "postmortem-final"}, "labeled": {"contentType": "page", "id": 917515}}
        return Delivery(event("label_added", **about))

    def earlier(self) -> Delivery:
        return Delivery(event("page_created", page={"id": 917515, "contentType": "page"}), "delivery-0")

    def foreign(self) -> Sequence[Delivery]:
        return [
            Delivery(event("comment_created", comment={"id": 1})),
            Delivery(event("space_created", space={"id": 1})),
            Delivery(event("label_added", labeled={"contentType": "blogpost", "id": 1})),
        ]

    def add_final(self, number: int) -> str:
        self.shelves.put("pages", str(number), page(str(number), "postmortem-final"))
        return str(number)

    def add_draft(self) -> str:
        self.shelves.put("pages", "77", page("77"))
        return "77"


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIKI_TOKEN", "sandbox-confluence-token")
    monkeypatch.setenv("WIKI_NEW", SECRETS["new"])
    monkeypatch.setenv("WIKI_OLD", SECRETS["old"])


@pytest.fixture(scope="module")
def standing() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None)) as running:
        yield running


@pytest.fixture(params=["cloud", "data center"])
def tool(standing: Sandbox, request: pytest.FixtureRequest) -> ConfluenceBench:
    standing.world.reset(["sources", "faults", "stats"])
    return ConfluenceBench(standing, **({"user": USER} if request.param == "cloud" else {}))


@pytest.fixture
def cloud(standing: Sandbox) -> ConfluenceBench:
    standing.world.reset(["sources", "faults", "stats"])
    return ConfluenceBench(standing, user=USER)


class TestContract(SourceConformance):
    @pytest.fixture
    def bench(self, tool: ConfluenceBench) -> SourceBench:
        return tool


def test_a_pages_tasks_are_read_with_their_state_owner_and_date(tool: ConfluenceBench) -> None:
    found = tool.source.fetch("917515")
    assert (found.title, found.url) == (
        "Checkout is down",
        f"{tool.sandbox.url}/confluence/spaces/OPS/pages/917515",
    )
    read = read_markdown(found.body_markdown)
    assert [(item.text, item.done, item.owner, str(item.due)) for item in read.action_items] == [
        ("Add an alert on queue depth", False, "Dana Okafor", "2026-04-01"),
        ("Rehearse the failover", True, None, "None"),
    ]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"labels": ["postmortem"]}, "draft"),
        ({"labels": ["postmortem", "postmortem-final"]}, "final"),
        ({"labels": ["postmortem-published"]}, "final"),
        ({"labels": ["Post-Mortem"]}, "draft"),
        ({"labels": ["meeting-notes"]}, "deleted"),
        ({"status": "trashed"}, "deleted"),
        ({"status": "archived"}, "final"),
    ],
)
def test_labels_and_the_pages_own_status_make_it_final(
    tool: ConfluenceBench, members: dict[str, Any], expected: str
) -> None:
    tool.shelves.change("pages", "917515", **members)
    assert tool.source.fetch("917515").status == expected


@pytest.mark.parametrize(("state", "expected"), [("Verified", "final"), ("DONE", "final"), ("In progress", "draft")])
def test_on_cloud_what_its_authors_call_it_makes_it_final_too(
    cloud: ConfluenceBench, state: str, expected: str
) -> None:
    cloud.shelves.put("pages", "5", page("5", state=state))
    assert cloud.source.fetch("5").status == expected
    swept = cloud.source.finalized_since(None)
    assert swept is not None
    assert ("5" in swept.source_ids) == (expected == "final")


def test_words_of_its_own_replace_ours(standing: Sandbox, cloud: ConfluenceBench) -> None:
    rules = {"labels": ["rca"], "final_when": {"label": ["rca-signed"], "page_status": []}}
    source = made(standing, user=USER, **rules)
    assert source.fetch("917515").status == "deleted"
    cloud.shelves.put("pages", "6", page("6", "rca", state="Verified"))
    assert source.fetch("6").status == "draft"
    cloud.shelves.change("pages", "6", labels=["RCA-signed"])
    assert source.fetch("6").status == "final"


@pytest.mark.parametrize("where", ["itself", "above"])
def test_a_page_that_only_some_may_read_is_private_and_so_is_all_that_stands_under_it(
    tool: ConfluenceBench, where: str
) -> None:
    tool.shelves.put("pages", "1", page("1"))
    tool.shelves.put("pages", "2", page("2", above="1"))
    tool.shelves.change("pages", "917515", above="2")
    assert tool.source.fetch("917515").visibility is None
    tool.shelves.change("pages", "917515" if where == "itself" else "1", readers=["Ruth Bergman"])
    assert tool.source.fetch("917515").visibility is Visibility.PRIVATE


def test_a_sweep_is_paged_and_keeps_to_its_spaces(standing: Sandbox, tool: ConfluenceBench) -> None:
    for number in range(PAGE + 2):
        tool.add_final(number)
    tool.shelves.put("pages", "900", page("900", "postmortem-final", space="HR"))
    first = tool.source.finalized_since(None)
    assert first is not None
    assert (len(first.source_ids), first.more) == (PAGE, True)
    second = tool.source.finalized_since(first.cursor)
    assert second is not None
    assert (len(second.source_ids), second.more) == (4, False)
    only = made(standing, spaces=["HR"]).finalized_since(None)
    assert only is not None
    assert only.source_ids == ("900",)


def test_a_page_in_another_space_is_no_postmortem_whoever_announces_it(
    standing: Sandbox, tool: ConfluenceBench, request: pytest.FixtureRequest
) -> None:
    tool.shelves.put("pages", "900", page("900", "postmortem-final", space="HR"))
    only = made(standing, spaces=["ops"], **({"user": USER} if "cloud" in request.node.name else {}))
    assert only.fetch("917515").status == "final"
    found = only.fetch("900")
    assert (found.status, found.body_markdown) == ("deleted", "<div></div>")


def test_a_look_names_what_is_final_anew_or_in_another_version_and_what_is_so_no_longer(tool: ConfluenceBench) -> None:
    tool.add_final(1)
    tool.add_final(2)
    tool.add_draft()
    first = tool.source.finalized_since(None)
    assert first is not None
    assert sorted(first.source_ids) == ["1", "2", "917515"]
    again = tool.source.finalized_since(first.cursor)
    assert again is not None
    assert again.source_ids == ()
    tool.shelves.change("pages", "1", version=4)
    tool.shelves.change("pages", "2", labels=["postmortem"])
    tool.shelves.change("pages", "77", labels=["postmortem-final"])
    tool.shelves.change("pages", "917515", status="trashed")
    last = tool.source.finalized_since(again.cursor)
    assert last is not None
    assert {name: tool.source.fetch(name).status for name in last.source_ids} == {
        "1": "final",
        "2": "draft",
        "77": "final",
        "917515": "deleted",
    }


@pytest.mark.parametrize("name", sorted(FOLLOWED))
def test_what_happens_to_a_page_or_its_labels_is_followed(name: str) -> None:
    for about in (
        {"page": {"id": "5"}},
        {"content": {"id": 5, "type": "page"}},
        {"labeled": {"contentType": "page", "id": 5}},
    ):
        assert read_event(json.loads(event(name, **about))) == FetchById(("5",))
    with pytest.raises(Unreadable):
        read_event(json.loads(event(name)))
    assert isinstance(read_event(json.loads(event(name, content={"id": 5, "type": "blogpost"}))), Ignored)


def test_a_removed_page_is_deleted_without_asking_for_it() -> None:
    found = read_event(json.loads(event("page_removed", page={"id": 5, "title": "Old"})))
    assert found == PostmortemDocument(id="5", title="Old", status="deleted")


def test_macros_become_what_a_reader_sees() -> None:
    storage = (
        '<ac:structured-macro ac:name="info"><ac:rich-text-body><p>Impact: 3 h</p></ac:rich-text-body>'
        "</ac:structured-macro>"
        '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">sql</ac:parameter>'
        "<ac:plain-text-body><![CDATA[select 1 < 2]]></ac:plain-text-body></ac:structured-macro>"
        "<table><tbody><tr><th>Action</th><th>Done</th></tr><tr><td>Add "
        '<ac:link><ri:page ri:content-title="An alert" />'
        '</ac:link></td><td><ac:emoticon ac:name="tick" /></td></tr></tbody></table>'
        '<p><ac:link><ri:page ri:content-title="Hidden" /><ac:plain-text-link-body><![CDATA[words]]>'
        "</ac:plain-text-link-body></ac:link> <ac:placeholder>Write here</ac:placeholder>"
        '<ac:structured-macro ac:name="jira"><ac:parameter ac:name="key">PAY-7</ac:parameter></ac:structured-macro></p>'
    )
    found = html(storage, {})
    for part in ("Impact: 3 h", "<pre>select 1 &lt; 2</pre>", "Add An alert", "✅", "words", "PAY-7"):
        assert part in found
    for part in ("ac:", "ri:", "Write here", "sql", "Hidden", "\n\n"):
        assert part not in found


def test_users_who_are_unknown_leave_no_trace_and_others_their_name() -> None:
    storage = (
        '<p><ac:link><ri:user ri:userkey="8a7f" /></ac:link> and <ac:link><ri:user ri:account-id="x" /></ac:link></p>'
    )
    assert mentioned(storage + storage) == ["8a7f", "x"]
    assert html(storage, {"8a7f": "Dana"}) == "<div><p>@Dana and </p></div>"


def test_a_broken_declaration_takes_no_promise_with_it() -> None:
    assert "<li>Add an alert</li>" in html("<ul><li>Add an alert</li></ul><![x", {})


@given(st.text(alphabet=st.sampled_from("<>/ac:taskri=\"' &;![CDATA]-xyz\n")))
def test_no_storage_whatever_breaks_it(storage: str) -> None:
    assert "\n\n" not in html(storage, {})


def test_every_fault_of_the_table_is_told_at_once() -> None:
    assert CONNECTOR.source is not None
    table = {"url": "http://wiki.example", "token": "x", "labels": [], "final_when": {"lable": []}, "spaces": ["a b"]}
    with pytest.raises(ValidationError) as caught:
        CONNECTOR.source.settings(table)
    assert set(caught.value.normalized_messages()) == {"url", "token", "token_env", "labels", "final_when", "spaces"}


def test_the_address_of_a_cloud_site_needs_no_path() -> None:
    assert CONNECTOR.source is not None
    found = CONNECTOR.source.settings({"url": "https://acme.atlassian.net", "user": USER, "token_env": "T"})
    assert (found.url, found.cloud) == ("https://acme.atlassian.net/wiki", True)


def test_finalized_at_is_the_versions_instant(tool: ConfluenceBench) -> None:
    assert tool.source.fetch("917515").finalized_at == datetime(2026, 3, 9, 7, 31, tzinfo=UTC)


def test_an_event_without_a_name_is_about_what_it_carries_or_unreadable() -> None:
    found = read_event({"page": {"id": 7, "contentType": "page"}})
    assert found == read_event({"event": "page_updated", "page": {"id": 7, "contentType": "page"}})
    assert isinstance(found, FetchById)
    with pytest.raises(Unreadable):
        read_event({"timestamp": 1})
