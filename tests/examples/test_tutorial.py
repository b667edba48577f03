"""What the tutorial shows is what the example does."""

from __future__ import annotations

import re

import pytest

from tests.examples.conftest import EXAMPLE
from tests.house.rooms import PROMISED, ROOT

TEXT = (ROOT / "docs" / "writing-a-connector.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`((?:src/|tests/)?[\w/]+\.(?:py|toml))`")


def pieces() -> list[tuple[str, str]]:
    """Each block of code, with the file that was named last before it."""
    return [(FILE.findall(TEXT[: each.start()])[-1], each[2]) for each in BLOCK.finditer(TEXT)]


@pytest.mark.parametrize(("file", "code"), pieces(), ids=lambda value: value.strip().split("\n")[0][:40])
def test_a_block_stands_in_the_file_that_is_named_before_it(file: str, code: str) -> None:
    assert f"\n{code}" in "\n" + (EXAMPLE / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["pyproject.toml", "tests/test_contract.py"])
def test_what_is_called_the_whole_of_a_file_is_the_whole(file: str) -> None:
    (code,) = (code for name, code in pieces() if name == file)
    whole = (EXAMPLE / file).read_text(encoding="utf-8")
    assert whole.removeprefix(code).strip() in (
        "",
        '[tool.setuptools.package-data]\nafteraction_forgejo = ["py.typed"]',
    )


def test_every_module_of_the_example_has_its_place_in_the_tutorial() -> None:
    shown = {file for file, _ in pieces()}
    modules = {path.relative_to(EXAMPLE).as_posix() for path in EXAMPLE.glob("src/*/*.py")}
    assert modules <= shown


def test_every_module_that_is_promised_is_named() -> None:
    assert not [name for name in (*PROMISED, "connectors.conformance") if f"`{name}`" not in TEXT]
