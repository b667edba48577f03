from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from connectors import registry
from connectors.spi import SPI_VERSION, Connector

GOOD = Connector(title="Good")
OLD = Connector(title="Old", spi_version=SPI_VERSION + 1)


def offer(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    offered = [EntryPoint(name, value, registry.GROUP) for name, value in points]
    monkeypatch.setattr(registry, "entry_points", lambda group: offered if group == registry.GROUP else [])


def test_ours_are_found_by_their_entry_points_without_a_fault():
    found, findings = registry.load_connectors()
    assert findings == []
    assert set(found) >= {"github", "jira", "markdown", "standard"}
    assert all(each.spi_version == SPI_VERSION for each in found.values())


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ("connectors.nowhere:CONNECTOR", "connector.not_loaded", "ModuleNotFoundError"),
        ("connectors.registry:NOTHING", "connector.not_loaded", "AttributeError"),
        (f"{__name__}:OLD", "connector.other_version", f"version {SPI_VERSION + 1}"),
        (f"{__name__}:offer", "connector.not_declared", "not a connector"),
    ],
)
def test_one_that_cannot_be_used_is_named_and_the_others_go_on(monkeypatch, value, code, words):
    offer(monkeypatch, ("bad", value), ("good", f"{__name__}:GOOD"))
    found, findings = registry.load_connectors()
    assert found == {"good": GOOD}
    assert [each.code for each in findings] == [code]
    assert "bad" in findings[0].sentence
    assert words in findings[0].sentence
    assert findings[0].cure


def test_name_that_is_offered_twice_is_a_fault(monkeypatch):
    offer(monkeypatch, ("good", f"{__name__}:GOOD"), ("good", f"{__name__}:OLD_BUT_GOOD"))
    monkeypatch.setattr(f"{__name__}.OLD_BUT_GOOD", GOOD, raising=False)
    found, findings = registry.load_connectors()
    assert found == {"good": GOOD}
    assert [each.code for each in findings] == ["connector.twice"]
