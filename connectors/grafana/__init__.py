"""Grafana Incident (Grafana IRM): a source. See README.md."""

from connectors.grafana.settings import read_settings
from connectors.grafana.source import GrafanaSource
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="Grafana Incident", source=Role(settings=read_settings, make=GrafanaSource))

__all__ = ["CONNECTOR"]
