"""Lets something happen at a moment between two requests of ours, at the HTTP seam of the sandbox."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from connectors.sandbox.running import Sandbox


@contextlib.contextmanager
def meanwhile(sandbox: Sandbox, methods: tuple[str, ...], path: str, then: Callable[[], None]) -> Iterator[list[str]]:
    """Runs something once, before the first request of such a method and path is answered; yields the requests that
    came, from that one on.
    """
    inner = sandbox._server.app
    seen: list[str] = []

    def standing_before(environ: dict[str, Any], start_response: Any) -> Any:
        method, where = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if seen or (method in methods and re.search(path, where)):
            seen.append(f"{method} {where}")
            if len(seen) == 1:
                then()
        return inner(environ, start_response)

    sandbox._server.app = standing_before
    try:
        yield seen
    finally:
        sandbox._server.app = inner
