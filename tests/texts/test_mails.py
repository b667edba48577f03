import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.stalls import Condition, DueOrigin
from service.texts import OperatorsMail, Problem, StalledLine, StalledMail, render_mail
from service.texts.mails import MAILS, _templates

LIST_URL = "https://aa.example.com/actions?person=ana"
LINE = StalledLine(
    key="PAY-41",
    title="Cap retries of the payment client",
    item_url="https://aa.example.com/items/9",
    condition=Condition.OVERDUE,
    since=date(2026, 3, 2),
    working_days=6,
    issue_url="https://jira.example.com/browse/PAY-41",
    incident="Card payments declined for 40 minutes",
    owner_name="Ana",
)
IDLE = replace(LINE, key="PAY-42", title="Alert on pool saturation", condition=Condition.IDLE, working_days=12)
PROBLEM = Problem("GitHub acme/payments has refused us since 09:12.", "Replace the token in GITHUB_TOKEN.", "09:12")


def mail(*lines, **given):
    return StalledMail("Ana", lines, LIST_URL, **given)


def stalled(*lines, **given):
    return render_mail("stalled", mail(*lines, **given))


def test_the_subject_is_count_and_worst_case_in_words():
    assert stalled(LINE, IDLE).subject == "2 actions need you: one is 6 working days overdue"
    assert stalled(LINE).subject == "1 action needs you: 6 working days overdue"
    assert stalled(IDLE).subject == "1 action needs you: without movement for 12 working days"
    urgent = replace(LINE, priority="p0", working_days=1)
    assert stalled(urgent, LINE).subject == "2 actions need you: a P0 is 1 working day overdue"


def test_the_whole_text_reads_in_the_promised_order():
    assert stalled(LINE, policy="usual", contact="ops@example.com").text == (
        "Ana, please move this action on, or say in the issue what it waits for.\n"
        "\n"
        "1. Cap retries of the payment client\n"
        "   6 working days overdue; due 2 March 2026.\n"
        "   Finish it, set a date that holds, or hand it on.\n"
        "   Issue: https://jira.example.com/browse/PAY-41\n"
        "   History and snooze: https://aa.example.com/items/9\n"
        "   From: Card payments declined for 40 minutes\n"
        "\n"
        "--\n"
        "You get this because this action is assigned to you. Policy “usual”: at\n"
        "most one such mail a working day.\n"
        "It stops when the issue is done, declined, handed on or given a later\n"
        "date; to say “I know” until a date, open the action's page. If they are\n"
        "not yours at all, tell ops@example.com.\n"
        "All of yours: https://aa.example.com/actions?person=ana\n"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"condition": Condition.DUE_SOON, "working_days": 2}, "Due in 2 working days, on 2 March 2026."),
        ({"condition": Condition.DUE_SOON, "working_days": 0}, "Due today, on 2 March 2026."),
        ({"condition": Condition.NOT_STARTED}, "Not started after 6 working days, since 2 March 2026."),
        ({"condition": Condition.UNASSIGNED}, "Without an owner for 6 working days, since 2 March 2026."),
        ({"condition": Condition.UNDELIVERABLE}, "Not in the tracker for 6 working days, since 2 March 2026."),
        ({"due_origin": DueOrigin.POLICY}, "6 working days overdue; due 2 March 2026, a date set by policy."),
        ({"working_days": 1}, "1 working day overdue; due 2 March 2026."),
    ],
)
def test_each_condition_says_how_late_and_since_when(given, words):
    assert words in " ".join(stalled(replace(LINE, **given)).text.split())


@pytest.mark.parametrize("condition", [each for each in Condition if each is not Condition.DUE_SOON])
def test_nobody_is_told_of_zero_working_days(condition):
    assert "0 working" not in replace(LINE, condition=condition, working_days=0).lateness


def test_an_idle_action_with_a_promised_date_names_it_too():
    line = replace(IDLE, due_on=date(2026, 4, 1), due_origin=DueOrigin.PROMISED)
    assert "since 2 March 2026; due 1 April 2026." in " ".join(stalled(line).text.split())


def test_a_lead_is_told_whom_to_ask():
    found = stalled(replace(LINE, role="lead")).text
    assert "Ana owns it: ask what is in the way, or hand it to somebody else." in found
    assert found.startswith("Ana, please help this action move on")
    assert "belongs to the team that you lead" in " ".join(found.split())


def test_who_stands_in_for_a_missing_owner_is_asked_for_one():
    found = stalled(replace(LINE, instead=True, owner_name=None)).text
    assert "Nobody who can be told owns it: give it an owner." in found


