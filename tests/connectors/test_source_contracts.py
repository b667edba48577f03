"""The sources that only receive documents, at the test bench of the contract."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime

import pytest

from connectors.conformance.bench import Delivery, SourceBench
from connectors.conformance.source import SourceConformance
from connectors.fields import SignedSourceSettings
from connectors.markdown.settings import MarkdownSettings
from connectors.markdown.source import MarkdownSource
from connectors.spi import Secret
from connectors.standard.source import StandardSource
from tests.support.house import signed

KEYS = {by: base64.b64encode(f"the {by:<5} secret of 24 bytes".encode()).decode() for by in ("new", "old", "wrong")}
SETTINGS = SignedSourceSettings(tuple(Secret(name, f"whsec_{text}") for name, text in KEYS.items() if name != "wrong"))


class StandardWebhooksBench(SourceBench):
    tolerance = 300.0
    final_id = "INC-7"

    def signed(self, delivery: Delivery, at: datetime, by: str = "new") -> dict[str, str]:
        return {**signed(delivery.key, delivery.body, at, KEYS[by]), **dict(delivery.headers)}

    def foreign(self) -> Sequence[Delivery]:
        return ()


class StandardBench(StandardWebhooksBench):
    source = StandardSource("incidents", SETTINGS)

    def final(self) -> Delivery:
        return self.revision(3, "final")

    def earlier(self) -> Delivery:
        return self.revision(2, "draft")

    def revision(self, number: int, status: str) -> Delivery:
        document = {"id": self.final_id, "revision": number, "title": "Checkout down", "status": status}
        return Delivery(json.dumps(document).encode())


class MarkdownBench(StandardWebhooksBench):
    source = MarkdownSource("notes", MarkdownSettings(SETTINGS.secrets))
    json_bodies = False

    def final(self) -> Delivery:
        return Delivery(b"---\nid: INC-7\nrevision: 3\n---\n# Checkout down\n")

    def earlier(self) -> Delivery:
        return Delivery(b"---\nid: INC-7\nrevision: 2\nstatus: draft\n---\n# Checkout down\n")


class TestStandard(SourceConformance):
    @pytest.fixture
    def bench(self) -> SourceBench:
        return StandardBench()


class TestMarkdown(SourceConformance):
    @pytest.fixture
    def bench(self) -> SourceBench:
        return MarkdownBench()
