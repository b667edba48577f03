"""Where a document presents actions, and where it does not."""

import pytest

from tests.reading.reading import items, read, texts


@pytest.mark.parametrize(
    "heading",
    [
        "Action Items",
        "Actions",
        "5. Follow-ups",
        "Action Items & Followups",
        "Next steps",
        "TODOs",
        "Corrective and Preventative Measures",
        "What we will do to prevent this",
        "How do we keep this from happening again?",
        "Short-term improvements (this quarter)",
        "Remaining work",
        "🛠 Action plan",
        "Maßnahmen",
        "Nächste Schritte",
        "Prochaines étapes",
        "Plan d'action",
        "Próximos pasos",
        "Ações",
        "Azioni correttive",
        "Vervolgstappen",
        "アクションアイテム",
        "再発防止策",
        "改进措施",
        "遗留问题",
        "재발 방지 대책",
        "План действий",
    ],
)
def test_the_heading_announces_actions(heading: str) -> None:
    found = read(
        "# Slow", "", "## Impact", "", "- Orders lost", "", f"## {heading}", "", "- Limit the queue"
    ).action_items
    assert [(item.text, item.doubtful) for item in found] == [("Limit the queue", False)]


@pytest.mark.parametrize(
    "heading",
    [
        "Timeline",
        "Impact",
        "Root cause",
        "Lessons learned",
        "What went well",
        "Actions taken",
        "Resolution",
        "Mitigation actions",
        "Detection",
        "参考",
    ],
)
def test_the_heading_announces_no_actions(heading: str) -> None:
    assert read("# Slow", "", f"## {heading}", "", "- Restart the queue", "- Add a limit").action_items == ()


def test_a_bold_line_serves_as_heading() -> None:
    found = read("**Impact**", "", "- Orders lost", "", "**Action items:**", "", "- Limit the queue").action_items
    assert [item.text for item in found] == ["Limit the queue"]


def test_a_section_ends_where_the_next_heading_of_its_level_begins() -> None:
    assert texts("- Limit the queue", "", "## Attendees", "", "- Mira", "- Jo") == ["Limit the queue"]


def test_a_timeline_below_the_action_heading_is_left_out() -> None:
    assert texts("- Limit the queue", "", "### Timeline", "", "- 10:02 restart") == ["Limit the queue"]


def test_detection_below_the_action_heading_only_sorts_the_actions() -> None:
    assert texts("### Detection", "", "- Alert on queue depth") == ["Alert on queue depth"]


def test_a_sentence_in_front_of_a_list_announces_actions() -> None:
    found = read(
        "# Slow",
        "",
        "## Lessons learned",
        "",
        "From now on we will change two things:",
        "",
        "- Limit the queue",
    ).action_items
    assert [(item.text, item.doubtful) for item in found] == [("Limit the queue", True)]


def test_a_sentence_about_the_past_announces_nothing() -> None:
    assert not read(
        "# Slow", "", "## Response", "", "We took the following steps:", "", "- Restart the queue"
    ).action_items


def test_under_a_weak_heading_only_what_reads_like_an_action_counts() -> None:
    found = read(
        "# Slow",
        "",
        "## Prevention",
        "",
        "- The queue had no limit",
        "- Nobody watched its depth",
        "- Add a limit to the queue",
    ).action_items
    assert [(item.text, item.doubtful) for item in found] == [("Add a limit to the queue", True)]


def test_a_weak_heading_does_not_count_beside_one_that_announces_actions() -> None:
    assert texts("- Limit the queue", "", "## Recommendations", "", "- Use shorter queues") == ["Limit the queue"]


@pytest.mark.parametrize(
    "text",
    [
        "No action items were identified.",
        "N/A",
        "See the tracker for all follow-ups.",
        "All of them should be filed as issues; the headings below are examples.",
    ],
)
def test_an_action_heading_over_words_that_promise_nothing_gives_no_item(text: str) -> None:
    assert texts(text) == []


def test_a_document_without_actions_has_none() -> None:
    document = read(
        "# Slow checkout",
        "",
        "## Summary",
        "",
        "The queue grew for two hours and the action items of the last review were not read.",
        "",
        "## Timeline",
        "",
        "- 10:02 Restarted the queue",
        "- 10:20 Add capacity",
        "",
        "Status: complete, action items in progress",
    )
    assert document.action_items == ()


