"""How much of the connectors their tests must run, and what may be left out of the count."""

from __future__ import annotations

import re

from tests.house.sources import modules
from tests.support.covered import Row, Share, rows, table, total

PRAGMA = re.compile(r"#\s*pragma:?\s*no\s+(?:cover|branch)\b(.*)", re.IGNORECASE)


def unexplained(text: str) -> list[str]:
    return [found[0] for found in PRAGMA.finditer(text) if len(found[1].split()) < 3]


def file(lines: int, of_lines: int, branches: int, of_branches: int) -> dict[str, dict[str, int]]:
    names = ("covered_lines", "num_statements", "covered_branches", "num_branches")
    return {"summary": dict(zip(names, (lines, of_lines, branches, of_branches), strict=True))}


def test_what_is_left_out_of_the_count_says_why() -> None:
    assert {module.path: found for module in modules() if (found := unexplained(module.text))} == {}


def test_a_pragma_alone_is_found_and_one_with_a_reason_is_let_through() -> None:
    assert unexplained("raise  # pragma: no cover") == ["# pragma: no cover"]
    assert unexplained("raise  # pragma: no cover - only Windows gets here") == []


def test_lines_and_branches_are_counted_by_folder() -> None:
    files = {"connectors/a/x.py": file(9, 10, 1, 4), "connectors/a/y/z.py": file(1, 10, 3, 4)}
    found = rows({"files": {**files, "connectors/http.py": file(5, 5, 0, 0)}})
    assert found == {
        "connectors/a": Row(Share(10, 20), Share(4, 8)),
        "connectors/*.py": Row(Share(5, 5), Share(0, 0)),
    }
    assert "connectors/a                   50.0 %    50.0 %" in table(found)
    assert total(found.values()) == Row(Share(15, 25), Share(4, 8))


def test_too_little_of_either_is_too_little() -> None:
    assert not Row(Share(95, 100), Share(95, 100)).low
    assert Row(Share(100, 100), Share(94, 100)).low
    assert Row(Share(94, 100), Share(100, 100)).low
