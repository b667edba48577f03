"""Why a call to a vendor did not do what was asked, in the four kinds that decide what happens next."""

from __future__ import annotations


class ConnectorError(Exception):
    """Base of all. `code` is a machine word, `sentence` one sentence for people, `cure` what to do.

    `permanent`: asking again changes nothing until a person acts. `retry_after`: seconds that the vendor asked for.
    `unknown`: the vendor may have done it, and together with `permanent` a person's next try looks first whether it
    has. `fault_of_target`: nothing to do with this message; every call would fail.
    """

    permanent = False
    unknown = False
    fault_of_target = False

    def __init__(self, code: str, sentence: str, cure: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.cure = cure
        self.retry_after = retry_after


class Unavailable(ConnectorError):
    """Certainly not done, and worth asking again: connection refused, a rate limit, maintenance before processing."""


class IssueBusy(Unavailable):
    """The vendor asks for fewer changes of this one issue: what is about others may go on."""


class OutcomeUnknown(ConnectorError):
    """The request left us and no trustworthy answer came: time-out, reset, 5xx. Probe before asking again."""

    unknown = True


class Rejected(ConnectorError):
    """Certainly not done, and the same request will be refused again: a required field, a text too long."""

    permanent = True


class AccessDenied(ConnectorError):
    """The target refuses us altogether: token expired, project not visible, permission missing."""

    fault_of_target = True


class Missing(ConnectorError):
    """The issue that was asked for is gone or not visible to us."""

    permanent = True


class Moved(Missing):
    """The issue is in another place by now, which only reading it tells: then it may be asked again there."""

    permanent = False


class Overtaken(ConnectorError):
    """Title or body is not what the rewriting was meant for: a person's words stand there, and stay."""

    permanent = True


class NotAuthentic(ConnectorError):
    """A webhook whose signature does not hold. Answered with 401, never stored."""

    permanent = True


class Unreadable(ConnectorError):
    """An authentic delivery that cannot be understood. Stored, and a dead letter for a person."""

    permanent = True
