"""FireHydrant: a source. See README.md."""

from connectors.firehydrant.settings import read_settings
from connectors.firehydrant.source import FirehydrantSource
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="FireHydrant", source=Role(settings=read_settings, make=FirehydrantSource))

__all__ = ["CONNECTOR"]
