"""Imports go down only, and each room imports what the map allows."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.rooms import ERRORS_ONLY, PACKAGES, ROOMS, ROOT, TOP, VENDORS
from tests.house.sources import Module, modules


def imported(module: Module) -> Iterator[tuple[int, str]]:
    """Line and full name of whatever a module imports, wherever in it the import stands."""
    package = module.name if module.path.endswith("__init__.py") else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], base]).strip(".")
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def room_of(name: str) -> str:
    """The longest room that the module is in."""
    fitting = [room for room in [*ROOMS, TOP] if name == room or name.startswith(f"{room}.")]
    return max(fitting, key=len, default="")


def complaint(module: Module, line: int, name: str) -> str | None:
    """What is wrong with an import, if anything."""
    here = room_of(module.name)
    if here == TOP or name.partition(".")[0] in sys.stdlib_module_names:
        return None
    there = room_of(name) if name.partition(".")[0] in PACKAGES else name.partition(".")[0]
    allowed = ROOMS[here]
    if there == here:
        return None
    if name.partition(".")[0] in ERRORS_ONLY and here in ERRORS_ONLY[name.partition(".")[0]]:
        errors_only = name.startswith(f"{name.partition('.')[0]}.exc.")
        return None if errors_only else f"{module.path}:{line}: {here} may catch errors of {there}, and imports {name}"
    if there in allowed:
        return None
    return f"{module.path}:{line}: {here} may not import {name}"


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_what_the_map_allows(room: str) -> None:
    own = [module for module in modules() if room_of(module.name) == room]
    found = [complaint(module, line, name) for module in own for line, name in imported(module)]
    assert not [sentence for sentence in found if sentence]


def test_every_module_is_in_a_room() -> None:
    assert not [module.path for module in modules() if not room_of(module.name)]


def test_the_commands_name_no_vendor() -> None:
    named = tuple(f"connectors.{vendor}" for vendor in VENDORS)
    own = [module for module in modules() if room_of(module.name) == TOP]
    assert not [f"{each.path}:{line}" for each in own for line, name in imported(each) if name.startswith(named)]


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-4000:]


def test_a_forbidden_import_is_found() -> None:
    """The table itself: without this, a mistake in it would let everything through."""
    tree = ast.parse("import flask\nfrom connectors.jira import CONNECTOR\nfrom sqlalchemy import Row\nimport json")
    module = Module("service.domain.example", "service/domain/example.py", "", tree)
    found = [complaint(module, line, name) for line, name in imported(module)]
    assert [bool(sentence) for sentence in found] == [True, True, True, False]
