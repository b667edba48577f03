"""What the repository may not contain, and what it must."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.rooms import ROOT
from tests.house.sources import texts

# Split, so that this file does not name them itself.
REGISTRIES = ("python" + "hosted", "pypi" + ".org", "registry.npm" + "js", "deb.debian" + ".org", "--index" + "-url")
PATHS = ("/work" + "/main", "/work" + "/shared", "/ro" + "ot/", "/bash" + "_jobs", "/ho" + "me/", "/far" + "m/")


def naming(words: tuple[str, ...]) -> list[str]:
    """File and line of each text that names one of these."""
    pattern = re.compile("|".join(map(re.escape, words)))
    return [
        f"{path}:{number}"
        for path, text in texts()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def test_no_file_names_a_registry() -> None:
    assert not naming(REGISTRIES)


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    assert not naming(PATHS)


def test_every_package_in_the_locks_has_a_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        pinned = re.split(r"^(?=\S+==)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        assert len(pinned) > 30
        assert not [each.split()[0] for each in pinned if "--hash=sha256:" not in each]


def test_the_two_locks_agree() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_every_dependency_is_locked() -> None:
    dependencies = project()["dependencies"]
    assert isinstance(dependencies, list)
    names = {re.split(r"[\[<>=]", each)[0] for each in dependencies}
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert not names - set(locked)


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {project()['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_licence_is_in_the_repository_in_full() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert project()["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_honcho_reads_the_procfile() -> None:
    honcho = Path(sys.executable).with_name("honcho")
    told = subprocess.run([honcho, "check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert all(name in told.stderr for name in ("release", "web", "worker", "clock"))
