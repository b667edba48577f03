"""Puts the demo on its stage: its folder, its files, the sandbox beside it, and what the terminal says."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from service.cli.demo.folder import HOST, DemoFolder, Ports, ports_of
from service.cli.demo.writing import environment, write_configuration, write_environment
from service.cli.embedded import socket_in, url_of
from service.cli.processes import Program
from service.cli.stage import Stage, ours


def demo_stage(folder: DemoFolder, port: int | None, environ: Mapping[str, str] = os.environ) -> Stage:
    """Everything that the demo starts; writes its configuration for the ports that are free now."""
    ports = ports_of(folder, port)
    socket = None if environ.get("REDIS_URL") else socket_in(folder.var)
    redis_url = url_of(socket) if socket else environ["REDIS_URL"]
    write_configuration(folder, ports)
    write_environment(folder, redis_url)
    folder.ready.unlink(missing_ok=True)
    processes = environment(folder, redis_url, environ)
    return Stage(
        home=folder.var,
        environ=processes,
        host=HOST,
        port=ports.web,
        banner=banner(folder, ports, port),
        goodbye=f"Stopped. Everything is kept in {_short(folder.root)}; the next start goes on from here.",
        socket=socket,
        web_processes=1,
        beside=(_sandbox(folder, ports, processes),),
        beside_ready=folder.ready.exists,
        then=(_seeding(folder, ports, processes),),
    )


def _sandbox(folder: DemoFolder, ports: Ports, environ: Mapping[str, str]) -> Program:
    hooks = f"http://{HOST}:{ports.web}/hooks"
    options = {
        "--host": HOST,
        "--port": str(ports.sandbox),
        "--smtp-port": str(ports.mail),
        "--state": str(folder.sandbox),
        "--seed": str(folder.seed),
        "--webhook-jira": f"{hooks}/jira",
        "--webhook-github": f"{hooks}/github",
        "--ready-file": str(folder.ready),
    }
    secrets = {
        f"SANDBOX_WEBHOOK_{name}_SECRET": folder.secret(f"{name}_WEBHOOK_SECRET").read_text(encoding="ascii")
        for name in ("JIRA", "GITHUB")
    }
    command = ours("sandbox", *(part for pair in options.items() for part in pair))
    return Program("sandbox", command, {**environ, **secrets}, folder.var / "logs" / "sandbox.log", late=True)


def _seeding(folder: DemoFolder, ports: Ports, environ: Mapping[str, str]) -> Program:
    arguments = (str(folder.root), str(ports.web), str(ports.sandbox))
    command = (sys.executable, "-P", "-m", "service.cli.demo.seeding", *arguments)
    return Program("seeding", command, environ, folder.var / "logs" / "seeding.log", once=True)


def banner(folder: DemoFolder, ports: Ports, wanted: int | None) -> tuple[str, ...]:
    """What runs where, what to open first, what to try."""
    web, sandbox = f"http://{HOST}:{ports.web}", f"http://{HOST}:{ports.sandbox}"
    moved = wanted is not None and wanted != ports.web
    note = f" Port {wanted} was taken, so it is at {ports.web}." if moved else ""
    return (
        f"{_bold('The Afteraction demo runs')} in {_short(folder.root)}.{note} Ctrl-C stops it and keeps everything.",
        f"  status page      {_link(web)}/   {_bold('open this first')}; mails come within half a minute",
        f"  Jira boards      {_link(sandbox)}/jira/boards/PAY and {_link(sandbox)}/jira/boards/SEC",
        f"  GitHub boards    {_link(sandbox)}/github/acme/checkout-web and {_link(sandbox)}/github/acme/status-page",
        f"  mailbox          {_link(sandbox)}/mailbox",
        f"  postmortems      {_short(folder.postmortems)}   logs: {_short(folder.var / 'logs')}",
        _bold("Try this"),
        f"  Open an issue on a board, move it to done, and watch {_link(web)}/items?live=1: it knows within seconds.",
        f"  Make the trackers fail at {_link(sandbox)}/faults, then see the status page say so, and heal.",
        f"  In another terminal: . {_short(folder.environment)} && afteraction held list",
    )


def _short(path: Path) -> str:
    """As a person at this terminal would type it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _bold(text: str) -> str:
    return click.style(text, bold=True)


def _link(text: str) -> str:
    return click.style(text, underline=True)
