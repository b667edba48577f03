"""Redmine: a tracker. See README.md for the key, its permissions and the oddities."""

from connectors.redmine.settings import read_settings
from connectors.redmine.tracker import RedmineTracker
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="Redmine", tracker=Role(settings=read_settings, make=RedmineTracker))

__all__ = ["CONNECTOR"]
