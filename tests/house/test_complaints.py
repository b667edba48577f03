"""Every complaint about services like this one is answered by a test that names it or by a limit that is said."""

from __future__ import annotations

import ast
import os

import pytest

from tests.house.complaints import COMPLAINTS, WRITE, Complaint, Naming, namings, page, unanswered
from tests.house.rooms import ROOT
from tests.house.sources import Module, modules

DOCUMENT = ROOT / "docs" / "complaints.md"


@pytest.fixture(scope="module")
def named() -> list[Naming]:
    return namings(modules("tests"))


def limits() -> str:
    return (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")


def test_every_complaint_has_a_test_that_names_it_or_a_limit_that_is_said(named: list[Naming]) -> None:
    assert unanswered(COMPLAINTS, named, limits()) == []


def test_every_limit_that_a_complaint_points_to_is_said() -> None:
    assert unanswered([each for each in COMPLAINTS if each.limit], [], limits()) == []


def test_no_test_names_a_complaint_that_nobody_listed(named: list[Naming]) -> None:
    assert {naming.complaint for naming in named} <= {each.name for each in COMPLAINTS}


def test_no_complaint_is_listed_twice() -> None:
    assert len({each.name for each in COMPLAINTS}) == len(COMPLAINTS)


def test_the_page_says_what_answers_each_complaint(named: list[Naming]) -> None:
    written = page(COMPLAINTS, named)
    if os.environ.get(WRITE):
        DOCUMENT.write_text(written, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == written


@pytest.mark.parametrize(
    ("source", "answered"),
    [
        ('@pytest.mark.complaint("it rains")\ndef test_a(): ...', True),
        ('class TestA:\n    @pytest.mark.complaint("it snows", "it rains")\n    def test_a(self): ...', True),
        ("def test_a(): ...", False),
        ('@pytest.mark.complaint("it snows")\ndef test_a(): ...', False),
        ('@pytest.mark.system\n@pytest.mark.complaint("it rains")\ndef test_a(): ...', False),
        ('@pytest.mark.skip(reason="later")\n@pytest.mark.complaint("it rains")\ndef test_a(): ...', False),
        ('pytestmark = pytest.mark.drill\n@pytest.mark.complaint("it rains")\ndef test_a(): ...', False),
    ],
)
def test_a_complaint_is_answered_by_a_test_that_runs_everywhere(source: str, answered: bool) -> None:
    found = namings([Module("tests.test_x", "tests/test_x.py", source, ast.parse(source))])
    assert unanswered([Complaint("it rains", "One gets wet.")], found, "") == ([] if answered else ["it rains"])


def test_a_limit_answers_a_complaint_however_its_lines_are_broken() -> None:
    rain = Complaint("it rains", "One gets wet.", "There is no roof")
    assert unanswered([rain], [], "- There is\n  no roof over the yard.") == []
    assert unanswered([rain], [], "There is a roof.") == ["it rains"]
