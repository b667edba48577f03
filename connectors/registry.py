"""Finds the installed connectors. Knows no vendor by name."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from connectors.spi import SPI_VERSION, Connector, Finding

GROUP = "afteraction.connectors"


def load_connectors() -> tuple[dict[str, Connector], list[Finding]]:
    """Every connector under the vendor's word in `afteraction.toml`, and a named fault for each that does not load."""
    found: dict[str, Connector] = {}
    findings: list[Finding] = []
    for point in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        loaded = _load(point)
        if isinstance(loaded, Finding):
            findings.append(loaded)
        elif point.name in found:
            sentence = f"The connector {point.name} is offered twice, the second time as {point.value}."
            findings.append(Finding("connector.twice", sentence, f"Uninstall the distribution of {_owner(point)}."))
        else:
            found[point.name] = loaded
    return found, findings


def _load(point: EntryPoint) -> Connector | Finding:
    cure = f"Reinstall or remove the distribution {_owner(point)}."
    try:
        declared = point.load()
    except Exception as error:  # noqa: BLE001 - foreign code runs here; whatever it raises must not stop the others
        sentence = f"The connector {point.name} ({point.value}) does not load: {type(error).__name__}: {_line(error)}."
        return Finding("connector.not_loaded", sentence, cure)
    if not isinstance(declared, Connector):
        sentence = f"The connector {point.name} ({point.value}) is not a connector declaration."
        return Finding("connector.not_declared", sentence, cure)
    if declared.spi_version != SPI_VERSION:
        versions = f"version {declared.spi_version} of the contract, and this Afteraction speaks {SPI_VERSION}"
        sentence = f"The connector {point.name} ({point.value}) is written for {versions}."
        return Finding("connector.other_version", sentence, f"Install a version of {_owner(point)} that fits.")
    return declared


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


def _line(error: Exception) -> str:
    return (" ".join(str(error).split())[:200] or "no reason given").rstrip(".")
