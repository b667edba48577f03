"""What the mail about problems of the service itself says."""

from __future__ import annotations

from dataclasses import dataclass

from service.texts.words import counted, one_line


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: a sentence, what mends it, since when in words, and where to look."""

    sentence: str
    cure: str
    since: str = ""
    url: str | None = None

    @property
    def said(self) -> str:
        return one_line(self.sentence, 400)

    @property
    def mended(self) -> str:
        return one_line(self.cure, 400)


@dataclass(frozen=True, slots=True)
class OperatorsMail:
    """Problems that need an operator, worst first. `head` is the journal's head, published outside of the ledger."""

    problems: tuple[Problem, ...]
    status_url: str
    head: str = ""

    @property
    def subject(self) -> str:
        count = len(self.problems)
        need = "needs" if count == 1 else "need"
        return f"{counted(count, 'problem')} {need} an operator: {one_line(self.problems[0].sentence, 100).rstrip('.')}"

    @property
    def asked(self) -> str:
        return "Please mend this; work waits meanwhile and nothing is lost."
