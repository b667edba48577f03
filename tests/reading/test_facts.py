"""Title, date, severity, times and summary."""

import pytest

from service.reading import read_markdown
from tests.reading.reading import read


def test_the_first_main_heading_is_the_title() -> None:
    assert read("---", "title: Short", "---", "# Slow *checkout*", "", "# Action items").title == "Slow checkout"


def test_without_a_main_heading_the_front_matter_gives_the_title() -> None:
    assert read("---", "title: Slow checkout", "---", "## Summary", "", "Words.").title == "Slow checkout"


def test_a_main_heading_that_names_a_part_is_not_the_title() -> None:
    assert (
        read("---", "title: Slow checkout", "---", "# Summary", "", "Words.", "", "# Timeline").title == "Slow checkout"
    )


def test_a_document_without_any_title_has_none() -> None:
    assert read("Only words.").title is None


@pytest.mark.parametrize(
    "line",
    [
        "**Date**: April 2, 2031",
        "Date: 2031-04-02",
        "- Date: 2nd of April 2031",
        "**Date:** 2031-04-02 | **Severity:** SEV2",
        "| **Date** | 2031/04/02 |\n|---|---|\n| Team | Queue |",
        "## Date\n\n2031-04-02",
        "On Wednesday 2 April 2031, the queue grew until nothing could be ordered.",
        "発生日: 2031年4月2日",
    ],
)
def test_the_incident_date_is_found(line: str) -> None:
    assert str(read("# Slow checkout", "", line).incident_date) == "2031-04-02"


def test_a_day_without_a_year_takes_the_year_of_the_timeline() -> None:
    document = read(
        "# Slow",
        "",
        "## Summary",
        "",
        "On 2. April the queue grew.",
        "",
        "## Timeline",
        "",
        "- 2031-03-30 deploy",
        "- 2031-04-02 growth",
    )
    assert str(document.incident_date) == "2031-04-02"


def test_a_timeline_over_weeks_gives_no_date() -> None:
    assert read("# Slow", "", "## Timeline", "", "- 2031-03-01 deploy", "- 2031-04-02 growth").incident_date is None


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("Severity: SEV-2", "sev2"),
        ("**Severity**: High - all orders lost", "high"),
        ("| Severity | P1 |\n|-|-|", "p1"),
        ("重大度: SEV3（一部）", "sev3"),
    ],
)
def test_the_severity_is_found(line: str, severity: str) -> None:
    assert read("# Slow", "", line).severity == severity


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("17 minutes", 17),
        ("3 hours 20 minutes", 200),
        ("2d 3h 10m", 3070),
        ("4 Days", 5760),
        ("0:45", 45),
        ("?", None),
        ("N/A", None),
        ("1時間30分", 90),
    ],
)
def test_stated_times_are_minutes(words: str, minutes: int | None) -> None:
    document = read("# Slow", "", "## Stats", "", f"- Time to detection: {words}", f"- Time to recovery: {words}")
    assert (document.time_to_detect_minutes, document.time_to_recover_minutes) == (minutes, minutes)


def test_times_are_the_distance_of_stated_instants() -> None:
    document = read(
        "# Slow", "", "- Started: 2031-04-02 23:50", "- Detected: 2031-04-03 00:05", "- Resolved: 2031-04-03 01:50"
    )
    assert (document.time_to_detect_minutes, document.time_to_recover_minutes) == (15, 120)


def test_a_stated_time_that_the_instants_contradict_is_not_believed() -> None:
    document = read(
        "# Slow", "", "- Started: 2031-04-02 10:00", "- Resolved: 2031-04-02 12:00", "- Time to resolve: 9 hours"
    )
    assert document.time_to_recover_minutes is None


def test_the_opening_text_may_tell_how_long_it_lasted() -> None:
    assert (
        read(
            "# Slow", "", "The shop was unavailable for about 1 hour and 12 minutes, and some orders were lost."
        ).time_to_recover_minutes
        == 72
    )


def test_the_summary_is_the_first_paragraph_under_its_heading() -> None:
    assert (
        read("# Slow", "", "Status: final", "", "## Summary", "", "The queue **grew**.", "", "More.").summary
        == "The queue grew."
    )


def test_without_such_a_heading_the_first_real_paragraph_is_the_summary() -> None:
    text = "The queue grew for two hours, and most customers could not order anything."
    assert read("# Slow", "", "Author: Mira", "", "<https://example.org>", "", text).summary == text


def test_front_matter_is_kept_as_it_is() -> None:
    front = read("---", "id: INC-7", "teams: [queue, web]", "severity: sev1", "---", "# Slow").front_matter
    assert dict(front) == {"id": "INC-7", "teams": ["queue", "web"], "severity": "sev1"}


def test_toml_front_matter_is_read() -> None:
    document = read("+++", 'title = "Slow checkout"', "[extra]", 'team = "queue"', "+++", "", "## Summary")
    assert document.title == "Slow checkout"
    assert document.front_matter["extra"] == {"team": "queue"}


