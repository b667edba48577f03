"""incident.io: a source. See README.md."""

from connectors.incidentio.settings import read_settings
from connectors.incidentio.source import IncidentioSource
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="incident.io", source=Role(settings=read_settings, make=IncidentioSource))

__all__ = ["CONNECTOR"]
