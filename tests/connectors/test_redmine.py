from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from marshmallow import ValidationError

from connectors.redmine import CONNECTOR
from connectors.redmine.markdown import redmine_markdown
from connectors.redmine.settings import read_settings
from connectors.redmine.textile import textile
from connectors.spi import (
    AccessDenied,
    Account,
    Category,
    IssueDraft,
    Missing,
    Place,
    Rejected,
    Unavailable,
    Visibility,
)

PAYMENTS = Place("payments")
DRAFT = IssueDraft("Add a limit", "It fell over.", "abc123")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = datetime(2020, 1, 1, tzinfo=UTC)


def act(sandbox, where: str, **change: Any) -> None:
    answered = sandbox.app.test_client().post(f"/_sandbox/redmine/{where}", json=change)
    assert answered.status_code < 300, answered.text


def calls(sandbox) -> dict[str, int]:
    routes = sandbox.world.stats.report()["requests"].get("redmine", {"routes": {}})["routes"]
    return {route.replace("/redmine", ""): sum(found.values()) for route, found in routes.items()}


def tracker(sandbox, **more: Any):
    assert CONNECTOR.tracker is not None
    table = {"api_url": f"{sandbox.url}/redmine", "token_env": "REDMINE_TOKEN", **more}
    return CONNECTOR.tracker.make("redmine-main", CONNECTOR.tracker.settings(table))


def test_creation_is_one_request_with_a_warm_client_and_carries_everything(sandbox, redmine_tracker):
    draft = replace(DRAFT, priority="p1", due_on=date(2026, 12, 1), assignee=Account("5"), confidential=True)
    redmine_tracker.create(Place("payments", "Bug"), draft)
    sandbox.world.stats.clear()
    made = redmine_tracker.create(Place("payments", "Bug"), draft)
    assert calls(sandbox) == {"POST /issues.json": 1}
    (reading,) = redmine_tracker.read([made.issue.ref]).readings
    assert (reading.issue, reading.text_digest, made.dropped) == (made.issue, made.text_digest, ())
    assert (reading.assignee, reading.due_on, reading.priority) == (
        Account("5", "Dana Okafor"),
        date(2026, 12, 1),
        "Urgent",
    )
    assert sandbox.world.redmine.everything()[-1].private


def test_due_date_in_the_past_is_taken(redmine_tracker):
    made = redmine_tracker.create(PAYMENTS, replace(DRAFT, due_on=date(2020, 1, 1)))
    assert made.dropped == ()


@pytest.mark.complaint("one unknown person stops the whole creation")
def test_assignee_who_may_not_be_assigned_never_stops_the_creation(sandbox, redmine_tracker):
    made = redmine_tracker.create(PAYMENTS, replace(DRAFT, assignee=Account("8")))
    assert made.dropped == ("assignee",)
    assert calls(sandbox) == {"POST /issues.json": 2}
    assert len(sandbox.world.redmine.everything()) == 1


def test_fault_of_the_issue_itself_is_told_and_not_the_assignees(sandbox, redmine_tracker):
    with pytest.raises(Rejected) as refusal:
        redmine_tracker.create(Place("platform"), replace(DRAFT, assignee=Account("5")))
    assert "Severity cannot be blank" in refusal.value.sentence
    assert sandbox.world.redmine.everything() == []


@pytest.mark.complaint("required fields are met only when an issue is refused")
def test_required_field_and_unknown_option_are_found_before_the_first_issue(sandbox, redmine_tracker):
    (finding,) = redmine_tracker.describe(Place("platform")).findings
    assert "Severity cannot be blank" in finding.sentence
    (finding,) = redmine_tracker.describe(Place("platform", None, {"custom_fields": {"2": "odd"}})).findings
    assert "not included in the list" in finding.sentence
    good = Place("platform", None, {"custom_fields": {"2": "high"}})
    assert redmine_tracker.describe(good).findings == ()
    required = {each.name: each.required for each in redmine_tracker.describe(Place("platform")).fields}
    assert required == {"External key": False, "Severity": True}
    assert sandbox.world.redmine.everything() == []
    redmine_tracker.create(good, DRAFT)