def test_several_reasons_are_each_named():
    words = " ".join(stalled(LINE, replace(IDLE, role="lead"), replace(IDLE, role="manager")).text.split())
    assert "some are assigned to you, some belong to the team that you lead and some are urgent" in words


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_a_private_action_is_named_by_its_key_alone(part):
    secret = replace(LINE, title="Hide the leak", incident="Leak of salaries", private=True)
    found = getattr(stalled(secret), part)
    assert "Hide the leak" not in found
    assert "salaries" not in found
    assert part == "subject" or "Private action PAY-41" in found


def test_a_title_never_stands_in_the_subject():
    assert "Cap retries" not in stalled(LINE, IDLE).subject


def test_a_very_long_list_is_cut_and_says_where_the_rest_is():
    found = stalled(*[replace(LINE, key=f"PAY-{n}") for n in range(50)])
    assert found.subject.startswith("50 actions need you")
    assert "And 30 more:\nhttps://aa.example.com/actions?person=ana" in found.text
    assert found.html.count("<li>") == 20


def test_an_action_without_an_issue_links_to_our_page_alone():
    found = stalled(replace(LINE, issue_url=None))
    assert "Issue:" not in found.text
    assert "https://aa.example.com/items/9" in found.html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://a b"])
def test_an_address_that_is_not_of_the_web_is_never_a_link(url):
    assert url not in stalled(replace(LINE, issue_url=url)).html


class Page(HTMLParser):
    """Which elements and addresses a mail holds."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in {"href", "src", "background"}]

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("found", [stalled(LINE, IDLE), render_mail("operators", OperatorsMail((PROBLEM,), LIST_URL))])
def test_the_html_loads_nothing_and_tracks_nobody(found):
    page = Page(found.html)
    assert not {"img", "script", "link", "iframe", "form"} & set(page.tags)
    assert all(address.startswith("https://") for address in page.addresses)
    assert "url(" not in found.html
    assert "prefers-color-scheme: dark" in found.html
    assert 'name="viewport"' in found.html


def test_html_in_a_title_is_shown_and_not_obeyed():
    found = stalled(replace(LINE, title="<script>alert(1)</script> & more"))
    assert "<script>" not in found.html
    assert "<script>alert(1)</script> & more" in found.text


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=80))
def test_no_text_breaks_a_subject_a_column_or_the_markup(title, incident, key):
    line = replace(
        LINE, title=title, incident=incident, key=key, owner_name=title, role="lead", condition=Condition.IDLE
    )
    found = stalled(line, contact=incident, policy=key)
    assert "\n" not in found.subject
    assert len(found.subject) <= 160
    for text in found.text.splitlines():
        assert len(text) <= 72 or " " not in text.strip()[text.strip().find(": ") + 2 :]
    assert Page(found.html).tags.count("h2") == 1
    found.text.encode("utf-8")


def test_operators_read_the_problem_the_cure_and_where_to_look():
    found = render_mail("operators", OperatorsMail((PROBLEM, PROBLEM), "https://aa.example.com/", head="412:ab12"))
    assert found.subject == "2 problems need an operator: GitHub acme/payments has refused us since 09:12"
    assert "1. GitHub acme/payments has refused us since 09:12.\n   Replace the token in GITHUB_TOKEN." in found.text
    assert "Journal head: 412:ab12" in found.text
    one = render_mail("operators", OperatorsMail((PROBLEM,), "https://aa.example.com/"))
    assert one.subject.startswith("1 problem needs an operator")
    assert "Journal head" not in one.text


def test_a_mail_is_written_only_from_its_own_context():
    with pytest.raises(TypeError, match="StalledMail"):
        render_mail("stalled", OperatorsMail((PROBLEM,), LIST_URL))


@pytest.mark.parametrize("name", MAILS)
def test_every_mail_has_its_three_files(name):
    parts = {path for path in _templates().list_templates() if path.startswith(f"{name}/")}
    assert parts == {f"{name}/subject.txt", f"{name}/body.txt", f"{name}/body.html"}


def test_a_name_that_the_context_lacks_is_an_error_and_not_a_blank():
    with pytest.raises(jinja2.UndefinedError):
        _templates().from_string("{{ mail.subjct }}").render(mail=mail(LINE))


def test_colours_have_enough_contrast_in_both_schemes():
    css = _templates().get_template("style.css").render()
    light, dark = css.split("@media")
    for scheme, back in ((light, "#ffffff"), (dark, "#16181b")):
        for colour in re.findall(r"(?<![-\w])color: (#[0-9a-f]{6})", scheme):
            assert _contrast(colour, back) >= 4.5, colour


def _contrast(one, other):
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
