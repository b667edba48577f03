"""The fault switch: which requests go wrong, and how. Decides only; the gate and the mailbox act."""

from __future__ import annotations

import itertools
import random
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from connectors.sandbox.sources import ALL

HTTP_KINDS = {
    "rate_limited": "429 (GitHub: 403 if status says so) with Retry-After; nothing stored",
    "error_before": "the given status, nothing stored",
    "error_after": "the given status, though the change was stored",
    "timeout_before": "no answer for some seconds, then the connection closes; nothing stored",
    "timeout_after": "no answer for some seconds, then the connection closes; the change was stored",
    "reset_before": "connection reset, nothing stored",
    "reset_after": "connection reset, though the change was stored",
    "trickle": "the change is stored and the answer comes byte by byte over some seconds",
    "latency": "some seconds later than usual, else right; other rules still apply",
    "clock_skew": "the server's clock is `seconds` ahead (negative: behind) of what it is; other rules still apply",
}
MAIL_KINDS = {
    "mail_451": "451 when the sender is named",
    "mail_550": "550 for the recipients whose address matches `path`",
    "mail_452": "452 after the data, nothing stored",
    "mail_cut": "the mail is stored, then the connection is cut before the answer",
}
TRACKERS = ("jira", "jira-dc", "github", "gitlab", "redmine", "smtp", *(vendor.name for vendor in ALL))
FORMATS = ("seconds", "date", "none")


class RuleError(ValueError):
    """The rule makes no sense; the message says why."""


@dataclass(frozen=True)
class Rule:
    """`scope` is a project key or owner/repository, None for all. `next` counts hits left, None without an end."""

    kind: str
    tracker: str
    scope: str | None = None
    probability: float = 1.0
    next: int | None = None
    methods: tuple[str, ...] = ()
    path: str | None = None
    seconds: float = 1.0
    status: int | None = None
    retry_after: int = 1
    retry_after_format: str = "seconds"
    id: int = 0
    hits: int = 0

    def matches(self, request: Call) -> bool:
        return (
            self.tracker == request.tracker
            and (self.scope is None or (request.scope or "").lower() == self.scope.lower())
            and (not self.methods or request.method in self.methods)
            and (self.path is None or re.search(self.path, request.path) is not None)
        )


@dataclass(frozen=True)
class Call:
    """What of a request the switch looks at. For mail the method is the SMTP verb and the path the address."""

    tracker: str
    method: str
    path: str
    scope: str | None = None


@dataclass
class Rate:
    """N creates in any window of W seconds: what comes beyond is refused and counted."""

    creates: int
    seconds: float
    violations: int = 0
    max_seen: int = 0
    admitted: deque[float] = field(default_factory=deque)
    asked: deque[float] = field(default_factory=deque)

    def take(self, now: float) -> float | None:
        """None if the create may pass, else the seconds to wait."""
        for times in (self.admitted, self.asked):
            while times and times[0] <= now - self.seconds:
                times.popleft()
        self.asked.append(now)
        self.max_seen = max(self.max_seen, len(self.asked))
        if len(self.admitted) < self.creates:
            self.admitted.append(now)
            return None
        self.violations += 1
        return self.admitted[0] + self.seconds - now


class FaultSwitch:
    """Thread-safe. Chance comes from one seeded generator, so that a run can be repeated."""

    def __init__(self, clock: Callable[[], float], seed: int = 1) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._rules: dict[int, Rule] = {}
        self._lags: dict[str, float] = {}
        self._rates: dict[str, Rate] = {}
        self._chance = random.Random(seed)  # noqa: S311 - repeatable faults, not secrets

    def add(self, document: Mapping[str, Any]) -> Rule:
        """Raises RuleError."""
        rule = replace(parse_rule(document), id=next(self._ids), hits=0)
        with self._lock:
            self._rules[rule.id] = rule
        return rule

    def remove(self, rule_id: int) -> bool:
        with self._lock:
            return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()
            self._lags.clear()
            self._rates.clear()

    def reseed(self, seed: int) -> None:
        with self._lock:
            self._chance.seed(seed)

    def rules(self) -> list[Rule]:
        with self._lock:
            return list(self._rules.values())

    def strike(self, call: Call, kinds: frozenset[str]) -> Rule | None:
        """The first rule among `kinds` that hits this request, counted; None if all is well."""
        if not self._rules:
            return None
        with self._lock:
            for rule in list(self._rules.values()):
                hits = rule.kind in kinds and rule.matches(call)
                if hits and (rule.probability >= 1 or self._chance.random() < rule.probability):
                    self._spend(rule)
                    return rule
        return None

    def _spend(self, rule: Rule) -> None:
        left = None if rule.next is None else rule.next - 1
        if left == 0:
            del self._rules[rule.id]
        else:
            self._rules[rule.id] = replace(rule, next=left, hits=rule.hits + 1)

    def lag(self, tracker: str, scope: str) -> float:
        return self._lags.get(f"{tracker}/{scope}".lower(), self._lags.get(tracker, 0.0))

    def set_lag(self, where: str, seconds: float) -> None:
        """`where` is a tracker or tracker/scope. Holds for what is written from now on."""
        with self._lock:
            self._lags[where.lower()] = seconds

    def set_rate(self, where: str, creates: int | None, seconds: float = 60.0) -> None:
        """Allow so many creates in any such window at a tracker or tracker/scope; None lifts the limit."""
        with self._lock:
            if creates is None:
                self._rates.pop(where.lower(), None)
            else:
                self._rates[where.lower()] = Rate(creates, seconds)

    def admit(self, tracker: str, scope: str | None) -> float | None:
        """None if a create may pass the allowed rates, else the seconds to wait."""
        if not self._rates:
            return None
        now = self._clock()
        with self._lock:
            found = [self._rates.get(f"{tracker}/{scope}".lower()), self._rates.get(tracker)]
            waits = [wait for rate in found if rate is not None and (wait := rate.take(now)) is not None]
        return max(waits) if waits else None

    def state(self) -> dict[str, Any]:
        with self._lock:
            names = ("creates", "seconds", "violations", "max_seen")
            rates = {where: {name: getattr(rate, name) for name in names} for where, rate in self._rates.items()}
            rules = [asdict(rule) for rule in self._rules.values()]
            return {"rules": rules, "lags": dict(self._lags), "rates": rates}


def parse_rule(document: Mapping[str, Any]) -> Rule:
    """Raises RuleError with a sentence."""
    unknown = sorted(set(document) - set(Rule.__dataclass_fields__))
    if unknown:
        raise RuleError(f"Unknown member {unknown[0]!r}; known are {', '.join(Rule.__dataclass_fields__)}.")
    kind, tracker = document.get("kind"), document.get("tracker")
    kinds = MAIL_KINDS if tracker == "smtp" else HTTP_KINDS
    if tracker not in TRACKERS:
        raise RuleError(f"`tracker` must be one of {', '.join(TRACKERS)}, not {tracker!r}.")
    if kind not in kinds:
        raise RuleError(f"`kind` must be one of {', '.join(kinds)} for {tracker}, not {kind!r}.")
    rule = Rule(**{**document, "methods": tuple(document.get("methods") or ())})
    if rule.retry_after_format not in FORMATS:
        raise RuleError(f"`retry_after_format` must be one of {', '.join(FORMATS)}.")
    if not 0 <= rule.probability <= 1:
        raise RuleError("`probability` must lie between 0 and 1.")
    try:
        re.compile(rule.path or "")
    except re.error as error:
        raise RuleError(f"`path` is no regular expression: {error}.") from error
    return rule
