"""The standard JSON document as a source, for tools that Afteraction has no source for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.fields import SignedSourceSettings
from connectors.signatures import StandardHook, standard_secret_findings
from connectors.spi import (
    FetchById,
    Finalized,
    Finding,
    Hook,
    Ignored,
    ItemStatus,
    Missing,
    PostmortemDocument,
    Rejected,
    SourceCapabilities,
)
from connectors.standard.document import read_document


class StandardSource:
    def __init__(self, name: str, settings: SignedSourceSettings) -> None:
        self.capabilities = SourceCapabilities()
        self._name = name
        self._settings = settings
        hook = StandardHook("standard", name, settings.secrets, settings.tolerance_seconds)
        self.hook: Hook | None = hook if settings.secrets else None

    def check(self) -> Sequence[Finding]:
        return standard_secret_findings("standard", self._name, self._settings.secrets)

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        _ = headers
        return read_document(body)

    def fetch(self, source_id: str) -> PostmortemDocument:
        sentence = f"{self._name}: {source_id} cannot be fetched, because this source only receives documents."
        raise Missing("standard.no_fetch", sentence, "Let the sender deliver the document again.")

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        _ = cursor
        return None

    def tell(self, status: ItemStatus) -> None:
        sentence = f"{self._name} cannot be told of {status.source_id}, because this source only receives documents."
        raise Rejected("standard.no_tell", sentence, "Configure an outgoing webhook to be told of item statuses.")