def test_paragraphs_count_where_the_section_has_no_list() -> None:
    found = items(
        "The queue should have a limit. It would also be useful to see its depth. (filed https://github.com/shop/queue/issues/7)",
        "",
        "It was hard to find the runbook. (added a link to the dashboard)",
    )
    assert [item.done for item in found] == [None, True]
    assert found[0].text == "The queue should have a limit. It would also be useful to see its depth."
    assert found[0].links == ("https://github.com/shop/queue/issues/7",)
    assert all(item.doubtful for item in found)


def test_of_a_long_paragraph_only_the_promising_sentences_count() -> None:
    found = texts(
        "The queue was designed years ago. It never had a limit. Nobody thought about that. "
        "We will add a limit to the queue this month. The depth was not visible."
    )
    assert found == ["We will add a limit to the queue this month."]


def test_a_sub_heading_with_a_text_below_it_is_the_action() -> None:
    found = items(
        "### 1. Add a limit to the queue",
        "",
        "Without it, one customer can fill it.",
        "",
        "**Owner:** Mira Holm",
        "",
        "### 2. Better alerts for the on-call person",
        "",
        "There were too many of them. See https://github.com/shop/queue/issues/7",
    )
    assert [(item.text, item.owner, len(item.links)) for item in found] == [
        ("Add a limit to the queue", "Mira Holm", 0),
        ("Better alerts for the on-call person", None, 1),
    ]


def test_where_nothing_announces_actions_a_plain_vow_is_found_and_doubtful() -> None:
    found = read(
        "# Slow", "", "## Conclusion", "", "The queue grew. We will add a limit to the queue. We will share more soon."
    ).action_items
    assert [(item.text, item.doubtful) for item in found] == [("We will add a limit to the queue.", True)]


def test_an_empty_action_heading_goes_on_over_headings_that_sort() -> None:
    found = read(
        "# Slow",
        "",
        "## Action items",
        "",
        "## Detection",
        "",
        "- Alert on depth",
        "",
        "## Process",
        "",
        "- Write a runbook",
    )
    assert [item.text for item in found.action_items] == ["Alert on depth", "Write a runbook"]


def test_a_line_that_calls_itself_an_action_is_found_and_doubtful() -> None:
    found = read(
        "# Slow", "", "## Causes", "", "- The queue had no limit", "  - Action: Add a limit to the queue"
    ).action_items
    assert [(item.text, item.doubtful) for item in found] == [("Add a limit to the queue", True)]


def test_a_line_in_the_timeline_that_calls_itself_an_action_is_none() -> None:
    assert not read("# Slow", "", "## Timeline", "", "- 10:02", "  - Action: Restart the queue").action_items


def test_a_document_that_is_one_nested_list_is_read() -> None:
    found = read("- Impact", "  - Orders lost", "- Next steps", "  - Add a limit to the queue").action_items
    assert [item.text for item in found] == ["Add a limit to the queue"]


def test_a_sub_heading_that_names_a_person_or_team_owns_the_entries() -> None:
    found = items("### Storage team", "", "- Add a limit", "", "### Anna Svensson", "", "- Add an alert")
    assert [item.owner for item in found] == ["Storage team", "Anna Svensson"]


def test_a_sub_heading_with_a_priority_gives_it_to_the_entries() -> None:
    found = items("### High priority \U0001f525", "", "- Add a limit", "", "### Low priority", "", "- Tidy up")
    assert [item.priority for item in found] == ["p1", "p3"]


def test_the_same_action_told_by_its_heading_and_its_details_is_one_item() -> None:
    found = items("### Add a limit to the queue", "", "- The default is none", "- Its size depends on the memory")
    assert [item.text for item in found] == ["Add a limit to the queue"]


@pytest.mark.parametrize(
    "heading", ["Root cause remediations", "Impact follow-ups", "Preventive enhancements", "Moving foward"]
)
def test_a_word_in_front_of_the_one_for_actions_only_says_of_what_kind_they_are(heading: str) -> None:
    found = read("# Slow", "", f"## {heading}", "", "- Limit the queue").action_items
    assert [(item.text, item.doubtful) for item in found] == [("Limit the queue", False)]


def test_causes_named_beside_actions_leave_it_to_the_words() -> None:
    found = read("# Slow", "", "## Causes and follow-ups", "", "- A wrong limit", "- Limit the queue").action_items
    assert [item.text for item in found] == ["Limit the queue"]


def test_each_step_of_a_numbered_plan_is_an_action() -> None:
    found = read("# Slow", "", "## Return plan for the cache", "", "1. Copy of the data", "2. Only then switch it on")
    assert [item.text for item in found.action_items] == ["Copy of the data", "Only then switch it on"]


