"""Takes credentials out of text before it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.redaction.keys import private_keys
from service.redaction.rules import RULES, Rule

# What one pass takes out may bare an edge at which another rule now holds; the bound is so that no text holds us up.
PASSES = 5

_ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")
# Each character as it is shown; it is the last one of its match.
_SHOWN = re.compile(rf"{_ESCAPED.pattern}|.", re.DOTALL)

# A token that is longer than its rule knows goes whole: vendors lengthen theirs.
_TAIL = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Redacted:
    """`kinds`: what was taken out, each kind once, in the order of the text; empty where the text is as it was."""

    text: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    start: int
    end: int
    kind: str


def redact(text: str) -> Redacted:
    """The text with each credential replaced by `[redacted: kind]`. Redacting again changes nothing."""
    kinds: dict[str, None] = {}
    for _ in range(PASSES):
        found = _merged(sorted(_spans(text)))
        if not found:
            break
        parts, position = [], 0
        for span in found:
            parts += [text[position : span.start], f"[redacted: {span.kind}]"]
            position = span.end
            kinds.setdefault(span.kind)
        text = "".join([*parts, text[position:]])
    return Redacted(text, tuple(kinds))


def _spans(text: str) -> Iterator[_Span]:
    yield from _plain_spans(text)
    if _ESCAPED.search(text):
        # A tracker shows Markdown without its backslashes: what stands there then must not be a credential either.
        shown = [match.end() - 1 for match in _SHOWN.finditer(text)]
        for span in _plain_spans("".join(text[index] for index in shown)):
            yield _Span(shown[span.start], shown[span.end - 1] + 1, span.kind)


def _plain_spans(text: str) -> Iterator[_Span]:
    lowered = text.lower()
    for start, end in private_keys(text):
        yield _Span(start, end, "private key")
    for rule in RULES:
        if not rule.hints or any(hint in lowered for hint in rule.hints):
            yield from _matches(rule, text)


def _matches(rule: Rule, text: str) -> Iterator[_Span]:
    position = 0
    while match := rule.pattern.search(text, position):
        start, end = _secret(match)
        tail = _TAIL.match(text, end)
        end = tail.end() if tail else end
        yield _Span(start, end, rule.kind)
        position = max(end, match.end())


def _secret(match: re.Match[str]) -> tuple[int, int]:
    groups = [name for name in match.re.groupindex if name != "name" and match[name] is not None]
    return match.span(groups[0]) if groups else match.span()


def _merged(spans: list[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for span in spans:
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = _Span(last.start, max(last.end, span.end), last.kind)
        else:
            merged.append(span)
    return merged