def test_field_that_each_issue_gives_by_itself_is_no_obstacle(sandbox, redmine_tracker):
    (obstacle,) = redmine_tracker.describe(Place("platform")).obstacles
    assert obstacle.code == "redmine.field_refused"
    later = redmine_tracker.describe(Place("platform", None, {}, {"custom_fields": {"2": "{severity}"}}))
    assert (later.findings, later.obstacles) == ((), ())
    (field,) = [each for each in later.fields if each.name == "Severity"]
    assert (field.required, field.filled) == (True, True)
    assert redmine_tracker.describe(Place("platform", "Saga")).obstacles[0].code == "redmine.issue_type_unknown"


def test_custom_field_of_an_issue_stands_over_the_places_and_beside_its_others(sandbox, redmine_tracker):
    place = Place("platform", None, {"custom_fields": {"1": "KEY-1", "2": "low"}})
    redmine_tracker.create(place, replace(DRAFT, fields={"custom_fields": {2: "high"}}))
    (issue,) = sandbox.world.redmine.everything()
    assert issue.custom == {"1": "KEY-1", "2": "high"}


def test_place_says_who_sees_it_and_what_would_fail(sandbox, redmine_tracker):
    assert redmine_tracker.describe(PAYMENTS).visibility is Visibility.INTERNAL
    assert redmine_tracker.describe(Place("open-house")).visibility is Visibility.PUBLIC
    assert redmine_tracker.describe(Place("none")).findings[0].code == "redmine.place_missing"
    act(sandbox, "projects/payments", status=5, issues_enabled=False, permissions={"afteraction": ["add_issues"]})
    found = redmine_tracker.describe(Place("payments", "Saga")).findings
    wrong = {"redmine.archived", "redmine.issues_disabled", "redmine.issue_type_unknown"}
    assert wrong < {each.code for each in found}
    assert sum(each.code == "redmine.permission_missing" for each in found) == 3
    assert all(each.cure for each in found)


def test_how_issues_are_closed_is_a_finding_while_redmine_does_not_tell_it(sandbox, redmine_tracker):
    sandbox.world.faults.add(
        {"tracker": "redmine", "kind": "error_before", "methods": ["GET"], "path": "^/issues.json"}
    )
    described = redmine_tracker.describe(PAYMENTS)
    assert [each.code for each in described.findings] == ["redmine.server_error"]
    assert (described.visibility, described.obstacles) == (Visibility.INTERNAL, ())


def test_redmine_that_asks_for_fewer_requests_is_not_described(sandbox, redmine_tracker):
    limited = {"kind": "rate_limited", "retry_after": 7, "methods": ["GET"], "path": "^/issues.json"}
    sandbox.world.faults.add({"tracker": "redmine", **limited})
    with pytest.raises(Unavailable):
        redmine_tracker.describe(PAYMENTS)


def test_private_postmortem_is_refused_where_the_issue_would_be_shown_to_all(sandbox, redmine_tracker):
    act(sandbox, "projects/payments", permissions={"afteraction": ["add_issues", "edit_issues"]})
    with pytest.raises(Rejected) as refusal:
        redmine_tracker.create(PAYMENTS, replace(DRAFT, confidential=True))
    assert refusal.value.code == "redmine.not_private"
    assert sandbox.world.redmine.everything() == []


def test_wrong_key_that_lists_nothing_with_200_is_a_fault_of_the_target(sandbox, redmine_tracker, monkeypatch):
    made = redmine_tracker.create(PAYMENTS, DRAFT)
    (feed,) = redmine_tracker.feeds(["payments"])
    monkeypatch.setenv("REDMINE_TOKEN", "wrong")
    for asks in (
        lambda: redmine_tracker.find(PAYMENTS, "abc123", START),
        lambda: redmine_tracker.changes(feed, None, NOW),
        lambda: redmine_tracker.read([made.issue.ref]),
        redmine_tracker.credential,
    ):
        with pytest.raises(AccessDenied):
            asks()
    assert [each.code for each in redmine_tracker.check()] == ["redmine.unauthorized"]


