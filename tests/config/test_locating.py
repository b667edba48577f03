"""A fault tells the line of its key, wherever and however the file writes it."""

from __future__ import annotations

import pytest

from config.locating import Lines

TEXT = '''# a comment
include = [
    "a.toml", # [routes]
    ["nested"],
]
service.demo = true

[service.more] # a header
"quoted key" = """
[[routes]]
target = "not a key"
"""

[[policies]]
name = "first"
[[policies.steps]]
name = "one"
[[policies.steps]]
name = "two"

  [[policies]]
name = "second"
rates = [
  [80, 60],
  [500,
   3600],
]
[[policies.steps]]
tell.who = { name = "owner", days = [1, 2] }
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("include", 2),
        ("include[0]", 2),
        ("service.demo", 6),
        ("service.more", 8),
        ('service.more."quoted key"', 9),
        ("service.more.absent", 8),
        ("policies[0]", 14),
        ("policies[0].name", 15),
        ("policies[0].absent", 14),
        ("policies[0].steps[1]", 18),
        ("policies[0].steps[1].name", 19),
        ("policies[1]", 21),
        ("policies[1].rates[1]", 23),
        ("policies[1].rates[7]", 23),
        ("policies[1].steps[0].tell.who.days[1]", 29),
        ("routes", None),
        ("routes[0].target", None),
        ("", None),
    ],
)
def test_each_key_has_its_line(key: str, line: int | None) -> None:
    assert Lines(TEXT).of(key) == line
    assert Lines(TEXT.replace("\n", "\r\n")).of(key) == line


def test_a_very_long_value_is_not_searched_for_ever() -> None:
    rows = "".join(f'  [{number}, "x"],\n' for number in range(3000))
    assert Lines(f"[a]\nb = 1\nc = [\n{rows}]\n[d]\ne = 1\n").of("a.b") == 2
