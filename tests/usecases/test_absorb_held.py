"""What is ambiguous, doubtful or linked elsewhere is held for a person, and what becomes of each decision."""

from __future__ import annotations

import json

import pytest

from service.domain.facts import State
from service.usecases.settle import CannotSettle, settle_dismissed, settle_new, settle_same
from tests.support.house import House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    dead_letters,
    item,
    items_of,
    ledger_issues,
    let_go,
    persist,
    postmortem,
    shown,
    take,
)


def reworded(house: House, before: list[str], after: list[str]) -> None:
    take(house, postmortem(revision=1, items=before))
    take(house, postmortem(revision=2, items=after))


def states(house: House) -> dict[str, str]:
    return {each.title: each.attention_code or each.state.value for each in items_of(house)}


def test_a_reworded_item_without_an_id_is_held_and_nothing_is_withdrawn(house: House, outside: Outside) -> None:
    reworded(house, ["Add an alert", "Test backups"], ["Alert on the queue's depth", "Test backups"])
    assert states(house) == {"Add an alert": "open", "Test backups": "open", "Alert on the queue's depth": "ambiguous"}
    assert outside.creates() == 2
    assert all(issue["comments"] == [] for issue in shown(house))


def test_white_space_case_and_punctuation_are_no_rewording(house: House, outside: Outside) -> None:
    reworded(house, ["Add an alert: queue depth"], ["  add an ALERT — queue depth. "])
    assert (outside.creates(), len(items_of(house))) == (1, 1)


def test_settled_as_the_same_the_issue_gets_the_new_words_and_no_second_is_made(house: House, outside: Outside) -> None:
    reworded(house, ["Add an alert"], ["Alert on the queue's depth"])
    old, new = items_of(house)
    settle_same(house.components, new.id, old.id, SOMEBODY, "re-worded")
    house.work()
    (issue,) = shown(house)
    assert issue["title"] == "Alert on the queue's depth"
    assert "Add an alert" in issue["comments"][0]["body"]
    take(house, postmortem(revision=3, items=["Alert on the queue's depth"]))
    assert outside.creates() == 1
    assert [each.state for each in items_of(house)] == [State.OPEN, State.WITHDRAWN]


def test_settled_as_new_it_gets_its_issue_and_what_it_was_taken_for_is_withdrawn(house: House) -> None:
    reworded(house, ["Add an alert"], ["Alert on the queue's depth"])
    _old, new = items_of(house)
    assert settle_new(house.components, new.id, SOMEBODY, "another promise") is None
    house.work()
    assert sorted(issue["title"] for issue in shown(house)) == ["Add an alert", "Alert on the queue's depth"]
    assert states(house) == {"Add an alert": "withdrawn", "Alert on the queue's depth": "open"}
    told = next(issue for issue in shown(house) if issue["title"] == "Add an alert")
    assert "no longer contains" in told["comments"][0]["body"]


def test_dismissed_it_gets_no_issue_and_stays_dismissed(house: House, outside: Outside) -> None:
    reworded(house, ["Add an alert"], ["Alert on the queue's depth"])
    _old, new = items_of(house)
    settle_dismissed(house.components, new.id, SOMEBODY, "a remark")
    take(house, postmortem(revision=3, items=["Alert on the queue's depth"], summary="Reviewed."))
    assert outside.creates() == 1
    assert states(house) == {"Add an alert": "withdrawn", "Alert on the queue's depth": "declined"}


def test_a_decision_settles_the_doubt_about_the_others_as_far_as_it_goes(house: House) -> None:
    reworded(house, ["One", "Two"], ["Erstens", "Zweitens"])
    one, two, first, second = items_of(house)
    settle_same(house.components, first.id, one.id, SOMEBODY, "translated")
    assert item(house, "Zweitens").candidates == (two.id,)
    settle_same(house.components, second.id, two.id, SOMEBODY, "translated")
    house.work()
    assert sorted(issue["title"] for issue in shown(house)) == ["Erstens", "Zweitens"]


def test_the_last_candidate_settled_elsewhere_makes_the_other_a_promise_of_its_own(house: House) -> None:
    reworded(house, ["One"], ["Erstens", "Zweitens"])
    one, first, second = items_of(house)
    assert second.candidates == (one.id,)
    settle_same(house.components, first.id, one.id, SOMEBODY, "translated")
    house.work()
    assert sorted(issue["title"] for issue in shown(house)) == ["Erstens", "Zweitens"]