def test_number_of_a_deleted_issue_that_another_has_now_is_not_ours(sandbox, redmine_tracker):
    made = redmine_tracker.create(PAYMENTS, DRAFT)
    act(sandbox, "issues/1", delete=True)
    sandbox.world.redmine._clock = lambda: datetime.now(UTC).timestamp() + 5
    other = redmine_tracker.create(PAYMENTS, replace(DRAFT, title="Another", marker="other"))
    assert (other.issue.key, other.issue.ref == made.issue.ref) == ("#1", False)
    assert redmine_tracker.read([made.issue.ref]).gone == (made.issue.ref,)
    for change in (
        lambda ref: redmine_tracker.rewrite(ref, "A", "b", "m"),
        lambda ref: redmine_tracker.comment(ref, "c", "Hello", None),
        lambda ref: redmine_tracker.transition(ref, Category.DONE),
        lambda ref: redmine_tracker.put_under(ref, other.issue.ref),
        lambda ref: redmine_tracker.close_as_duplicate(ref, other.issue, "It repeats."),
    ):
        with pytest.raises(Missing):
            change(made.issue.ref)
    assert sandbox.world.redmine.issue(1).notes == ()


@pytest.mark.complaint("a step that the workflow does not offer leaves an issue half changed")
def test_change_that_redmine_takes_and_ignores_is_told(sandbox, redmine_tracker):
    ref, parent = (redmine_tracker.create(PAYMENTS, DRAFT).issue.ref for _ in range(2))
    act(sandbox, "projects/payments", permissions={"afteraction": ["add_issues", "view_issues"]})
    for change in (
        lambda: redmine_tracker.rewrite(ref, "A", "b", "m"),
        lambda: redmine_tracker.comment(ref, "c", "Hello", None),
        lambda: redmine_tracker.transition(ref, Category.DONE),
        lambda: redmine_tracker.put_under(ref, parent),
    ):
        with pytest.raises(Rejected) as refusal:
            change()
        assert refusal.value.code in ("redmine.ignored", "redmine.no_transition")
        assert refusal.value.cure


def test_nothing_changed_is_one_request_and_a_sweep_one_a_hundred(sandbox, redmine_tracker):
    refs = [redmine_tracker.create(PAYMENTS, replace(DRAFT, marker=f"m{n}")).issue.ref for n in range(210)]
    sandbox.world.redmine.create(1, 5, {"subject": "Not ours"})
    (feed,) = redmine_tracker.feeds(["payments"])
    cursor, seen, more = None, set(), True
    while more:
        page = redmine_tracker.changes(feed, cursor, NOW)
        cursor, more = page.cursor, page.more
        seen |= {each.issue.ref for each in page.readings}
    assert seen == set(refs)
    sandbox.world.stats.clear()
    redmine_tracker.changes(feed, cursor, NOW)
    assert calls(sandbox) == {"GET /issues.json": 1}
    sandbox.world.stats.clear()
    assert len(redmine_tracker.read(refs).readings) == 210
    assert calls(sandbox) == {"GET /issues.json": 3}


def test_closed_issue_is_still_told(sandbox, redmine_tracker):
    made = redmine_tracker.create(PAYMENTS, DRAFT)
    (feed,) = redmine_tracker.feeds(["payments"])
    cursor = redmine_tracker.changes(feed, None, NOW).cursor
    act(sandbox, "issues/1", status="Rejected")
    (reading,) = redmine_tracker.changes(feed, cursor, NOW).readings
    assert (reading.issue, reading.category, reading.status) == (made.issue, Category.DECLINED, "Rejected")


