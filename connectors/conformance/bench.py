"""What a connector's test module gives to the suites: the source, its sender and its stand-in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.spi import Category, Source


@dataclass(frozen=True)
class Delivery:
    """A webhook as its sender makes it, before it is signed. `key`: the sender's own id of it, where it gives one."""

    body: bytes
    key: str = "delivery-1"
    headers: tuple[tuple[str, str], ...] = ()


class SourceBench(ABC):
    """One vendor at its test bench: the source, configured with the secrets "new" and "old" while they are rotated,
    and the vendor's stand-in behind it, which holds the final postmortem `final_id` and no other final one.

    `tolerance`: seconds that a signed instant may lie away from our clock; None: the sender signs none.
    `keyed`: the sender names its deliveries; else the body itself is the key.
    `json_bodies`: the sender's deliveries are JSON.
    """

    source: Source
    final_id: str
    tolerance: float | None = None
    keyed: bool = True
    json_bodies: bool = True
    # Items of the final postmortem as the tool names them, for `tell`.
    item_id: str | None = None

    @abstractmethod
    def signed(self, delivery: Delivery, at: datetime, by: str = "new") -> dict[str, str]:
        """Lower-case headers as the vendor signs them at this instant; `by` which secret: new, old or wrong."""

    @abstractmethod
    def final(self) -> Delivery:
        """Says that `final_id` is final."""

    @abstractmethod
    def foreign(self) -> Sequence[Delivery]:
        """Events that the vendor sends and that are not about postmortems; empty where it sends no others."""

    def another(self) -> Delivery:
        """A delivery of its own that says the same as `final`."""
        delivery = self.final()
        return replace(delivery, key="delivery-2", body=delivery.body if self.keyed else delivery.body + b"\n")

    def earlier(self) -> Delivery | None:
        """Says of `final_id` what was true before it became final, and arrives late; None: nothing can be late."""
        return None

    def fail(self, kind: str, status: int = 0, retry_after: int = 0, form: str = "seconds") -> None:
        """Makes the vendor's next answers go wrong: `status`, `rate_limited`, `timeout`, `trickle`, `reset`; or `slow`,
        each answer taking most of the time that one call may take in all.
        """
        raise NotImplementedError

    def add_final(self, number: int) -> str:
        """Puts one more final postmortem in place, announces nothing, and returns its id."""
        raise NotImplementedError

    def add_draft(self) -> str:
        """Puts a postmortem in place that is not final, and returns its id."""
        raise NotImplementedError

    def said_of(self, item_id: str) -> str:
        """The status that the tool shows of its item."""
        raise NotImplementedError

    def expected(self, category: Category) -> str:
        """The tool's word for a category."""
        raise NotImplementedError

    def tellings(self) -> int:
        """How many changes the tool has seen so far."""
        raise NotImplementedError
