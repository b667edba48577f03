"""Takes credentials, and what the operator names besides, out of text before it leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from service.redaction.keys import private_keys
from service.redaction.rules import MARKED, NAMED, RULES, Rule
from service.redaction.tables import named_cells
from service.redaction.views import View, decoded, joined, rendered, spaced

# What one pass takes out may bare an edge at which another rule now holds; the bound is so that no text holds us up.
PASSES = 8

# A token that is longer than its rule knows goes whole: vendors lengthen theirs.
_TAIL = re.compile(r"[A-Za-z0-9_-]*")

# Our own words in the place of what was taken out. Without their brackets too, as where markup is gone.
_MARK = re.compile(r"\[?redacted: [A-Za-z0-9 _()-]{1,60}\]?")

# Something besides credentials: what it is called, and where in a text it stands.
Finder = tuple[str, Callable[[str], Iterable[tuple[int, int]]]]


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


@dataclass(frozen=True, slots=True)
class Redactor:
    """Redacts credentials and whatever `finders` find."""

    finders: tuple[Finder, ...] = ()

    def redact(self, text: str) -> Redacted:
        """The text with each finding replaced by `[redacted: kind]`. Redacting again changes nothing."""
        kinds: dict[str, None] = {}
        for _ in range(PASSES):
            found = _merged(sorted(_spans(text, self.finders)))
            if not found:
                break
            parts, position = [], 0
            for span in found:
                parts += [text[position : span.start], f"[redacted: {span.kind}]"]
                position = span.end
                kinds.setdefault(span.kind)
            text = "".join([*parts, text[position:]])
        return Redacted(text, tuple(kinds))


CREDENTIALS = Redactor()


def redact(text: str) -> Redacted:
    """The text with each credential replaced by `[redacted: kind]`."""
    return CREDENTIALS.redact(text)


def _spans(text: str, finders: tuple[Finder, ...]) -> list[_Span]:
    """What stands in the text as it is, as it is decoded, and as markup no longer keeps it apart: half of a credential
    may be one by itself, and the rest must not stay. Only if there is nothing, also over the cells of a table.
    """
    shown = decoded(text)
    # Where markup is taken away words come together, so only what cannot be a word is looked for there.
    marked = rendered(shown)
    found = [*_found(View(text), RULES, finders)]
    if shown.text != text:
        found += _found(shown, RULES, finders)
    if marked.text != shown.text:
        found += _found(marked, MARKED, finders)
    apart = spaced(shown)
    if apart.text != shown.text:
        found += _found(apart, NAMED, ())
    found += [_Span(*apart.span(start, end), "assigned secret") for start, end in named_cells(apart.text)]
    cells = joined(marked)
    if not found and cells.text != marked.text:
        found += _found(cells, MARKED, ())
    return found


def _found(view: View, rules: tuple[Rule, ...], finders: tuple[Finder, ...]) -> Iterator[_Span]:
    lowered = view.text.lower()
    for start, end in private_keys(view.text):
        yield _Span(*view.span(start, end), "private key")
    for rule in rules:
        if not rule.hints or any(hint in lowered for hint in rule.hints):
            for start, end in _matches(rule, view.text):
                yield _Span(*view.span(start, end), rule.kind)
    marks = [match.span() for match in _MARK.finditer(view.text)] if finders else []
    for kind, find in finders:
        for start, end in find(view.text):
            if not any(start < mark[1] and mark[0] < end for mark in marks):
                yield _Span(*view.span(start, end), kind)


def _matches(rule: Rule, text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while match := rule.pattern.search(text, position):
        start, end = _secret(match)
        tail = _TAIL.match(text, end)
        end = tail.end() if tail else end
        yield start, end
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
