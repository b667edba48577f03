"""Importing a module opens no file, no socket, no database and no process, and starts no thread."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.house.rooms import PACKAGES, ROOT
from tests.house.sources import modules

WATCHED = """
import importlib, json, sys, threading

ROOT, PACKAGES, NAMES = json.loads(sys.argv[1])
OPENING = {"open", "socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.mkdir", "os.system"}
OPENING |= {"_thread.start_new_thread", "os.putenv", "shutil.copyfile", "os.remove", "os.rename"}
CODE = (".py", ".pyc", ".so")
found = []

def ours(frame):
    # The importer's own frames stand between a module and the one that it imports: their reading of code is no fault.
    while frame:
        name = frame.f_globals.get("__name__", "")
        if name.startswith("importlib"):
            return None
        if name.partition(".")[0] in PACKAGES:
            return name
        frame = frame.f_back
    return None

def watch(event, arguments):
    if event not in OPENING:
        return
    path = str(arguments[0]) if arguments else ""
    if event == "open" and (path.endswith(CODE) or ".pyc." in path or path.startswith("<")):
        return
    module = ours(sys._getframe(1))
    if module:
        found.append(f"{module}: {event} {path}")

sys.addaudithook(watch)
for name in NAMES:
    importlib.import_module(name)
print(json.dumps(found))
"""


def opened_by(names: list[str], root: str = str(ROOT)) -> list[str]:
    """What importing these modules in a new process opened."""
    argument = json.dumps([root, PACKAGES, names])
    command = [sys.executable, "-c", WATCHED, argument]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    found: list[str] = json.loads(told.stdout)
    return found


def test_importing_opens_nothing() -> None:
    # Alembic runs `migrations.env` and nobody imports it; `__main__` is a command.
    names = [
        module.name for module in modules() if module.name not in {"migrations.env", "connectors.sandbox.__main__"}
    ]
    assert not opened_by(names)


def test_a_module_that_opens_something_is_found(tmp_path) -> None:
    (tmp_path / "service").mkdir()
    (tmp_path / "notes.txt").write_text("read me")
    text = "import sqlite3, pathlib\npathlib.Path('notes.txt').read_text()\nsqlite3.connect(':memory:')\n"
    (tmp_path / "service" / "eager.py").write_text(text)
    (tmp_path / "service" / "__init__.py").write_text("")
    assert opened_by(["service.eager"], str(tmp_path)) == [
        "service.eager: open notes.txt",
        "service.eager: sqlite3.connect :memory:",
    ]
