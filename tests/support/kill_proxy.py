"""Stands before a real server and kills whoever sends a request, before or after the server has done what it asks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from connectors.conformance.fault_proxy import ForwardingHandler, listening
from connectors.sandbox.faults import Call
from connectors.sandbox.kills import Doom, KillPlan


@contextmanager
def kill_proxy(tracker: str, to_port: int) -> Iterator[tuple[str, KillPlan]]:
    """The proxy's address, and the plan that it follows; the points mean what they mean in the sandbox."""
    plan = KillPlan(allowed=True)

    class Handler(KillingHandler):
        target, kills, name = to_port, plan, tracker

    with listening(Handler) as port:
        yield f"http://127.0.0.1:{port}", plan


class KillingHandler(ForwardingHandler):
    kills: KillPlan
    name: str

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever was killed leaves its other connections too
            super().handle()

    def handle_any(self, body: bytes) -> None:
        doom = None if self.command == "GET" else self._doom(body)
        if doom is None:
            super().handle_any(body)
        elif doom.strike("before_request"):
            self.hang_up()
        else:
            doom.strike("on_arrival")
            answer = self.forward(body)
            doom.strike("after_commit")
            with suppress(OSError):  # nobody may be there any more
                self.answer(*answer)
            doom.strike("after_answer")

    def _doom(self, body: bytes) -> Doom | None:
        ports = {"REMOTE_PORT": self.client_address[1], "SERVER_PORT": self.server.server_address[1]}
        call = Call(self.name, self.command, self.path)
        return self.kills.choose(call, {**ports, "wsgi.input": io.BytesIO(body)})
