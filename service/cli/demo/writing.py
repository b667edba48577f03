"""Writes the demo's files: its configuration, the sandbox's seed, the postmortems, and lines for a shell."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path

from service.cli.demo.folder import HOST, SECRETS, DemoFolder, Ports

_DAY = re.compile(r"@day\((-?\d+)\)")
_AT = re.compile(r"@at\((-?\d+), (\d\d):(\d\d)\)")
_ADOPTED = "@adopted"
# What a shell may have set for another Afteraction must not reach the demo.
_OTHERS = ("DATABASE_URL", "SMTP_URL", "PORT")


def write_configuration(folder: DemoFolder, ports: Ports) -> None:
    """The configuration and the sandbox's seed, anew: ports may have changed since the last start."""
    text = _ours("afteraction.toml")
    for name, port in (("WEB", ports.web), ("SANDBOX", ports.sandbox), ("MAIL", ports.mail)):
        text = text.replace(f"@{name}@", str(port))
    folder.config.write_text(text, encoding="utf-8")
    seed = _ours("seed.json")
    for name in SECRETS:
        seed = seed.replace(f"@{name}@", folder.secret(name).read_text(encoding="ascii"))
    folder.seed.unlink(missing_ok=True)
    with os.fdopen(os.open(folder.seed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(seed)


def write_postmortems(folder: DemoFolder, adopted: str) -> list[Path]:
    """The five documents, once: what was sent under an id must stay the same, byte by byte, at every later start."""
    folder.postmortems.mkdir(exist_ok=True)
    paths = []
    entries = [each for each in files("service.cli.demo.postmortems").iterdir() if each.name.endswith((".json", ".md"))]
    for entry in sorted(entries, key=lambda each: each.name):
        path = folder.postmortems / entry.name
        if not path.exists():
            part = path.with_suffix(".part")
            part.write_text(dated(entry.read_text(encoding="utf-8"), folder.began_on(), adopted), encoding="utf-8")
            part.rename(path)
        paths.append(path)
    return paths


def dated(text: str, today: date, adopted: str) -> str:
    """A document with its days (`@day(-12)`) and instants (`@at(-12, 06:30)`, UTC) counted from `today`."""
    text = _DAY.sub(lambda found: (today + timedelta(days=int(found[1]))).isoformat(), text)
    text = _AT.sub(
        lambda found: (
            datetime.combine(today + timedelta(days=int(found[1])), time(int(found[2]), int(found[3]))).isoformat()
            + "Z"
        ),
        text,
    )
    return text.replace(_ADOPTED, adopted)


def environment(folder: DemoFolder, redis_url: str, base: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the demo's processes: ours, without what was meant for another Afteraction."""
    kept = {
        name: value
        for name, value in base.items()
        if name not in _OTHERS and not name.startswith(("AFTERACTION_", "SANDBOX_"))
    }
    return {**kept, **_own(folder, redis_url), "NO_PROXY": f"{HOST},localhost", "no_proxy": f"{HOST},localhost"}


def _own(folder: DemoFolder, redis_url: str) -> dict[str, str]:
    return {
        "AFTERACTION_HOME": str(folder.var),
        "AFTERACTION_CONFIG": str(folder.config),
        "DATABASE_URL": f"sqlite:///{folder.var / 'afteraction.sqlite'}",
        "REDIS_URL": redis_url,
        **{f"{name}_FILE": str(folder.secret(name)) for name in SECRETS},
    }


def write_environment(folder: DemoFolder, redis_url: str) -> None:
    """Lines for a shell, so that the other commands there speak of the demo; secrets by their files alone."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in _own(folder, redis_url).items()]
    folder.environment.write_text("\n".join([*lines, ""]), encoding="utf-8")
    folder.environment.chmod(0o600)


def _ours(name: str) -> str:
    return files("service.cli.demo").joinpath(name).read_text(encoding="utf-8")
