"""`afteraction up`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.errors import Stop

if TYPE_CHECKING:
    from service.cli.stage import Stage
    from service.settings import Settings


@click.command("up", epilog="Example: afteraction up --demo")
@click.option("--demo", is_flag=True, help="The demo, in a folder of its own: ./demo, or AFTERACTION_DEMO_HOME.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind; the demo stays on loopback.")
@click.option("--port", type=click.IntRange(1, 65000), envvar="PORT", help="Port of the pages.  [default: 8000]")
def command(*, demo: bool, host: str, port: int | None) -> None:
    """Runs everything: the embedded queue, web, two workers and the clock, until Ctrl-C. Without a configuration it
    runs the demo.
    """
    from service.cli.stage import run

    if demo or not is_configured(os.environ):
        from service.cli.demo.folder import demo_folder
        from service.cli.demo.staging import demo_stage

        if host != "127.0.0.1":
            raise Stop("The demo is seen on this machine alone: leave --host out.")
        if not demo:
            _say(
                f"There is no {Path('afteraction.toml').resolve()}, so this is the demo; afteraction init begins yours."
            )
        folder = demo_folder()
        run(folder.var, lambda: demo_stage(folder, port), _say)
    else:
        from service.settings import from_environment

        settings = from_environment()
        run(settings.home, lambda: _own_stage(settings, os.environ, host, port or 8000), _say)


def is_configured(environ: Mapping[str, str]) -> bool:
    """Whether somebody means a configuration of their own; one that is named but missing is theirs to mend."""
    return bool(environ.get("AFTERACTION_CONFIG")) or Path("afteraction.toml").exists()


def _own_stage(settings: Settings, environ: Mapping[str, str], host: str, port: int) -> Stage:
    from service.cli.embedded import socket_in, url_of
    from service.cli.ports import is_free
    from service.cli.stage import Stage

    if not is_free(port, host):
        raise Stop(f"Port {port} is taken on {host}: stop what listens there, or set PORT to another one.")
    socket = None if environ.get("REDIS_URL") else socket_in(settings.home)
    queue = {} if socket is None else {"REDIS_URL": url_of(socket)}
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    banner = (
        f"{click.style('Afteraction runs', bold=True)} with {settings.config}; Ctrl-C stops it.",
        f"  pages and webhooks  {click.style(address, underline=True)}/",
        f"  queue               {'embedded Valkey' if socket else 'REDIS_URL'}",
        f"  logs                {settings.home / 'logs'}",
        "In another terminal: afteraction check --online, afteraction status, afteraction held list.",
    )
    goodbye = "Stopped. Nothing is lost: what was under way goes on at the next start."
    return Stage(settings.home, {**environ, **queue}, host, port, banner, goodbye, socket)


def _say(line: str) -> None:
    click.echo(line)
