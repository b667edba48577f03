"""Starts and stops a sandbox: the web server, the mailbox and the courier."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from connectors.sandbox.app import create_app, world_of
from connectors.sandbox.courier import Courier
from connectors.sandbox.mail import MailServer, Receiver
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.seed import load_seed
from connectors.sandbox.server import Server

T = TypeVar("T")


class PortTakenError(Exception):
    """Another program listens there; the message says what to change."""


def _listen(make: Callable[[], T], option: str, port: int) -> T:
    try:
        return make()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(f"Port {port} is in use by another program. Give another one with {option}.") from error


class Sandbox:
    """A running sandbox. Listens from construction on; serves between `start` and `stop`, or within `with`.

    Raises PortTakenError, and SeedError for a seed file that makes no sense.
    """

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        courier = Courier(options.webhook_delay, options.webhook_retry_scale)
        courier.hooks.update(options.hooks())
        seed = load_seed(options.seed_file)
        self.app = create_app(options.state_dir, seed=seed, courier=courier, allow_kills=options.allow_kills)
        self.world = world_of(self.app)
        self._server = _listen(lambda: Server(options.host, options.port, self.app), "--port", options.port)
        self.world.base_url = self.url
        self._mail: MailServer | None = None
        if options.smtp_port is not None:
            receiver = Receiver(self.world.mailbox, self.world.faults, self.world.stats)
            port = options.smtp_port
            self._mail = _listen(lambda: MailServer(receiver, options.host, port), "--smtp-port", port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Scheme, host and port, without a trailing slash."""
        return f"http://{self.options.host}:{self._server.port}"

    @property
    def smtp_port(self) -> int | None:
        return self._mail.port if self._mail else None

    def start(self) -> None:
        self._thread.start()
        if self._mail is not None:
            self._mail.start()
        if self.options.ready_file is not None:
            part = self.options.ready_file.with_suffix(".part")
            part.write_text(json.dumps(self.ready()), encoding="utf-8")
            part.replace(self.options.ready_file)

    def ready(self) -> dict[str, object]:
        """What a starter needs to know."""
        own = {
            "url": self.url,
            "host": self.options.host,
            "port": self._server.port,
            "smtp_port": self.smtp_port,
        }
        jira = {"jira_url": f"{self.url}/jira", "jira_dc_url": f"{self.url}/jira-dc"}
        return {
            **own,
            **jira,
            "github_url": f"{self.url}/github/api/v3",
            "gitlab_url": f"{self.url}/gitlab",
            "redmine_url": f"{self.url}/redmine",
            "pid": os.getpid(),
        }

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join(timeout=5.0)
        if self._mail is not None:
            self._mail.stop()
        self.world.close()

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def run(options: SandboxOptions) -> None:
    """Serve until SIGTERM or SIGINT. Must be called in the main thread, which alone may take signals."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with Sandbox(options) as sandbox:
        mailbox = f", mail at {options.host}:{sandbox.smtp_port}" if sandbox.smtp_port else ""
        sys.stdout.write(f"Sandbox at {sandbox.url}{mailbox}\n")
        sys.stdout.flush()
        ended.wait()
