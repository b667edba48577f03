"""What users of services like this one complain about, in our words: each has a test that names it, or a limit.

A test names one with `@pytest.mark.complaint("…")`. Where no test can show it, a sentence of docs/limits.md says why.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.house.sources import Module

MARK = "complaint"
# Not run by `make test`: a complaint that only these show would go unseen on most machines.
ELSEWHERE = frozenset({"system", "drill", "skip", "skipif", "xfail"})


@dataclass(frozen=True)
class Complaint:
    """`suffered`: one sentence, what a user meets elsewhere. `limit`: the words of docs/limits.md where we have one."""

    name: str
    suffered: str
    limit: str = ""


COMPLAINTS = (
    Complaint(
        "required fields are met only when an issue is refused",
        "A project wants a field that nobody mapped, and every creation fails until somebody reads a log.",
    ),
    Complaint(
        "a field that is not on the screen refuses every issue",
        "One configured field is not on the create screen, and the tracker refuses the whole issue for it.",
    ),
    Complaint(
        "a wrong project or issue type shows as a bare failure",
        "The tracker's error is passed on as it is; what to change, and where, is left to guess.",
    ),
    Complaint(
        "what was closed as not planned counts as delivered",
        "Closed is closed: work that was turned down shows up among what was done.",
    ),
    Complaint(
        "an index that lags makes issues look deleted",
        "A search does not show a new issue yet, so it is taken for gone and made again.",
    ),
    Complaint(
        "an archived issue counts as absent and is made again",
        "The search leaves archived issues out, so each run makes another one.",
    ),
    Complaint(
        "duplicates are left for people to clean up",
        "A lost answer or a crash makes a second issue, and a person must find and close it.",
    ),
    Complaint(
        "a removed search stops everything",
        "The vendor takes a way of searching away; the jobs die, or take the empty answer for the truth.",
    ),
    Complaint(
        "a closed issue is made again for ever",
        "What is reported again after its issue was closed gets a new issue every time.",
    ),
    Complaint(
        "an old closed issue is taken for the open one",
        "Of several issues with the same words the first in the list is used, and the wrong one is changed.",
    ),
    Complaint(
        "a step that the workflow does not offer leaves an issue half changed",
        "The status that was asked for does not exist or cannot be reached; the title changes and the state stays.",
    ),
    Complaint(
        "declined work is known by one magic word",
        "Only one resolution counts as declined, and every team calls it something else.",
    ),
    Complaint(
        "an assignee who is not found is told nowhere",
        "Accounts hide their mail addresses, nobody is assigned, and only a worker's log says so.",
    ),
    Complaint(
        "one unknown person stops the whole creation",
        "A person has left or was never in the tracker, and no issue is made at all.",
    ),
    Complaint(
        "who may be assigned is asked in the wrong place",
        "The list for the project is not that for the issue, so a good assignee is left out or a bad one refused.",
    ),
    Complaint(
        "the assignee flaps with every update",
        "Each update writes the assignee again, or nobody, over what the team decided.",
    ),
    Complaint(
        "what is opened again stays closed on the other side",
        "An issue or a promise is opened again, and the other side is never told.",
    ),
    Complaint(
        "what is changed elsewhere never arrives",
        "A change by another tool, a bulk edit or a merge sends no event that is listened for.",
    ),
    Complaint(
        "webhooks that were switched off stop everything while pages look green",
        "The sender switches a webhook off after errors; nothing arrives for days, and nobody is told.",
    ),
    Complaint(
        "lost issues must be sent again by hand",
        "What got lost on the way comes back only if somebody notices and asks for it, one by one.",
    ),
    Complaint(
        "a webhook that was missed is never sent again",
        "The tracker tells each change once; who was down for a minute does not hear of it.",
    ),
    Complaint(
        "a transferred issue stays behind",
        "An issue moves to another repository; the old place answers that it is gone, and updates are lost.",
    ),
    Complaint(
        "an issue that the incident tool made is made a second time",
        "The incident tool exports a follow-up by itself, and so does the service that watches it.",
        "An issue that the incident tool makes by itself after ours was made is not taken over",
    ),
    Complaint(
        "nothing happens when a due date passes",
        "The date goes by, and nobody hears of it.",
    ),
    Complaint(
        "one reminder and then silence",
        "The owner is told once; if nothing moves, nobody else ever hears of it.",
    ),
    Complaint(
        "reminders that were not sent go unnoticed",
        "Mail fails or the person is unknown, and the reminder is simply gone.",
    ),
    Complaint(
        "the incident tool says the same twice, each time in another shape",
        "Events repeat and a field is now text and now an object; the reader doubles or breaks.",
    ),
    Complaint(
        "an issue that is moved changes all its names at once",
        "Key, project, type and status change in one step, and the link to the issue is lost.",
    ),
    Complaint(
        "a due date shifts with the zone",
        "A day is turned into an instant and back, and is a day early or late for half of the people.",
    ),
    Complaint(
        "the same promise in two reviews makes two issues",
        "Two incidents a day apart promise the same repair.",
        "The same words in two postmortems are two promises and two issues",
    ),
    Complaint(
        "a webhook cannot be registered without a filter",
        "The tracker refuses to register a webhook for everything, and the installation stops there.",
        "Afteraction registers no webhook at a tracker",
    ),
)


@dataclass(frozen=True)
class Naming:
    """A test that names a complaint. `everywhere`: `make test` runs it on any machine."""

    complaint: str
    test: str
    everywhere: bool


def namings(modules: Iterable[Module]) -> list[Naming]:
    return [naming for module in modules for naming in _in(module)]


def _in(module: Module) -> Iterator[Naming]:
    over_all = [mark for node in module.tree.body if _assigns_pytestmark(node) for mark in _marks(node)]
    for function in module.functions():
        marks = [mark for decorator in function.decorator_list for mark in _marks(decorator)]
        elsewhere = ELSEWHERE & {name for name, _ in (*marks, *over_all)}
        for name, given in marks:
            if name == MARK:
                yield from (Naming(each, f"{module.path}::{function.name}", not elsewhere) for each in given)


def _assigns_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(to, ast.Name) and to.id == "pytestmark" for to in node.targets
    )


def _marks(node: ast.AST) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The marks below a node, each with the texts that it is given."""
    texts = {
        call.func: tuple(
            each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
        )
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
    }
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Attribute) and each.value.attr == "mark":
            yield each.attr, texts.get(each, ())


