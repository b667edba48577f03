"""Compares what the trackers and the mailbox hold with what the model says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.drill.crew import Crew
from tests.drill.scenario import EMAIL, Promise, Scenario

MARKER = re.compile(r"(?:pm[:-]|afteraction:)([a-z2-7]{16})\b")
CLOSED = ("closed", "Closed", "Rejected")


@dataclass
class Verdict:
    """What is wrong, in words; how many issues healed themselves, and how many stand beside another of their item."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    healed: int = 0
    repeated: int = 0

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.stale, *self.untold, *self.mails]


def issues(crew: Crew) -> list[dict[str, Any]]:
    dump = crew.sandbox("GET", "/_sandbox/issues.json")
    return [issue for issue in [*dump["jira"], *dump["github"]] if not issue["deleted"]]


def marker_of(issue: dict[str, Any]) -> str | None:
    found = MARKER.search(" ".join(issue["labels"])) or MARKER.search(issue["body"] or "")
    return found.group(1) if found else None


def closed_as_duplicate(issue: dict[str, Any]) -> bool:
    told = any("repeats" in comment["body"] for comment in issue["comments"])
    return told and (issue.get("category") == "done" or issue["status"] in CLOSED)


def judge(crew: Crew, scenario: Scenario, *, mails: bool = True) -> Verdict:
    verdict = judge_issues(issues(crew), scenario)
    if mails:
        _judge_mails(verdict, crew, scenario)
    return verdict


def judge_issues(found: Sequence[dict[str, Any]], scenario: Scenario) -> Verdict:
    verdict = Verdict()
    by_title: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for issue in found:
        by_title[_stem(issue["title"])].append(issue)
    markers = defaultdict(list)
    for promise in scenario.promises:
        its = by_title.pop(_stem(promise.title), [])
        kept = [issue for issue in its if not closed_as_duplicate(issue)]
        verdict.healed += len(its) - len(kept)
        verdict.repeated += max(0, len(its) - 1)
        _judge_one(verdict, promise, kept)
        for issue in kept:
            markers[marker_of(issue)].append(issue["key"])
    verdict.doubled += [f"marker {marker} on {keys}" for marker, keys in markers.items() if len(keys) > 1]
    verdict.doubled += [f"nobody promised {title!r}" for title in by_title]
    return verdict


def _stem(title: str) -> str:
    return title.split(", and prove it", maxsplit=1)[0]


def _judge_one(verdict: Verdict, promise: Promise, kept: list[dict[str, Any]]) -> None:
    name = f"{promise.postmortem}/{promise.item_id}"
    if not kept:
        # What was withdrawn before its issue was made needs none.
        if not promise.withdrawn:
            verdict.lost.append(f"{name} has no issue")
        return
    if len(kept) > 1:
        verdict.doubled.append(f"{name} has {[issue['key'] for issue in kept]}")
    issue = kept[0]
    ours = [comment["body"] for comment in issue["comments"] if MARKER.search(comment["body"])]
    if len(ours) > 1:
        verdict.doubled.append(f"{name} has {len(ours)} comments of ours on {issue['key']}")
    if promise.withdrawn:
        if not any("no longer" in body for body in ours):
            verdict.untold.append(f"{name} was withdrawn and {issue['key']} was not told")
    elif issue["title"] != promise.title:
        verdict.stale.append(f"{name}: {issue['key']} says {issue['title']!r}, not {promise.title!r}")
    elif any("no longer" in body for body in ours):
        verdict.untold.append(f"{name}: {issue['key']} is told that it was withdrawn, which it was not")


def _judge_mails(verdict: Verdict, crew: Crew, scenario: Scenario) -> None:
    found = crew.sandbox("GET", "/mailbox.json")
    mails = found["mails"] if isinstance(found, dict) else found
    ids: dict[str, set[str]] = defaultdict(set)
    for mail in mails:
        ids[mail["to"].split("@")[0]].add(mail["message_id"])
    late = {EMAIL[p.owner] for p in scenario.promises if p.overdue and not p.withdrawn}
    maybe = {EMAIL[p.owner] for p in scenario.promises if p.overdue}
    verdict.mails += [f"{person} was never told" for person in late - set(ids)]
    verdict.mails += [f"{person} got {len(found)} mails" for person, found in ids.items() if len(found) > 1]
    verdict.mails += [f"{person} was told for nothing" for person in set(ids) - maybe - {"ruth.bergman"}]
