"""Every promise of the contract, and what only Redmine itself can show."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from connectors.conformance.asking import DRAFT, OTHER, create
from connectors.conformance.counterpart import TrackerBench
from connectors.conformance.fault_proxy import fault_proxy
from connectors.conformance.tracker import TrackerConformance
from connectors.redmine.mapping import marker_line
from connectors.redmine.markdown import redmine_markdown
from connectors.redmine.textile import textile
from connectors.spi import AccessDenied, Overtaken, Place, Rejected
from tests.connectors.trackers.benches import make
from tests.connectors.trackers.real_redmine import RealRedmineBench
from tests.support.redmine import Redmine

pytestmark = pytest.mark.system


class TestRealRedmine(TrackerConformance):
    counterpart = RealRedmineBench

    @pytest.fixture
    def bench(self, redmine: Redmine) -> Iterator[TrackerBench]:
        with fault_proxy(redmine.port) as proxy:
            yield RealRedmineBench(redmine, proxy)


@pytest.fixture
def bench(redmine: Redmine) -> Iterator[RealRedmineBench]:
    with fault_proxy(redmine.port) as proxy:
        yield RealRedmineBench(redmine, proxy)


def test_number_that_redmine_gives_again_is_not_believed_to_be_ours(redmine: Redmine, bench: RealRedmineBench) -> None:
    made = create(bench)
    bench.deletes(made.issue.ref)
    threading.Event().wait(1.1)  # instants are whole seconds, and two creations within one look alike
    other = create(bench, OTHER)
    assert (other.issue.key, other.issue.ref != made.issue.ref) == (made.issue.key, True)
    assert bench.tracker.read([made.issue.ref]).gone == (made.issue.ref,)


def test_wrong_key_lists_nothing_with_200_and_is_found_out(redmine: Redmine, bench: RealRedmineBench) -> None:
    assert redmine.call("GET", "/issues.json?status_id=*", key="f" * 40)["issues"] == []
    os.environ["REDMINE_WRONG_KEY"] = "f" * 40
    table = {"api_url": redmine.url, "token_env": "REDMINE_WRONG_KEY"}
    tracker = make("redmine", "redmine", table)
    with pytest.raises(AccessDenied):
        tracker.find(bench.place, "abcd", datetime(2020, 1, 1, tzinfo=UTC))


def test_place_where_our_account_may_only_report_is_told_before_and_after(
    redmine: Redmine, bench: RealRedmineBench
) -> None:
    reports = Place("reports")
    codes = {each.code for each in bench.tracker.describe(reports).findings}
    assert codes == {"redmine.permission_missing"}
    made = bench.tracker.create(reports, DRAFT)
    with pytest.raises(Rejected) as refusal:
        bench.tracker.rewrite(made.issue.ref, "Another", "text", DRAFT.marker)
    assert refusal.value.code == "redmine.ignored"
    with pytest.raises(Rejected) as refusal:
        bench.tracker.create(reports, replace(DRAFT, confidential=True))
    assert refusal.value.code == "redmine.not_private"


@pytest.mark.parametrize("theirs", [{"title": "Their title"}, {"body": "Their body"}], ids=["title", "body"])
def test_words_written_between_our_look_and_our_write_are_put_back_by_the_history(
    bench: RealRedmineBench, theirs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create(bench)
    ref, tracker = made.issue.ref, cast("Any", bench.tracker)
    client = tracker._writing._client
    send, sent = client.send, []

    def a_moment_later(asked: Any, verb: str, path: str, payload: Any) -> Any:
        sent.append(payload)
        if len(sent) == 1:
            bench.writes(ref, **theirs)
        return send(asked, verb, path, payload)

    monkeypatch.setattr(client, "send", a_moment_later)
    with pytest.raises(Overtaken):
        tracker.rewrite(ref, "Another title", "Another body", DRAFT.marker, [made.text_digest])
    found = bench.redmine.call("GET", f"/issues/{ref.partition('@')[0]}.json")["issue"]
    assert (found["subject"] if "title" in theirs else found["description"]) == next(iter(theirs.values()))


def test_required_field_and_unknown_option_are_told_before_the_first_issue(bench: RealRedmineBench) -> None:
    audited = Place(bench.place.name, "Audited")
    (finding,) = bench.tracker.describe(audited).findings
    assert "Severity cannot be blank" in finding.sentence
    severity = bench.redmine.ids["fields"]["Severity"]
    (finding,) = bench.tracker.describe(replace(audited, constants={"custom_fields": {severity: "odd"}})).findings
    assert "not included in the list" in finding.sentence
    good = replace(audited, constants={"custom_fields": {severity: "high"}})
    assert bench.tracker.describe(good).findings == ()
    assert bench.count() == 0
    bench.tracker.create(good, DRAFT)


FIRING = [
    "@dana and &#64;dana and _@dana_ &commat;dana",
    '#1 ##1 #1#note-2 user#6 &#35;1 &num;1 project:payments user:dana version:"1" source:a/b r1 commit:abc1234',
    "{{toc}} {{{toc}}} {{collapse(x)\nhidden\n}} &#123;&#123;toc}} [[Wiki]] [[[x]]]",
    "!http://i.example/x.png! ![alt](http://i.example/x.png) <script>alert(1)</script> <img src=x onerror=y>",
    "# A #1\n\n> @dana\n> - #1\n\n| @dana | #1 |\n|---|---|\n\n- [ ] @dana",
]


SIGNS = ("user-mention", 'class="user', 'class="issue', 'class="project', "collapse-", "<script", "<img src")
RENDERERS = {"textile": textile, "markdown": redmine_markdown, "common_mark": redmine_markdown}


@pytest.mark.parametrize("formatting", RENDERERS)
def test_redmine_makes_no_mention_reference_macro_or_tag_of_our_text(redmine: Redmine, formatting: str) -> None:
    raw = "".join(redmine.rendered([each.replace("&", "") for each in FIRING], formatting))
    assert "user-mention" in raw
    for shown in redmine.rendered([RENDERERS[formatting](each) for each in FIRING], formatting):
        for sign in SIGNS:
            assert sign not in shown, sign


def test_markdown_reads_in_redmine_as_it_was_meant(redmine: Redmine) -> None:
    texts = [
        "**bold** *em* ~~gone~~ `a < b & {{toc}} #1`",
        "- a\n  1. b\n- c",
        "```python\nif a < b: # {{toc}} &amp;\n    pass\n```",
        "| a | b |\n|---|---|\n| 1 | x\\|y |",
        "[it](http://x.example/a_b_c?d=1&e=(2))",
        "snake_case a-b 2*3*4 1 < 2 h1. x -- y",
    ]
    shown = redmine.rendered([textile(each) for each in texts], "textile")
    assert "<strong>bold</strong> <em>em</em> <del>gone</del> <code>a &lt; b &amp; {{toc}} #1</code>" in shown[
        0
    ].replace("&#38;", "&amp;")
    assert shown[1].count("<li>") == 3
    assert "<ol>" in shown[1]
    assert "python syntaxhl" in shown[2]
    assert "&amp;amp;" in shown[2]
    assert shown[3].count("<td>") == 2
    assert 'href="http://x.example/a_b_c?d=1&#38;e=%282%29"' in shown[4] or "e=%282%29" in shown[4]
    assert "snake_case a-b 2" in shown[5]
    assert "<h1" not in shown[5]


def test_our_marker_does_not_show_in_textile_and_commonmark(redmine: Redmine) -> None:
    for formatting in ("textile", "common_mark"):
        (shown,) = redmine.rendered(["Text" + marker_line("abc123")], formatting)
        assert "abc123" not in shown
