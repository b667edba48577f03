"""The contract's suite before GitHub's other faces: an app, and `emulate`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from connectors.conformance.counterpart import TrackerBench
from connectors.conformance.fault_proxy import FaultProxy
from connectors.conformance.proxied import ProxiedBench
from connectors.conformance.tracker import TrackerConformance
from connectors.sandbox.running import Sandbox
from connectors.spi import Category, ConnectorError, Missing, Place, Tracker
from tests.connectors.trackers.benches import SECRET, GithubBench, make
from tests.connectors_github.emulating import TOKEN, emulated
from tests.connectors_github.test_app import app_sandbox, keys
from tests.sandbox.receiver import Receiver
from tests.support.published import EMULATE
from tests.support.waiting import until

__all__ = ["emulated", "keys"]


class AppBench(GithubBench):
    title = "GitHub App"
    token = "ghs_"
    place = Place("acme/payments")

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        table = {
            "api_url": f"{sandbox.url}/{self.path}",
            "app_id": 4711,
            "private_key_env": "GITHUB_APP_KEY",
            "webhook_secret_env": "BENCH_HOOK",
            "quiet_seconds": 0,
        }
        self.tracker = make("github", "github", table)
        self.hasty = make("github", "github", {**table, "call_seconds": 0.8})
        # A token is fetched once an hour; so it is there before a test counts requests or loses answers.
        for each in (self.tracker, self.hasty):
            until(lambda each=each: _is_warm(each, sandbox.url), 20, "the app has its token")


@pytest.fixture(scope="module")
def running(keys: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with app_sandbox(keys, tmp_path_factory.mktemp("app")) as sandbox:
        yield sandbox


def _is_warm(tracker: Tracker, url: str) -> bool:
    """A busy machine may need more than one call of the hasty one to get there."""
    try:
        tracker.look_up(f"{url}/github/acme/payments/issues/999")
    except Missing:
        return True
    except ConnectorError:
        return False
    return False


class TestApp(TrackerConformance):
    counterpart = AppBench

    @pytest.fixture
    def bench(self, running: Sandbox, keys: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> TrackerBench:
        monkeypatch.setenv("GITHUB_APP_KEY", keys[0])
        monkeypatch.setenv("BENCH_TOKEN", "unused")
        monkeypatch.setenv("BENCH_HOOK", SECRET)
        running.world.reset(["issues", "stats", "faults", "kills"])
        return AppBench(running)


NO_SWEEP = "emulate has no GraphQL, by which many issues are read at once"
NO_PROBE = "emulate has no GraphQL, by which it is made sure that a creation was lost"
NO_RELATIONS = "emulate has no GraphQL, by which issues are related"


class EmulateBench(ProxiedBench):
    """What reads by ref cannot be shown; what the other tests of this folder ask of emulate reads by address."""

    title = f"emulate {EMULATE.version}"
    gaps: Mapping[str, str] = {
        **dict.fromkeys(
            (
                "test_what_was_created_is_read_back_as_written",
                "test_it_says_that_our_account_made_it",
                "test_an_oversize_title_and_body_are_cut_not_refused",
                "test_text_pings_nobody_refers_to_nothing_and_runs_nothing",
                "test_text_of_any_kind_is_read_back_as_written",
                "test_a_marker_finds_its_own_issue_alone",
                "test_many_are_read_at_once_and_what_is_absent_is_gone",
                "test_what_a_person_does_is_read_in_our_words",
                "test_a_persons_edit_is_seen_in_the_digest",
                "test_a_persons_comment_is_counted_where_comments_are",
                "test_title_and_body_are_written_again_and_the_marker_stays",
                "test_an_issue_is_brought_to_a_status_and_back",
                "test_a_second_issue_is_closed_as_a_duplicate_and_says_so_once",
                "test_a_due_date_is_kept_where_there_are_any",
            ),
            NO_SWEEP,
        ),
        **dict.fromkeys(
            ("test_a_request_that_was_lost_made_nothing", "test_a_drill_of_faults_makes_each_issue_once"), NO_PROBE
        ),
        **dict.fromkeys(
            ("test_an_issue_is_put_under_its_parent", "test_a_duplicate_that_a_person_closed_names_the_other"),
            NO_RELATIONS,
        ),
        **dict.fromkeys(
            ("test_an_address_of_an_issue_that_is_gone_says_so", "test_a_comment_on_an_issue_that_is_gone_says_so"),
            "emulate deletes issues by GraphQL alone, which it does not have",
        ),
    }
    place = Place("keeper/promises")
    nowhere = Place("keeper/none")
    token = TOKEN
    categories = frozenset({Category.TODO, Category.DONE, Category.DECLINED})
    _numbers = itertools.count(1)

    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__(proxy)
        self._url = proxy.url
        self.place = Place(f"keeper/bench{next(self._numbers)}")
        self._ask("POST", "/user/repos", {"name": self.place.name.partition("/")[2], "private": True})
        table = {"api_url": proxy.url, "token_env": "BENCH_TOKEN", "webhook_secret_env": "BENCH_HOOK"}
        table |= {"quiet_seconds": 0}
        self.tracker = make("github", "emulate", table)
        self.hasty = make("github", "emulate", {**table, "call_seconds": 0.8})

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = requests.request(method, f"{self._url}{path}", json=body, headers=headers, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def _path(self, ref: str) -> str:
        return f"/repos/{self.place.name}/issues/{ref.rpartition('#')[2]}"

    def writes(self, ref: str, title: str | None = None, body: str | None = None) -> None:
        self._ask("PATCH", self._path(ref), {**({"title": title} if title else {}), **({"body": body} if body else {})})

    def moves(self, ref: str, to: Category) -> None:
        reason = "completed" if to is Category.DONE else "not_planned"
        self._ask("PATCH", self._path(ref), {"state": "closed", "state_reason": reason})

    def comments(self, ref: str, text: str) -> None:
        self._ask("POST", f"{self._path(ref)}/comments", {"body": text})

    def deletes(self, ref: str) -> None:
        raise NotImplementedError

    def webhook(self, ref: str) -> tuple[Mapping[str, str], bytes]:
        with Receiver() as receiver:
            config = {"url": receiver.url, "secret": SECRET, "content_type": "json"}
            hook = {"name": "web", "active": True, "events": ["issues"], "config": config}
            self._ask("POST", f"/repos/{self.place.name}/hooks", hook)
            self.moves(ref, Category.DONE)
            until(lambda: receiver.deliveries, 5, "the webhook has come")
            sent = receiver.deliveries[-1]
        return {name.lower(): value for name, value in sent.headers.items()}, sent.raw

    def count(self) -> int:
        return len(self._ask("GET", f"/repos/{self.place.name}/issues?state=all&per_page=100"))


@pytest.mark.system
class TestEmulate(TrackerConformance):
    counterpart = EmulateBench

    @pytest.fixture
    def bench(self, emulated: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> TrackerBench:
        monkeypatch.setenv("BENCH_TOKEN", TOKEN)
        monkeypatch.setenv("BENCH_HOOK", SECRET)
        return EmulateBench(emulated)
