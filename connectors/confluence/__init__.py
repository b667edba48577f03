"""Confluence, Cloud and Data Center: a source. See README.md."""

from connectors.confluence.settings import read_settings
from connectors.confluence.source import ConfluenceSource
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="Confluence", source=Role(settings=read_settings, make=ConfluenceSource))

__all__ = ["CONNECTOR"]
