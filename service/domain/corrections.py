"""What a person corrected of a promise, and how long that holds."""

from __future__ import annotations

from dataclasses import replace

from service.domain.facts import ItemFacts

CORRECTABLE = ("title", "owner", "team", "due_on", "priority")


def with_corrections(facts: ItemFacts, said: ItemFacts, stated: ItemFacts) -> ItemFacts:
    """What counts by a newer statement: a correction stays while the document says what it said when it was corrected;
    a field that the document changes is the document's again. `facts` counted so far, `said` was stated so far.
    """
    return replace(
        stated, **{name: getattr(facts, name) for name in corrected(facts, said) if _same(name, said, stated)}
    )


def corrected(facts: ItemFacts, said: ItemFacts) -> tuple[str, ...]:
    """The fields that a person's word stands in."""
    return tuple(name for name in CORRECTABLE if not _same(name, facts, said))


def _same(name: str, one: ItemFacts, other: ItemFacts) -> bool:
    return bool(getattr(one, name) == getattr(other, name))
