from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from connectors.spi import IssueRef, OwnerText
from service.domain.facts import Change, ItemFacts, PostmortemFacts
from service.texts import changes_comment, duplicate_comment, issue_body, issue_title

POSTMORTEM = PostmortemFacts(
    source="demo",
    source_id="INC-2041",
    title="Card payments declined for 40 minutes",
    status="final",
    summary="A retry storm filled the pool. Nobody was paged. More follows.",
    impact="1 in 5 card payments failed. Refunds took two days.",
    severity="SEV1",
    url="https://pm.example.com/INC-2041",
    timeline={"started_at": datetime(2026, 3, 3, 9, tzinfo=UTC)},
)
BARE = PostmortemFacts("demo", "INC-1", "Outage", "final")
FULL = ItemFacts(
    title="Cap retries of the payment client",
    description="Three attempts at most.",
    owner=OwnerText(name="Ana"),
    due_on=date(2026, 4, 14),
    success_metric="Pool never above 80 % in the monthly load test.",
    validation_plan="Repeat the load test.",
    verify_after_days=30,
    milestones=(
        {"title": "Limit in staging", "due_on": "2026-03-20", "done": True},
        {"title": "Limit everywhere", "due_on": date(2026, 4, 14)},
        {"title": "Tell support", "due_on": "soon"},
    ),
)


def body(item=FULL, postmortem=POSTMORTEM, owner="Ana Diaz", team="Payments", url="https://aa.example.com/items/9"):
    return issue_body(item, postmortem, "https://aa.example.com/postmortems/4", owner, team, url)


def headings(text):
    tokens = MarkdownIt("commonmark").parse(text)
    return [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]


def test_a_full_issue_reads_in_the_promised_order():
    assert body() == (
        "Three attempts at most.\n\n"
        "### Why\n\n"
        "[Card payments declined for 40 minutes](<https://pm.example.com/INC-2041>) (SEV1, 3 March 2026): "
        "A retry storm filled the pool. Nobody was paged. 1 in 5 card payments failed.\n\n"
        "### How we know that it worked\n\n"
        "Pool never above 80 % in the monthly load test.\n\nRepeat the load test.\n\n"
        "To be checked 30 days after it is done.\n\n"
        "### Promised\n\n- By: 14 April 2026\n- Owner: Ana Diaz\n- Team: Payments\n\n"
        "### Milestones\n\n"
        "- [x] Limit in staging (by 20 March 2026)\n"
        "- [ ] Limit everywhere (by 14 April 2026)\n"
        "- [ ] Tell support (by soon)\n\n"
        "---\nFiled from the postmortem by Afteraction. [Its history](<https://aa.example.com/items/9>) shows what "
        "became of it. Status, assignee, dates and edits here are the team's; if the postmortem changes, one comment "
        "will say how."
    )


def test_absent_parts_leave_no_heading():
    assert headings(body(ItemFacts("Do it"), BARE, None, None)) == ["Why"]


def test_without_an_address_of_the_source_our_page_is_linked():
    assert "[Outage](<https://aa.example.com/postmortems/4>)." in body(ItemFacts("Do it"), BARE)


def test_an_owner_whom_the_directory_lacks_stands_as_the_postmortem_wrote_them():
    assert "- Owner: Ana\n" in body(owner=None)
    mail = ItemFacts("Do it", owner=OwnerText(email="ana@example.com"))
    assert "- Owner: ana@example.com" in body(mail, owner=None)


def test_the_title_is_the_postmortems_words_on_one_line():
    assert issue_title(ItemFacts("  Cap\tretries\n of the\x07 client ")) == "Cap retries of the client"


def test_a_title_too_long_is_cut_at_a_word_and_stands_whole_in_the_body():
    item = ItemFacts("retry " * 60 + "end")
    assert len(issue_title(item)) <= 240
    assert issue_title(item).endswith("retry…")
    assert body(item).startswith("retry retry")
    assert "retry end" in body(item)


