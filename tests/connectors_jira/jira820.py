"""`jira820`, a Jira Data Center 8.20 that others wrote, as a process of its own behind a proxy that can fail, and the
connector at its bench before it.

Of Jira it has not: an issue by its number (it knows keys alone); a search by `id`, `updated` or an instant (the first
is passed over, the others kept as days); the new createmeta, our permissions, `/rest/pat`, authentication and webhooks;
its instants are frozen at nine in the morning.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.conformance.fault_proxy import FaultProxy, fault_proxy
from connectors.conformance.proxied import ProxiedBench
from connectors.spi import Category, Place
from tests.connectors_jira.made import tracker
from tests.support.waiting import find_free_port, until

SETTINGS = "transition_screens: {Done: [resolution]}\nproject_key: PAY\n"
NO_NUMBERS = "jira820 knows an issue by its key alone, and the connector by its number"
TOKEN = "token of the bench"


@pytest.fixture(scope="module")
def jira820(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultProxy]:
    """It has no option to say that it listens, so it is asked until it does."""
    folder: Path = tmp_path_factory.mktemp("jira820")
    settings, port = folder / "jira820.yaml", find_free_port()
    settings.write_text(SETTINGS, encoding="utf-8")
    # All its instants are nine in the morning of its day, and what was made before a search began is not looked for.
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    ours = {"JIRA820_CONFIG": str(settings), "JIRA820_PORT": str(port), "JIRA820_DATE": tomorrow}
    environ = {**os.environ, **ours}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-m", "jira820"], env=environ, stdout=quiet, stderr=quiet)
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}"), 30, "jira820 answers")
        with fault_proxy(port) as proxy:
            yield proxy
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/rest/api/2/serverInfo", timeout=1).ok
    except requests.RequestException:
        return False


class Jira820Bench(ProxiedBench):
    title = "jira820 0.12.0"
    place = Place("PAY")
    nowhere = Place("NOPE")
    token = TOKEN
    gaps: Mapping[str, str] = {
        **dict.fromkeys(
            (
                "test_what_was_created_is_read_back_as_written",
                "test_it_says_that_our_account_made_it",
                "test_an_oversize_title_and_body_are_cut_not_refused",
                "test_text_pings_nobody_refers_to_nothing_and_runs_nothing",
                "test_text_of_any_kind_is_read_back_as_written",
                "test_many_are_read_at_once_and_what_is_absent_is_gone",
                "test_what_a_person_does_is_read_in_our_words",
                "test_a_persons_edit_is_seen_in_the_digest",
                "test_a_persons_comment_is_counted_where_comments_are",
                "test_title_and_body_are_written_again_and_the_marker_stays",
                "test_words_that_a_person_wrote_are_not_written_over",
                "test_our_own_words_are_written_over_and_may_be_so_again",
                "test_our_comment_is_found_by_its_marker_and_edited_in_place",
                "test_an_issue_is_brought_to_a_status_and_back",
                "test_a_second_issue_is_closed_as_a_duplicate_and_says_so_once",
                "test_a_duplicate_that_a_person_closed_names_the_other",
                "test_a_web_link_is_put_once",
                "test_an_issue_is_put_under_its_parent",
                "test_a_due_date_is_kept_where_there_are_any",
            ),
            NO_NUMBERS,
        ),
        "test_a_good_place_says_who_sees_it_and_has_no_fault": "jira820 does not tell what our account may do",
        "test_somebody_to_whom_nothing_can_be_assigned_is_a_finding_with_a_cure": "jira820 lists no members",
        "test_the_connection_has_no_fault": "jira820 gives an instant long past as its own time",
        "test_copies_are_found_oldest_first": "jira820 says of all issues that they were made at the same instant",
        "test_changes_since_a_cursor_are_told_and_nothing_is_passed_over": "jira820 knows no instants in a search",
        "test_a_webhook_names_the_issue_that_changed": "jira820 sends no webhooks",
    }

    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__(proxy)
        self.url = f"{proxy.url}/rest/api/2"
        table = {"deployment": "data_center", "quiet_seconds": 0}
        self.tracker = tracker(proxy.url, **table)
        self.hasty = tracker(proxy.url, **table, call_seconds=0.8)
        for issue in self._ours():
            self.deletes(issue["key"])

    def _ask(self, method: str, path: str, document: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/{path}", json=document, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def _ours(self) -> list[Any]:
        found: list[Any] = self._ask("GET", "search?jql=labels+%3D+afteraction&maxResults=1000")["issues"]
        return found

    def key(self, ref: str) -> str:
        return next(each["key"] for each in self._ours() if each["id"] == ref)

    def writes(self, ref: str, title: str | None = None, body: str | None = None) -> None:
        fields = {**({"summary": title} if title else {}), **({"description": body} if body else {})}
        self._ask("PUT", f"issue/{self.key(ref)}", {"fields": fields})

    def moves(self, ref: str, to: Category) -> None:
        self.tracker.transition(self.key(ref), to)

    def comments(self, ref: str, text: str) -> None:
        self._ask("POST", f"issue/{self.key(ref)}/comment", {"body": text})

    def deletes(self, ref: str) -> None:
        key = ref if ref.startswith("PAY-") else self.key(ref)
        self._ask("DELETE", f"issue/{key}")

    def count(self) -> int:
        return len(self._ours())
