"""A bench for a counterpart that cannot fail when told to: what goes wrong goes wrong on the way to it."""

from __future__ import annotations

from abc import ABC

from connectors.conformance.counterpart import FAULTS, TrackerBench
from connectors.conformance.fault_proxy import Fault, FaultProxy


class ProxiedBench(TrackerBench, ABC):
    """`proxy` stands between the connector and its vendor."""

    def __init__(self, proxy: FaultProxy) -> None:
        self.switch = proxy.switch
        self.heal()

    def fail(self, kind: str, *, retry_after: int = 0, form: str = "seconds", status: int = 0) -> None:
        self.switch.once.append(Fault(kind, status or 502, retry_after, form))

    def disturb(self, share: float) -> None:
        self.switch.shares = [(share / len(FAULTS), Fault(kind, seconds=2.0, retry_after=0)) for kind in FAULTS]

    def revoke(self) -> None:
        self.switch.always = Fault("refused", 401)

    def heal(self) -> None:
        self.switch.heal()

    def requests(self) -> int:
        return self.switch.requests

    def forget(self) -> None:
        self.switch.requests = 0
