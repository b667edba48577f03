"""`docs/trackers.md`: which promise is shown before which counterpart, and what each tracker can carry.

Written from what the suite and its benches declare, so that no counterpart need be there. That each declaration is true
is shown by the tests themselves: see `tests.support.gaps`.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import pytest

from connectors.conformance.asking import TrackerSuite
from connectors.conformance.tracker import TrackerConformance
from connectors.spi import Capabilities, Rate
from tests.connectors.trackers.benches import make
from tests.connectors.trackers.suites import suites
from tests.house.rooms import ROOT

DOCUMENT = ROOT / "docs" / "trackers.md"
# Set, it lets the test write the document instead of comparing it.
WRITE = "AFTERACTION_WRITE_DOCS"
HEAD = f"""# What each tracker can do, and what is known of it

Written by `{WRITE}=1 python -m pytest tests/connectors/trackers/test_document.py`, and compared by the same test
without it: from the capabilities that the connectors declare, from the tests of the contract's suite, and from the gaps
that its counterparts declare. [How to write a connector](writing-a-connector.md) says how another tracker gets here.
"""
CAPABILITIES = """
## What each can carry

With the settings that a connector has by itself. What a tracker cannot carry is refused and never approximated. What
depends on the version of a server is told by the gaps below and by the connector's README.

"""
MATRIX = """
## What is shown before whom

Each line is a test of `connectors/conformance`; ✓ says that it is green before that counterpart, over real HTTP. A
number is a gap of that counterpart, named below: then the test is skipped. A test that is skipped and is no gap named
here fails, and so does a gap of which there is no test. Where a tracker lacks a capability, the same test shows that it
refuses what it was asked for. Counterparts with a * need a system package or what others publish: `make test-all` runs
them, `make test` the others.

"""
TARGETS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Jira Cloud": ("jira", {"api_url": "https://acme.atlassian.net", "user": "bot@acme.example"}),
    "Jira Data Center": ("jira", {"api_url": "https://jira.acme.example", "deployment": "data_center"}),
    "github.com": ("github", {}),
    "GitHub Enterprise Server": ("github", {"api_url": "https://github.acme.example/api/v3"}),
    "GitLab": ("gitlab", {}),
    "Redmine": ("redmine", {"api_url": "https://redmine.acme.example"}),
}


def meanings() -> dict[str, str]:
    """What each capability means, in the contract's own words."""
    text = " ".join((inspect.getdoc(Capabilities) or "").split())
    said = re.findall(r"`(\w+)`(?: and `(\w+)`)?: (.*?)(?=[;.] `|\. [A-Z]|\.?$)", text)
    return {name: words for one, other, words in said for name in (one, other) if name}


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        each = (f"{rate.count} in {rate.seconds:,g} s" for rate in value if isinstance(rate, Rate))
        return ", ".join(each) or "none"
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def table(head: list[str], rows: Iterator[list[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))


def capabilities() -> str:
    known = {
        title: make(vendor, "tracker", {**settings, "token_env": "TOKEN"}).capabilities
        for title, (vendor, settings) in TARGETS.items()
    }
    words = meanings()
    rows = (
        [f"`{each.name}`: {words[each.name]}", *(shown(getattr(found, each.name)) for found in known.values())]
        for each in fields(Capabilities)
    )
    return CAPABILITIES + table(["", *known], rows)


def promises() -> list[str]:
    """The suite's tests, in the order in which it states them."""
    stated = [name for each in reversed(TrackerConformance.__mro__) for name in vars(each)]
    return [name for name in stated if name.startswith("test_")]


def needs_more(suite: type[TrackerSuite]) -> bool:
    marks = [*getattr(suite, "pytestmark", []), *_listed(getattr(inspect.getmodule(suite), "pytestmark", []))]
    return any(mark.name == "system" for mark in marks)


def _listed(marks: Any) -> list[Any]:
    return marks if isinstance(marks, list) else [marks]


def matrix(known: list[type[TrackerSuite]]) -> str:
    reasons: dict[tuple[str, str], int] = {}

    def cell(suite: type[TrackerSuite], name: str) -> str:
        reason = suite.counterpart.gaps.get(name)
        return "✓" if reason is None else str(reasons.setdefault((suite.counterpart.title, reason), len(reasons) + 1))

    head = ["", *(suite.counterpart.title + (" *" if needs_more(suite) else "") for suite in known)]
    rows = [[words(name), *(cell(suite, name) for suite in known)] for name in promises()]
    gaps = "".join(f"{number}. {title}: {reason}.\n" for (title, reason), number in reasons.items())
    return f"{MATRIX}{table(head, iter(rows))}\n### Gaps\n\n{gaps}"


def words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def test_the_document_says_what_the_suite_and_its_counterparts_declare(monkeypatch: pytest.MonkeyPatch) -> None:
    written = HEAD + capabilities() + matrix(suites(monkeypatch))
    if os.environ.get(WRITE):
        DOCUMENT.write_text(written, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == written


def test_every_gap_is_of_a_test_that_there_is_and_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for suite in suites(monkeypatch):
        gaps = suite.counterpart.gaps
        assert set(gaps) <= set(promises()), suite.counterpart.title
        assert all(" " in reason for reason in gaps.values()), suite.counterpart.title


def test_every_counterpart_is_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    titles = [suite.counterpart.title for suite in suites(monkeypatch)]
    assert len(titles) == len(set(titles))
    assert {*TARGETS, "GitHub App", "Redmine itself", "Forgejo (third party)"} <= set(titles)
    assert {title.partition(" ")[0] for title in titles} >= {"emulate", "jira820"}
