"""What the documents say can be typed and followed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from service.cli.main import cli
from tests.house.rooms import ROOT
from tests.house.sources import texts, tracked

DOCUMENTS = [path for path, _ in texts() if path.endswith(".md") and not path.startswith(("tests/", "examples/"))]
COMMAND = re.compile(r"(?<![\w.@-])afteraction ((?:[\w-]+ ?)[^`\n|&;#)]*)")
MAKE = re.compile(r"^[` ]*make ([a-z-]+)", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def code(text: str) -> Iterator[str]:
    """What stands in code, blocks and inline."""
    yield from re.findall(r"```.*?```", text, re.DOTALL)
    without = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from re.findall(r"`[^`\n]+`", without)
    yield from re.findall(r"^    .+$", without, re.MULTILINE)


def fault(words: list[str]) -> str | None:
    """What is wrong with a command line as a document gives it."""
    command = cli.get_command(click.Context(cli), words[0])
    if command is None:
        return None if words[0].startswith("-") else f"there is no command {words[0]}"
    for word in words[1:]:
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z-]+", word) and not word.startswith("-"):
            found = command.get_command(click.Context(command), word)
            if found is None:
                return f"{words[0]} has no command {word}"
            command = found
        elif word.startswith("--"):
            options = {option for each in command.params for option in [*each.opts, *each.secondary_opts]}
            if word.partition("=")[0] not in {*options, "--help"}:
                return f"{words[0]} has no option {word}"
    return None


@pytest.fixture(scope="module")
def documents() -> dict[str, str]:
    return {path: text for path, text in texts() if path in DOCUMENTS}


def test_there_are_documents(documents: dict[str, str]) -> None:
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/operating.md", "docs/limits.md"} <= set(documents)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_commands_of_a_document_exist(path: str, documents: dict[str, str]) -> None:
    lines = [line for part in code(documents[path]) for line in COMMAND.findall(part)]
    said = {line: fault(line.split()) for line in lines}
    assert not {line: why for line, why in said.items() if why}


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_make_targets_of_a_document_exist(path: str, documents: dict[str, str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {target for part in code(documents[path]) for target in MAKE.findall(part)}
    assert not [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_links_of_a_document_lead_somewhere(path: str, documents: dict[str, str]) -> None:
    files = {each.relative_to(ROOT) for each in tracked()}
    places = {*files, *(parent for each in files for parent in each.parents)}
    folder = (ROOT / path).parent
    local = [link.partition("#")[0] for link in LINK.findall(documents[path]) if "://" not in link]
    ends = {link: (folder / link).resolve().relative_to(ROOT.resolve()) for link in local if link}
    assert not [link for link, end in ends.items() if end not in places]


def test_the_readme_has_the_two_commands(documents: dict[str, str]) -> None:
    assert "make run" in documents["README.md"]
    assert "make test" in documents["README.md"]


@pytest.mark.parametrize("line", ["frobnicate", "up --loudly", "held forget 3", "status --jason"])
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    assert fault(line.split())


@pytest.mark.parametrize("line", ["up --demo", "held release --help", "parse postmortem.md --json"])
def test_a_command_that_exists_is_let_through(line: str) -> None:
    assert fault(line.split()) is None