@pytest.mark.parametrize("block", ["a: [1", "- a\n- b", "a: &x [1]\nb: *x", "[" * 5000])
def test_broken_front_matter_is_a_warning_and_the_document_is_read(block: str) -> None:
    document = read_markdown(f"---\n{block}\n---\n# Slow\n\n## Actions\n\n- Limit the queue\n")
    assert document.title == "Slow"
    assert [item.text for item in document.action_items] == ["Limit the queue"]
    assert dict(document.front_matter) == {}
    assert len(document.warnings) == 1
    assert document.warnings[0].endswith(".")


def test_a_rule_at_the_beginning_is_not_front_matter() -> None:
    document = read("---", "", "# Slow", "", "## Actions", "", "- Limit the queue")
    assert (document.title, len(document.action_items), document.warnings) == ("Slow", 1, ())


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("**Duration:** From 09:45 AM to 12:30 PM (UTC)", 165),
        ("**Duration:** April 2, 2031, 6:00 AM to April 4, 2031, 7:00 AM", 2940),
        ("**Impact window:** 02:00–02:08 CET", 8),
        ("**Start Date & Time:** April 2, 2031, 10:30 AM\n**End Date & Time:** April 2, 2031, 11:15 AM", 45),
        ("A wrong limit filled the queue, and we had nearly 1 hour, and 30 minutes of backend downtime.", 90),
        ("The outage of the shop lasted for two hours in the afternoon, and customers told us so.", 120),
        ("A wrong limit filled the queue, which gave us a 2 hour and 45-minute outage of the shop.", 165),
        ("A wrong limit filled the queue; it was restored 22 hours after the incident began, by hand.", 1320),
        ("A wrong limit filled the queue. Everything was fixed in about 40 minutes by one of us.", 40),
        ("Between the times of 4:44PM and 5:45PM nobody could order anything from the shop.", 61),
        ("For about 12 hours (from 20:00 until 09:00) nothing that was ordered came through.", 720),
    ],
)
def test_the_time_to_recover_is_read_from_what_is_told(words: str, minutes: int) -> None:
    assert read("# Slow", "", words).time_to_recover_minutes == minutes


def test_an_afternoon_without_a_morning_is_no_span() -> None:
    words = "From 4:44PM to 5:45 nobody could order anything from the shop, as far as we know."
    assert read("# Slow", "", words).time_to_recover_minutes is None


@pytest.mark.parametrize(
    "lines",
    [
        ("On April 2, 2031, the queue grew.", "", "## What happened", "", "A limit was wrong for a long time."),
        ("## A report of ours", "", "It is about April 2, 2031, when the queue grew.", "", "## Summary", "", "Slow!"),
        ("## Summary", "", "- **Duration:** 4 hours (10:00 - 14:00, April 2, 2031)"),
    ],
)
def test_the_day_is_also_found_in_the_opening_and_beside_the_duration(lines: tuple[str, ...]) -> None:
    assert str(read("# Slow", "", *lines).incident_date) == "2031-04-02"


@pytest.mark.parametrize(
    "lines",
    [
        ("- 22:50: the outage begins", "- 23:28: a customer reported it", "- 00:10: service restored"),
        (
            "### 2031-04-02 22:50",
            "Start of incident.",
            "### 23:28",
            "Investigation starts.",
            "### 00:10",
            "Incident ends.",
        ),
        ("| Time | Event |", "|-|-|", "| 22:50 | Outage started |", "| 23:28 | Alerted |", "| 00:10 | Outage over |"),
        ("10:50 pm Impact begins", "11:28 pm We noticed it", "12:10 am Everything is back"),
    ],
)
def test_a_timeline_that_names_beginning_and_end_tells_how_long_it_took(lines: tuple[str, ...]) -> None:
    document = read("# Slow", "", "## Timeline", "", *lines)
    assert (document.time_to_detect_minutes, document.time_to_recover_minutes) == (38, 80)


def test_a_timeline_that_names_no_beginning_tells_no_length() -> None:
    document = read(
        "# Slow", "", "## Timeline", "", "- 22:50: a deploy", "- 23:28: reported", "- 23:40: service restored"
    )
    assert (document.time_to_detect_minutes, document.time_to_recover_minutes) == (None, None)


def test_a_stated_length_outranks_the_timeline() -> None:
    document = read(
        *("# Slow", "", "**Duration:** 70 minutes", "", "## Timeline", "", "- 22:50: the outage begins"),
        "- 23:10: service restored",
    )
    assert document.time_to_recover_minutes == 70


def test_a_duration_of_one_day_and_two_times_of_day_is_their_distance() -> None:
    assert read("# Slow", "", "- Duration: April 2, 2031, 10:00 AM to 1:30 PM (UTC-7)").time_to_recover_minutes == 210


def test_the_first_instant_of_the_duration_is_when_it_started() -> None:
    document = read(
        "# Slow",
        "",
        "- Duration: April 2, 2031, 10:00 AM (UTC) to April 3, 2031, 10:00 AM (UTC)",
        "- Issue detected: 10:20 AM on April 2, 2031",
    )
    assert (document.time_to_detect_minutes, document.time_to_recover_minutes) == (20, 1440)


def test_a_sentence_may_give_both_instants_with_their_days() -> None:
    words = "The shop failed from **22-04-2031 23:10 EAT** to **23-04-2031 00:40 EAT**."
    assert read("# Slow", "", words).time_to_recover_minutes == 90
