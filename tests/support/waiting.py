"""Waiting for something to become true, with a deadline; and finding a port that nobody uses."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")
LOOK_SECONDS = 0.02


def until(predicate: Callable[[], T], seconds: float = 10.0, what: str = "") -> T:
    """What `predicate` returns as soon as that is true. Fails the test once so many seconds have passed."""
    ends = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := predicate()):
        if time.monotonic() > ends:
            pytest.fail(f"Not so within {seconds} s: {what or getattr(predicate, '__name__', predicate)}")
        pause.wait(LOOK_SECONDS)
    return found


def find_free_port() -> int:
    """A TCP port on loopback that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    return find_free_port()