def test_an_old_text_that_comes_back_clears_the_doubt_by_itself(house: House) -> None:
    reworded(house, ["One"], ["Erstens"])
    take(house, postmortem(revision=3, items=["One", "Erstens"]))
    assert states(house) == {"One": "open", "Erstens": "open"}
    assert len(shown(house)) == 2


def test_a_release_of_everything_does_not_guess_what_is_ambiguous(house: House, outside: Outside) -> None:
    reworded(house, ["One"], ["Erstens"])
    (released,) = let_go(house)
    house.work()
    assert "held settle" in (released.refused or "")
    assert outside.creates() == 1


def test_settled_as_one_that_was_withdrawn_the_promise_stands_again(house: House, outside: Outside) -> None:
    take(house, postmortem(revision=1, items=["One", "Two"]))
    take(house, postmortem(revision=2, items=["Two"]))
    take(house, postmortem(revision=3, items=["Zweitens"]))
    one, two, second = items_of(house)
    settle_same(house.components, second.id, one.id, SOMEBODY, "it was the first that came back")
    house.work()
    found = {each.id: each.state for each in items_of(house)}
    assert (found[one.id], found[two.id]) == (State.OPEN, State.WITHDRAWN)
    assert outside.creates() == 2


def test_what_is_not_held_or_not_of_the_postmortem_cannot_be_settled(house: House) -> None:
    reworded(house, ["One"], ["Erstens"])
    take(house, postmortem("INC-2", items=["Other"]))
    one, first, other = items_of(house)
    with pytest.raises(CannotSettle, match="open, not held"):
        settle_new(house.components, one.id, SOMEBODY, "x")
    with pytest.raises(CannotSettle, match="no other action of the same postmortem"):
        settle_same(house.components, first.id, other.id, SOMEBODY, "x")
    with pytest.raises(CannotSettle, match="There is no item"):
        settle_dismissed(house.components, 99, SOMEBODY, "x")


@pytest.mark.complaint("an issue that the incident tool made is made a second time")
def test_an_issue_that_the_document_names_is_adopted_and_its_text_never_written(house: House, outside: Outside) -> None:
    take(house, postmortem("INC-0", items=["Somebody's own issue"]))
    (mine,) = shown(house)
    stated = {"id": "A", "title": "Add an alert", "issue_url": mine["url"]}
    take(house, postmortem(revision=1, items=[stated]))
    take(house, postmortem(revision=2, items=[{**stated, "title": "Add two alerts"}]))
    assert outside.creates() == 1
    (issue,) = shown(house)
    assert issue["title"] == "Somebody's own issue"
    assert "Add two alerts" in issue["comments"][0]["body"]


def test_several_items_on_one_issue_are_each_told_in_a_comment_of_their_own(house: House, outside: Outside) -> None:
    take(house, postmortem("INC-0", items=["Somebody's own issue"]))
    url = shown(house)[0]["url"]
    stated = [{"id": name, "title": f"Promise {name}", "issue_url": url} for name in "ABC"]
    take(house, postmortem(revision=1, items=stated))
    assert len({each.issue_id for each in items_of(house)}) == 1
    changed = [{**stated[0], "title": "Promise A, larger"}, {**stated[1], "title": "Promise B, larger"}]
    take(house, postmortem(revision=2, items=changed))
    take(house, postmortem(revision=3, items=[{**changed[0], "title": "Promise A, huge"}, changed[1]]))
    (issue,) = shown(house)
    bodies = sorted(comment["body"] for comment in issue["comments"])
    assert len(bodies) == 3
    assert sum("Promise A, huge" in body for body in bodies) == 1
    assert sum("Promise B, larger" in body for body in bodies) == 1
    assert sum("no longer contains" in body for body in bodies) == 1
    assert ledger_issues(house)[0].our_comments == 3
    assert outside.creates() == 1


def test_an_adopted_issue_that_is_done_makes_its_item_done(house: House, outside: Outside) -> None:
    take(house, postmortem("INC-0", items=["Somebody's own issue"]))
    (mine,) = shown(house)
    outside.person(mine, status="Done")
    take(house, postmortem(items=[{"title": "Add an alert", "issue_url": mine["url"]}]))
    assert item(house, "Add an alert").state is State.DONE


