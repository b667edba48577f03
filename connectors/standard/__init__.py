"""The standard postmortem document: a source. See README.md and postmortem-v1.json."""

from connectors.fields import read_signed_source
from connectors.spi import Connector, Role
from connectors.standard.source import StandardSource

CONNECTOR = Connector(
    title="Standard postmortem document", source=Role(settings=read_signed_source, make=StandardSource)
)

__all__ = ["CONNECTOR"]