def test_marker_stands_in_a_field_too_where_there_is_one(sandbox):
    found = tracker(sandbox, marker_field=1)
    made = found.create(PAYMENTS, DRAFT)
    act(sandbox, "issues/1", description="A person wrote all of it anew")
    assert [each.issue for each in found.find(PAYMENTS, "abc123", START)] == [made.issue]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# Title #1\n\nText", "h1. Title &#35;1\n\nText"),
        ("**bold** *em* ~~gone~~ `a*b`", "*bold* _em_ -gone- <code>a*b</code>"),
        ("- a\n  1. b\n- [x] done", "* a\n*# b\n* ☑ done"),
        ("> said\n> ```\n> code\n> ```", "> said\n\n<pre>\ncode\n</pre>"),
        ("```ruby\nx < 1 # {{toc}}\n```", '<pre><code class="ruby">\nx < 1 # {{toc}}\n</code></pre>'),
        ("| a | b |\n|---|---|\n| 1 | x\\|y |", "|_. a |_. b |\n| 1 | x&#124;y |"),
        ("[it](http://x.example/a(b)) ![p](http://i.example/p.png)", None),
        ("in**side**word snake_case a-b", "insideword snake_case a-b"),
        ("---", "---"),
        ("line  \nbreak", "line\nbreak"),
        ("`</code></pre>`", "<code><\u200b/code><\u200b/pre></code>"),
        ("<b>x</b> <!-- c -->", "&#60;b&#62;x&#60;/b&#62;"),
        ("API(x) h1. no", "API&#40;x) h1. no"),
        ("h1. no\n\np(x). no", "h1&#46; no\n\np(x)&#46; no"),
    ],
)
def test_markdown_reads_alike_in_textile(markdown, expected):
    found = textile(markdown)
    if expected is None:
        expected = '"it":http://x.example/a%28b%29 "p":http://i.example/p.png'
    assert found == expected


FIRING = "@dana #12 ##12 user#6 user:dana project:payments commit:abc r12 {{toc}} [[Wiki]] message#1 &#64;dana &#35;1"


def test_nothing_in_a_text_is_a_mention_a_reference_or_a_macro():
    for found in (textile(FIRING), redmine_markdown(FIRING)):
        for word in ("@d", " #1", "##1", "user#", "user:", "project:", "commit:", "r12", "{{", "[[", "message#"):
            assert word not in found, word
    assert "#12 user:dana" in redmine_markdown("```\n#12 user:dana\n```")


# lib/redmine/acts/mentionable.rb of Redmine: who is mentioned is read from the text as it was written, without what is
# found by these.
MENTIONED = re.compile(r"(?:^|\W)@([A-Za-z0-9_\-@.]*?)(?=[,\s\]<]|[^\w\s][^A-Za-z0-9_/]|\.+$|$)", re.MULTILINE)
PASSED_OVER = {textile: r"(?s)<pre>(.*?)</pre>", redmine_markdown: r"(?s)(~~~|```)(.*?)(~~~|```)"}


@pytest.mark.parametrize("render", PASSED_OVER)
@pytest.mark.parametrize(
    "text",
    [
        "Ask @dana",
        "Run `@dana` again",
        "- ```\n  @dana x\n  ```",
        "    @dana x",
        "```\n@dana x\n```",
        "~~~~\n```\n@dana x\n~~~~",
        "````\n```\n@dana x\n```\n````",
        "| a |\n|---|\n| `@dana` |",
        "see https://x.example/@dana now",
    ],
)
def test_nobody_is_mentioned_in_redmine_even_by_code(render, text):
    assert MENTIONED.findall("Ask @dana") == ["dana"]
    assert MENTIONED.findall(re.sub(PASSED_OVER[render], "", render(text))) == []


def test_redmine_needs_an_address_and_a_key_and_takes_its_own_words_by_default():
    settings = read_settings({"api_url": "https://r.acme.example", "token_env": "KEY", "rates": [[5, 1]]})
    assert (settings.formatting, settings.browse_url, settings.priorities["p0"]) == (
        "textile",
        "https://r.acme.example",
        "Immediate",
    )
    more = read_settings({"api_url": "https://r", "token_env": "KEY", "priorities": {"p1": "Now"}, "todo_statuses": []})
    assert (more.priorities["p1"], more.priorities["p2"], more.todo_statuses) == ("Now", "High", ())


def test_all_faults_of_the_settings_come_at_once():
    with pytest.raises(ValidationError) as refusal:
        read_settings({"api_url": "x", "formatting": "wiki", "marker_field": 0, "priorities": {"p9": "x"}})
    assert set(refusal.value.messages) == {"api_url", "token_env", "formatting", "marker_field", "priorities"}
