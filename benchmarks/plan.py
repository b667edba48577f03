"""What a benchmark is given."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.databases import Databases


@dataclass(frozen=True)
class Plan:
    """`tiny`: just enough to see that the benchmark itself works; its figures mean nothing."""

    databases: Databases
    tiny: bool = False

    def size(self, full: int, tiny: int) -> int:
        return tiny if self.tiny else full
