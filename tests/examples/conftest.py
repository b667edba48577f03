from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.house.rooms import ROOT

EXAMPLE = ROOT / "examples" / "forgejo"


@dataclass(frozen=True)
class Installed:
    """A wheel of the example in a folder of its own, beside the packages of this environment."""

    folder: Path
    tests: Path

    def run(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        known = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1", **environ}
        command = (sys.executable, *command)
        return subprocess.run(
            command, cwd=self.tests, env=known, capture_output=True, text=True, timeout=300, check=False
        )


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Built from a copy that has no tests, and installed without an index: only the wheel itself can be what is run."""
    folder = tmp_path_factory.mktemp("example")
    without = shutil.ignore_patterns("tests", "build", "*.egg-info", "__pycache__")
    shutil.copytree(EXAMPLE, folder / "source", ignore=without)
    shutil.copytree(EXAMPLE / "tests", folder / "tests", ignore=without)
    done([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", folder / "source"])
    (wheel,) = (folder / "dist").iterdir()
    site = folder / "site"
    uv = [find_uv_bin(), "pip", "install", "--quiet", "--offline", "--no-deps", "--python", sys.executable]
    done([*uv, "--target", site, wheel])
    return Installed(site, folder / "tests")


def done(command: list[str | Path]) -> None:
    told = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