def test_an_address_that_no_tracker_serves_is_held_and_a_corrected_one_adopted(house: House, outside: Outside) -> None:
    take(house, postmortem("INC-0", items=["Somebody's own issue"]))
    url = shown(house)[0]["url"]
    stated = {"id": "A", "title": "Add an alert", "issue_url": "https://elsewhere.example/T-1"}
    take(house, postmortem(revision=1, items=[stated]))
    held = item(house, "Add an alert")
    assert held.attention_code == "linked_elsewhere"
    assert "https://elsewhere.example/T-1" in (held.attention or "")
    take(house, postmortem(revision=2, items=[{**stated, "issue_url": url}]))
    assert item(house, "Add an alert").state is State.OPEN
    assert outside.creates() == 1


def test_a_named_issue_that_does_not_exist_is_a_dead_letter_and_a_corrected_link_cures_it(
    house: House, outside: Outside
) -> None:
    take(house, postmortem("INC-0", items=["Somebody's own issue"]))
    url = shown(house)[0]["url"]
    stated = {"id": "A", "title": "Add an alert", "issue_url": url.replace("PAY-", "PAY-99")}
    take(house, postmortem(revision=1, items=[stated]))
    (letter,) = dead_letters(house)
    assert "gone or not visible" in (letter.error or "")
    assert "Correct the address" in (letter.cure or "")
    take(house, postmortem(revision=2, items=[{**stated, "issue_url": url}]))
    assert dead_letters(house) == []
    assert item(house, "Add an alert").state is State.OPEN
    assert outside.creates() == 1


@pytest.mark.complaint("an issue that the incident tool made is made a second time")
def test_a_link_added_while_the_item_is_held_is_adopted_instead_of_a_new_issue(
    opened: OpenHouse, outside: Outside
) -> None:
    live = opened()
    take(live, postmortem("INC-0", items=["Somebody's own issue"]))
    url = shown(live)[0]["url"]
    house = opened(mode="hold")
    take(house, postmortem(revision=1, items=[{"id": "A", "title": "Add an alert"}]))
    take(house, postmortem(revision=2, items=[{"id": "A", "title": "Add an alert", "issue_url": url}]))
    let_go(house)
    persist(house, 2)
    assert outside.creates() == 1
    assert item(house, "Add an alert").state is State.OPEN


MARKDOWN = """---
id: checkout-outage
services: api
{front}---
# Checkout was down

## Summary

Nobody could pay.

## Action items

- [ ] Add an alert on the queue's depth (owner: Dana Okafor)
- [x] Roll back the release
- [ ] {third}
"""


def post_markdown(house: House, third: str, front: str = "", key: str = "m") -> None:
    body = MARKDOWN.format(third=third, front=front).encode()
    with house.ledger.begin() as uow:
        uow.inbox.store("notes", key + third, {}, body, house.components.now())
        uow.commit()
    house.work()


def test_a_markdown_document_goes_through_the_reader(house: House) -> None:
    post_markdown(house, "Rehearse the failover")
    titles = sorted(issue["title"] for issue in shown(house))
    assert titles == ["Add an alert on the queue's depth", "Rehearse the failover"]
    assert {issue["scope"] for issue in shown(house)} == {"acme/payments"}
    assert item(house, "Roll back the release").state is State.DONE
    assert item(house, "Add an alert on the queue's depth").owner_person == "dana"


def test_a_body_in_markdown_within_a_standard_document_is_read_where_no_items_are_stated(house: House) -> None:
    document = postmortem()
    del document["action_items"]
    body = MARKDOWN.format(third="Rehearse the failover", front="")
    take(house, json.loads(json.dumps({**document, "body_markdown": body})))
    assert "Rehearse the failover" in {issue["title"] for issue in shown(house)}


def test_an_edited_line_of_a_markdown_document_is_held(house: House, outside: Outside) -> None:
    post_markdown(house, "Rehearse the failover")
    post_markdown(house, "Automate the failover of the second site")
    assert item(house, "Automate the failover of the second site").attention_code == "ambiguous"
    assert outside.creates() == 2


def test_what_the_reader_doubts_is_held_until_a_person_says_that_it_is_a_promise(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from service.usecases import understand

    real = understand.read_markdown

    def doubting(text: str) -> object:
        read = real(text)
        return replace(read, action_items=tuple(replace(each, doubtful=True) for each in read.action_items))

    monkeypatch.setattr(understand, "read_markdown", doubting)
    post_markdown(house, "Rehearse the failover")
    held = item(house, "Rehearse the failover")
    assert (held.attention_code, shown(house)) == ("doubtful", [])
    assert settle_new(house.components, held.id, SOMEBODY, "it is one") is None
    house.work()
    assert [issue["title"] for issue in shown(house)] == ["Rehearse the failover"]
