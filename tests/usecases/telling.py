"""A stand-in of an incident tool that can be told: it keeps what it is told, and speaks up about it as real ones do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.spi import (
    Category,
    Connector,
    FetchById,
    Finalized,
    Finding,
    Hook,
    Ignored,
    ItemStatus,
    PostmortemDocument,
    Rate,
    Role,
    SourceCapabilities,
    Unavailable,
)
from connectors.standard.document import read_document
from tests.support.house import House

TOOL = '[sources.tool]\ntype = "tool"\n'


@dataclass
class Tool:
    """`document` is the postmortem as the tool has it. `error` is raised by every telling: by one that is `heard`, only
    after the tool has done what it was told.
    """

    document: dict[str, Any] = field(default_factory=dict)
    told: list[ItemStatus] = field(default_factory=list)
    tries: int = 0
    error: Exception | None = None
    heard: bool = False
    capabilities: SourceCapabilities = field(default_factory=lambda: SourceCapabilities(tells=True, call_seconds=2))
    hook: Hook | None = None

    def check(self) -> Sequence[Finding]:
        return ()

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        return read_document(body)

    def fetch(self, source_id: str) -> PostmortemDocument:
        return read_document(json.dumps(self.document).encode())

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        return None

    def tell(self, status: ItemStatus) -> None:
        self.tries += 1
        if self.error is not None and not self.heard:
            raise self.error
        self.told.append(status)
        for item in self.document.get("action_items", ()):
            if item.get("id") == status.source_item_id:
                item["done"] = status.category in (Category.DONE, Category.DECLINED)
                item["issue_url"] = status.issue_url
        self.document["revision"] = self.document.get("revision", 0) + 1
        if self.error is not None:
            raise self.error

    def states(self) -> list[str]:
        return [status.state for status in self.told]

    def connector(self) -> Connector:
        return Connector(title="A tool", source=Role(settings=dict, make=lambda _name, _settings: self))

    def publish(self, house: House) -> None:
        """Sends the document as it is now, and lets the house do what follows."""
        house.submit(self.document, hook="tool")
        house.work()


def away() -> Unavailable:
    return Unavailable("tool.refused", "The tool cannot be reached.", "Look whether it runs.")


def slow_tool() -> SourceCapabilities:
    return SourceCapabilities(tells=True, call_seconds=2, rates=(Rate(1, 3600),))
