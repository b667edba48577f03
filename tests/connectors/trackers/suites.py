"""Where a tracker is put through the contract's suite: found, not listed."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from connectors.conformance.asking import TrackerSuite
from tests.house.rooms import ROOT
from tests.house.sources import modules

SUITE = "TrackerConformance"


def suites(monkeypatch: pytest.MonkeyPatch) -> list[type[TrackerSuite]]:
    """Ours, and those of the examples."""
    ours = [each.name for each in modules("tests") if _is_suite(each.name.rpartition(".")[2], each.text)]
    theirs = [
        path for path in sorted(ROOT.glob("examples/*/tests/test_*.py")) if _is_suite(path.stem, path.read_text())
    ]
    found = [importlib.import_module(name) for name in ours]
    found += [_foreign(path, monkeypatch) for path in theirs]
    return [each for module in found for each in _declared(module)]


def _is_suite(name: str, text: str) -> bool:
    return name.startswith("test_") and f"import {SUITE}" in text


def _declared(module: ModuleType) -> list[type[TrackerSuite]]:
    every = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    return [each for each in every if issubclass(each, TrackerSuite) and each.__name__.startswith("Test")]


def _foreign(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A distribution's own test module, which is no part of our packages."""
    for folder in (path.parent, path.parents[1] / "src"):
        monkeypatch.syspath_prepend(folder)
    spec = importlib.util.spec_from_file_location(f"{path.parents[1].name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module
