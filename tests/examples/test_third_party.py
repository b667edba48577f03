"""A connector of a third party: a distribution of its own that knows the contract and what is promised beside it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.connectors.trackers.suites import suites
from tests.connectors.trackers.test_document import promises
from tests.examples.conftest import EXAMPLE, Installed
from tests.house.rooms import PACKAGES, PROMISED
from tests.house.sources import Module, modules
from tests.house.test_storeys import imported

FOUND = """
import json, sys
from connectors.registry import load_connectors
found, findings = load_connectors()
path = sys.modules[found["forgejo"].tracker.make.__module__].__file__
print(json.dumps([found["forgejo"].title, path, [each.code for each in findings]]))
"""


def ours(module: Module) -> list[str]:
    return [name for _, name in imported(module) if name.partition(".")[0] in PACKAGES]


def test_it_is_found_by_its_entry_point_once_it_is_installed(installed: Installed) -> None:
    told = installed.run("-c", FOUND)
    assert told.returncode == 0, told.stderr
    title, path, findings = json.loads(told.stdout)
    assert (title, findings) == ("Forgejo", [])
    assert Path(path).is_relative_to(installed.folder)


def test_its_word_in_the_configuration_is_known_where_it_is_installed_and_only_there(installed: Installed) -> None:
    secrets = dict.fromkeys(("FORGEJO_TOKEN", "FORGEJO_HOOK"), "x" * 32) | {"POSTMORTEMS_SECRET": "whsec_" + "eHh4" * 8}
    check = ("-c", "from service.cli.main import main; main()", "check")
    secrets["AFTERACTION_CONFIG"] = str(EXAMPLE / "afteraction.toml")
    told = installed.run(*check, **secrets)
    assert told.returncode == 0, told.stdout + told.stderr
    without = installed.run(*check, **secrets, PYTHONPATH="")
    assert without.returncode != 0
    assert "forgejo" in without.stdout


def test_it_holds_every_promise_of_the_contract_but_its_named_gaps(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report.xml"
    told = installed.run("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", ".")
    assert told.returncode == 0, told.stdout[-4000:]
    (suite,) = (each for each in suites(monkeypatch) if each.counterpart.title.startswith("Forgejo"))
    cases = ElementTree.parse(report).getroot().iter("testcase")
    skipped: dict[str, bool] = {}
    for case in (each for each in cases if str(each.get("classname")).endswith(suite.__name__)):
        skipped.setdefault(str(case.get("name")).partition("[")[0], case.find("skipped") is not None)
    assert {name for name, was in skipped.items() if was} == set(suite.counterpart.gaps)
    assert set(skipped) == set(promises())


def test_it_imports_what_is_promised_and_nothing_private() -> None:
    for module in modules("examples"):
        allowed = PROMISED | ({"connectors.conformance"} if "/tests/" in module.path else set())
        for name in ours(module):
            assert any(name.startswith(f"{each}.") for each in allowed), f"{module.path}: {name}"
            assert "._" not in name, f"{module.path}: {name}"
