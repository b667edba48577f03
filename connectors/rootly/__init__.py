"""Rootly: a source. See README.md."""

from connectors.rootly.settings import read_settings
from connectors.rootly.source import RootlySource
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="Rootly", source=Role(settings=read_settings, make=RootlySource))

__all__ = ["CONNECTOR"]
