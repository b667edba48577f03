"""`afteraction web`."""

from __future__ import annotations

from typing import Any

import click

from service.cli.errors import house
from service.cli.logs import log_to_stderr


@click.command("web", epilog="Example: PORT=8000 afteraction web --workers 2")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to bind; off loopback, pages need an identity."
)
@click.option("--port", type=int, envvar="PORT", default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Threads in each process.")
def command(host: str, port: int, workers: int, threads: int) -> None:
    """Serves the webhooks' door, the pages and the health routes, under gunicorn."""
    log_to_stderr()
    with house():
        # Only the check that everything fits; each server process opens its own connections after the fork.
        pass
    options = {"bind": f"{host}:{port}", "workers": workers, "threads": threads, "worker_class": "gthread"}
    serve({**options, "graceful_timeout": 30, "timeout": 60, "control_socket_disable": True}, host)


def serve(options: dict[str, Any], host: str) -> None:
    """Runs gunicorn in this process until it is stopped."""
    from gunicorn.app.base import BaseApplication

    class _Application(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        def load_config(self) -> None:
            for key, value in options.items():
                if key in self.cfg.settings:
                    self.cfg.set(key, value)

        def load(self) -> Any:
            from service.app import create_app
            from service.intake import keep_beating
            from service.settings import from_environment
            from service.wiring import build

            components = build(from_environment())
            keep_beating(components)
            return create_app(components, bind_host=host)

    _Application().run()
