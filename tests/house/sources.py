"""The sources of the house, read once: every module with its text and its tree, and the files that git knows."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.house.rooms import PACKAGES, ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file: `name` as imported, `path` below the root."""

    name: str
    path: str
    text: str
    tree: ast.Module

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every module below these folders; without any, of the five packages."""
    found = sorted(path for folder in folders or PACKAGES for path in (ROOT / folder).rglob("*.py"))
    return tuple(_module(path) for path in found)


def _module(path: Path) -> Module:
    relative = path.relative_to(ROOT)
    parts = relative.with_suffix("").parts
    text = path.read_text(encoding="utf-8")
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, relative.as_posix(), text, ast.parse(text))


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the repository; without git (an unpacked archive), the files of the folders that we know."""
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if told.returncode == 0:
        names = told.stdout.decode().split("\0")
        return tuple(path for name in names if name and (path := ROOT / name).is_file())
    folders = (*PACKAGES, "tests", "docs", "benchmarks", "examples", ".ci")
    beside = [path for path in ROOT.iterdir() if path.is_file()]
    return (*beside, *(path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()))


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Path and text of each tracked file that is text."""
    found = []
    for path in tracked():
        try:
            found.append((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return tuple(found)
