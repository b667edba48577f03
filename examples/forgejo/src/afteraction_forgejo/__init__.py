"""Forgejo and Gitea as trackers of Afteraction. See README.md for the token, its scopes and the oddities."""

from afteraction_forgejo.settings import read_settings
from afteraction_forgejo.tracker import ForgejoTracker
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="Forgejo", spi_version=1, tracker=Role(settings=read_settings, make=ForgejoTracker))

__all__ = ["CONNECTOR"]