@pytest.mark.parametrize("heading", ["Rollback plan", "Communication plan"])
def test_the_steps_of_a_plan_for_the_hour_of_need_are_no_actions(heading: str) -> None:
    assert read("# Slow", "", f"## {heading}", "", "1. Stop the queue", "2. Call the team").action_items == ()


def test_lines_that_call_themselves_action_points_outrank_a_list_in_the_story() -> None:
    found = read(
        *("# Slow", "", "## The day before", "", "We decided to:", "", "- Wait for the release", ""),
        *("## Lessons", "", "The alert was late.", "", "Action point: page on the depth of the queue"),
    ).action_items
    assert [item.text for item in found] == ["page on the depth of the queue"]


def test_lines_that_call_themselves_suggested_are_actions_outside_a_list_of_actions() -> None:
    found = read(
        *("# Slow", "", "## Mitigations", "", "- Implemented: a second queue"),
        "- Suggested: Make it harder to switch the limit off",
    ).action_items
    assert [(item.text, item.doubtful) for item in found] == [("Make it harder to switch the limit off", True)]


def test_what_is_still_recommended_is_an_action_told_below_its_own_heading() -> None:
    found = read(
        *("# Slow", "", "## Still recommended (by hand)", "", "### 3. Move to a larger host", "", "It is too small."),
        *("", "### 4. Enable the alarm", "", "One click."),
    ).action_items
    assert [item.text for item in found] == ["Move to a larger host", "Enable the alarm"]


def test_a_heading_is_the_action_where_its_text_begins_with_an_order() -> None:
    found = read(
        *(
            "# Slow",
            "",
            "## Preventive measures",
            "",
            "### A. Checks at the start",
            "",
            "Add a check to the service which runs at its start:",
            "",
        ),
        *("1. Reads the limits", "2. Compares them", "", "### B. Strict limits in the data layer", "", "Keep them."),
    ).action_items
    assert [item.text for item in found] == ["Checks at the start", "Strict limits in the data layer"]


def test_the_lines_of_a_paragraph_that_have_labels_are_read_one_by_one() -> None:
    found = read(
        *("# Slow", "", "## Follow-up steps", "", "The queue was full and nobody saw it for long. We are sorry."),
        *("Process : The limit was changed by hand. Changes will go through review.",),
        *("Alerts : We saw nothing. We will add an alert on the depth.",),
    ).action_items
    assert [item.text for item in found] == [
        "Process : The limit was changed by hand. Changes will go through review.",
        "Alerts : We saw nothing. We will add an alert on the depth.",
    ]


def test_a_plan_that_is_in_place_binds_the_authors() -> None:
    plan = "We've already put in place a plan to slow it down."
    text = f"The deploy was too quick for all of us. Nobody was told of it. {plan} The graphs were fine."
    found = read("# Slow", "", "## How will we prevent this?", "", text).action_items
    assert [item.text for item in found] == [plan]


def test_a_list_of_reasons_is_no_list_of_actions() -> None:
    found = read(
        "# Slow", "", "We are moving the queue for two reasons:", "", "* It will be larger", "* It will help you"
    )
    assert found.action_items == ()


def test_words_that_sort_may_be_joined_by_a_sign() -> None:
    found = read(
        *("# Slow", "", "## Prevention measures", "", "### 6. Monitoring & Alerting", "", "**Detect deletions:**"),
        *("- Alert on a deleted queue", "- Alert when it grows"),
    ).action_items
    assert [item.text for item in found] == ["Alert on a deleted queue", "Alert when it grows"]


def test_a_label_above_mere_code_names_no_action() -> None:
    found = read("# Slow", "", "## Prevention measures", "", "**Mandatory for production:**", "```", "plan", "```")
    assert found.action_items == ()


@pytest.mark.parametrize(
    "vow",
    [
        "In the future we intend to be more open about such work.",
        "We are looking to create a page that tells of it.",
        "We'll first and foremost be cutting the limit out of the start.",
    ],
)
def test_a_vow_in_a_story_without_headings_is_an_action(vow: str) -> None:
    found = read("# Slow", "", f"The limit was too low and nobody knew of it for hours. {vow}").action_items
    assert [(item.text, item.doubtful) for item in found] == [(vow, True)]


def test_wishes_for_the_future_that_only_thank_are_no_actions() -> None:
    assert read("# Slow", "", "In the future we will always appreciate your patience.").action_items == ()