def test_an_open_code_fence_in_a_description_does_not_swallow_the_rest():
    text = body(ItemFacts("Do it", description="Run:\n```sh\nmake\n~~~\n"))
    assert headings(text) == ["Why", "Promised"]


@pytest.mark.parametrize("opener", ["<!-- a", "<?php", "<!DOCTYPE x", "<![CDATA[", "<pre>", "  <SCRIPT x", "<style>"])
def test_html_left_open_in_a_description_does_not_swallow_the_rest(opener):
    assert headings(body(ItemFacts("Do it", description=opener))) == ["Why", "Promised"]


def test_html_inside_a_code_fence_is_left_alone():
    assert body(ItemFacts("Do it", description="```\n<pre>\n```")).startswith("```\n<pre>\n```\n")


def test_a_closed_code_fence_stays_as_it_is():
    assert body(ItemFacts("Do it", description="```sh\nmake\n```")).startswith("```sh\nmake\n```\n\n### Why")


def test_markup_in_a_title_of_a_postmortem_is_shown_and_not_obeyed():
    trap = PostmortemFacts("demo", "1", "a](https://evil.example) `x` *b*", "final", url="https://pm.example.com/1")
    links = [t for t in MarkdownIt().parse(body(ItemFacts("Do it"), trap)) if t.children for t in t.children]
    targets = [t.attrs["href"] for t in links if t.type == "link_open"]
    assert targets == ["https://pm.example.com/1", "https://aa.example.com/items/9"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a b", "file:///etc/passwd"])
def test_an_address_that_is_not_of_the_web_is_never_a_link(url):
    odd = PostmortemFacts("demo", "1", "Outage", "final", url=url)
    assert url not in body(ItemFacts("Do it"), odd)


@settings(deadline=None)
@given(st.text(max_size=99), st.text(max_size=99) | st.text("`~<!-?#>\n []", max_size=60))
def test_whatever_the_description_says_the_sections_after_it_stay_sections(title, description):
    text = body(ItemFacts(title or "x", description=description), BARE)
    assert headings(text)[-2:] == ["Why", "Promised"]


def change(field, old, new):
    return Change(datetime(2026, 3, 9, tzinfo=UTC), field, old, new)


def test_the_comment_says_old_and_new():
    comment = changes_comment([change("due_on", "2026-04-14", "2026-05-01"), change("owner", "", "Bo")], POSTMORTEM)
    assert comment == (
        "The postmortem [Card payments declined for 40 minutes](<https://pm.example.com/INC-2041>) changed this "
        "action since the issue was made:\n\n"
        "- **Due date** (9 March 2026): 14 April 2026 → 1 May 2026\n"
        "- **Owner** (9 March 2026): nothing → Bo\n\n"
        "This issue's own dates, assignee and status stay as the team has set them."
    )


def test_long_texts_are_quoted_one_below_the_other():
    comment = changes_comment([change("description", "a\nb", "c " * 100)], BARE)
    assert "Before:\n  > a\n  > b\n\n  Now:\n  > c c" in comment


def test_a_withdrawn_action_says_that_nothing_was_closed():
    comment = changes_comment([], BARE, withdrawn=True)
    assert comment.startswith("The postmortem Outage no longer contains this action. Nothing was closed here")


def test_a_reopened_postmortem_says_that_its_actions_may_change():
    assert "contains this action again" in changes_comment([], BARE, returned=True)


def test_an_unknown_field_is_named_in_words():
    assert "- **Root cause** (9 March 2026): a → b" in changes_comment([change("root_cause", "a", "b")], BARE)


def test_a_duplicate_points_at_the_issue_that_stays():
    original = IssueRef("1", "PAY-7", "https://jira.example.com/browse/PAY-7", "PAY")
    assert "[PAY-7](<https://jira.example.com/browse/PAY-7>)" in duplicate_comment(original)