def unanswered(complaints: Iterable[Complaint], named: Iterable[Naming], limits: str) -> list[str]:
    """The complaints that have neither a test that runs everywhere nor their sentence in the limits."""
    shown = {naming.complaint for naming in named if naming.everywhere}
    said = " ".join(limits.split())
    return [each.name for each in complaints if each.name not in shown and not (each.limit and each.limit in said)]


def page(complaints: Iterable[Complaint], named: Iterable[Naming]) -> str:
    """The document: what is suffered elsewhere, and what answers it here."""
    tests: dict[str, list[str]] = {}
    for naming in named:
        tests.setdefault(naming.complaint, []).append(naming.test)
    return HEAD + "".join(_section(each, tests) for each in complaints)


def _section(complaint: Complaint, tests: Mapping[str, list[str]]) -> str:
    lines = [f"- `{test}`" for test in sorted(tests.get(complaint.name, ()))]
    if complaint.limit:
        lines.append(f"- [limits.md](limits.md): {complaint.limit} …")
    return f"\n## {complaint.name[0].upper()}{complaint.name[1:]}\n\n{complaint.suffered}\n\n" + "\n".join(lines) + "\n"


WRITE = "AFTERACTION_WRITE_DOCS"
HEAD = f"""# What users of such services complain about

Each heading is a complaint, met in the public trackers of services that turn incidents into issues. Below it stand
the tests that show that it does not hold here, or the limit where it does. `python -m pytest -m {MARK}` runs them all.
Written by `{WRITE}=1 python -m pytest tests/house/test_complaints.py`, and compared by the same test without it.
"""
