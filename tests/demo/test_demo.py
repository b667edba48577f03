"""The demo from its first start to its second, as its user meets it. The tests follow each other on one demo."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from service.cli.demo.expected import HELD, ISSUES, TOLD
from service.cli.demo.folder import SECRETS
from service.cli.demo.people import ACTS
from tests.demo.runner import ADDRESS, RunningDemo, is_running, start_demo
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes by /proc")

Placed = tuple[str, str, str, str | None]
TABLE = sorted((each.title, each.tracker, each.place, each.assignee or "") for each in ISSUES)
MOVED = "Refuse a second settlement run for the same day"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    root = tmp_path_factory.mktemp("demo")
    running = start_demo(root / "demo", root / "said.txt")
    try:
        running.wait_until_told()
        yield running
    finally:
        _end(running)


def _end(running: RunningDemo) -> None:
    if running.process.poll() is None:
        running.stop()


def _placed(running: RunningDemo) -> list[tuple[str, str, str, str]]:
    return sorted(
        (
            issue["title"],
            issue["tracker"],
            issue["scope"],
            (issue["assignees"] or [""])[0].removeprefix("712020:"),
        )
        for issue in running.issues()
    )


def _acted(running: RunningDemo) -> bool:
    return (running.folder / "var" / "people-have-acted").exists()


def test_the_postmortems_become_exactly_the_issues_of_the_table(demo: RunningDemo) -> None:
    until(lambda: _placed(demo) == TABLE and _acted(demo), 60, "the table's issues")


def test_the_terminal_says_it_in_under_15_lines_without_colour(demo: RunningDemo) -> None:
    lines = demo.said.splitlines()
    assert len(lines) < 15
    home = str(demo.folder.parent)
    assert all(len(line.replace(home, "./afteraction")) <= 140 for line in lines)
    assert "\x1b" not in demo.said


def test_every_address_that_the_terminal_names_answers(demo: RunningDemo) -> None:
    found = ADDRESS.findall(demo.said)
    assert len(found) >= 7
    assert {url: demo.get(url).status_code for url in found} == dict.fromkeys(found, 200)


def test_who_the_policy_names_gets_one_mail_and_nobody_else_any(demo: RunningDemo) -> None:
    until(lambda: len(demo.mails()) >= len(TOLD), 60, "everybody's mail")
    assert sorted(mail["to"] for mail in demo.mails()) == sorted(TOLD)


def test_what_people_did_in_the_trackers_shows_on_the_pages(demo: RunningDemo) -> None:
    done, declined = ACTS[3].title, ACTS[1].title
    until(lambda: done in demo.get(f"{demo.web}/items?state=done").text, 15, "done on the page")
    until(lambda: declined.split(" as well")[0] in demo.get(f"{demo.web}/items?state=declined").text, 15, "declined")
    assert HELD in demo.get(f"{demo.web}/attention").text


def test_a_move_to_done_on_the_board_shows_within_five_seconds(demo: RunningDemo) -> None:
    issue = next(issue for issue in demo.issues() if issue["title"] == MOVED)
    form = {"as": "712020:dana-okafor", "title": MOVED, "assignee": "712020:dana-okafor", "due": issue["due"]}
    answer = requests.post(
        f"{demo.sandbox}/jira/browse/{issue['key']}", data={**form, "move": "Done"}, timeout=10, allow_redirects=False
    )
    assert answer.status_code == 303
    until(lambda: MOVED in demo.get(f"{demo.web}/items?state=done").text, 5, "the move on the page")


def test_secrets_are_their_owners_alone_and_nowhere_told(demo: RunningDemo) -> None:
    private = [demo.folder / "secrets" / name.lower() for name in SECRETS]
    assert {path.stat().st_mode & 0o077 for path in [*private, demo.folder / "var" / "secret"]} == {0}
    logs = "".join(path.read_text(errors="replace") for path in (demo.folder / "var" / "logs").iterdir())
    told = demo.said + logs + " ".join(demo.children().values()) + (demo.folder / "env.sh").read_text()
    assert [path.name for path in private if path.read_text() in told] == []


def test_a_child_that_is_killed_is_started_again_with_a_line(demo: RunningDemo) -> None:
    clocks = [pid for pid, words in demo.children().items() if "service.cli clock" in words]
    os.kill(clocks[0], signal.SIGKILL)
    until(lambda: "clock stopped and is started again in 1 s: it was ended by SIGKILL." in demo.said, 10)
    until(lambda: any("service.cli clock" in words for words in demo.children().values()), 10, "a new clock")


def test_a_second_demo_in_the_same_folder_is_refused(demo: RunningDemo, tmp_path: Path) -> None:
    second = start_demo(demo.folder, tmp_path / "second.txt")
    # The second one looks for free ports before it finds the folder taken.
    assert second.process.wait(timeout=30) == 1
    assert f"already runs on {demo.folder / 'var'} (process {demo.process.pid})" in second.said
    assert demo.get(f"{demo.sandbox}/mailbox").status_code == 200


def test_ctrl_c_ends_everything_and_the_next_start_goes_on_with_nothing_doubled(
    demo: RunningDemo, tmp_path: Path
) -> None:
    mails, issues = len(demo.mails()), _placed(demo)
    children = demo.children()
    assert len(children) >= 6
    assert demo.stop(signal.SIGINT) == 0
    assert [words for pid, words in children.items() if is_running(pid)] == []
    assert "Stopped. Everything is kept" in demo.said

    again = start_demo(demo.folder, tmp_path / "again.txt")
    try:
        again.wait_until_told()
        until(lambda: not any("seeding" in words for words in again.children().values()), 30, "everything sent again")
        until(lambda: MOVED in again.get(f"{again.web}/items?state=done").text, 10, "the same ledger")
        assert (len(again.mails()), _placed(again)) == (mails, issues)
        left = again.children()
        again.stop(signal.SIGKILL)
        until(lambda: not [words for pid, words in left.items() if is_running(pid)], 20, "no orphan after kill -9")
    finally:
        _end(again)
