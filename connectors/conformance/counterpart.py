"""What a tracker's test module gives to the suite: the tracker, and whatever stands at the other end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from connectors.spi import Account, Category, Place, Tracker

# How the next request that changes something goes wrong. "Before" and "after" mean the vendor's commit.
FAULTS = ("reset_before", "reset_after", "error_before", "error_after", "timeout_after", "trickle", "rate_limited")


class TrackerBench(ABC):
    """One vendor at its test bench. `title`: what stands at the other end, in words.

    `tracker` waits as long as its capabilities say, `hasty` at most a second a call. `place` is empty at the start of
    each test, and `nowhere` does not exist. `token` is the credential, which must never be told. `member` can be
    assigned in the place (None: nobody is known to be). `categories`: those that a status of this vendor can mean.
    `gaps`: what this counterpart cannot show, by the name of the test, each with its reason.
    """

    title: ClassVar[str]
    tracker: Tracker
    hasty: Tracker
    place: Place
    nowhere: Place
    token: str
    member: Account | None = None
    categories: frozenset[Category] = frozenset(Category)
    gaps: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def writes(self, ref: str, title: str | None = None, body: str | None = None) -> None:
        """A person changes the issue's text; the marker stays where the vendor keeps it."""

    @abstractmethod
    def moves(self, ref: str, to: Category) -> None:
        """A person brings the issue to a status of that category."""

    @abstractmethod
    def comments(self, ref: str, text: str) -> None:
        """A person comments on the issue."""

    @abstractmethod
    def deletes(self, ref: str) -> None:
        """A person deletes the issue."""

    @abstractmethod
    def count(self) -> int:
        """How many issues the place holds, open or not."""

    def duplicates(self, ref: str, of: str) -> None:
        """A person closes the issue as a duplicate. Only where the capability `duplicates` is there."""
        raise NotImplementedError

    def parent(self) -> str | None:
        """The ref of an issue that others can stand under; None: any issue of the place can."""
        return None

    def fail(self, kind: str, *, retry_after: int = 0, form: str = "seconds", status: int = 0) -> None:
        """Lets the next request that changes something go wrong; `kind` is one of FAULTS."""
        raise NotImplementedError

    def disturb(self, share: float) -> None:
        """Lets so many of the requests go wrong in every way of FAULTS, by a seeded chance, until `heal`."""
        raise NotImplementedError

    def revoke(self) -> None:
        """The vendor takes our token for a wrong one, until `heal`."""
        raise NotImplementedError

    def heal(self) -> None:
        """Ends all faults."""
        raise NotImplementedError

    def requests(self) -> int:
        """How many requests the vendor has seen since `forget`."""
        raise NotImplementedError

    def forget(self) -> None:
        """Begins to count requests anew."""
        raise NotImplementedError

    def webhook(self, ref: str) -> tuple[Mapping[str, str], bytes]:
        """Headers (lower case) and body by which the vendor says that the issue changed. Only where the capability
        `webhooks` is there.
        """
        raise NotImplementedError

    def side_effects(self, ref: str) -> Sequence[str]:
        """Whom our text pinged, what it referred to or ran, in words; None of it may happen."""
        _ = ref
        return ()
