"""Jira, Cloud and Data Center: a tracker. See README.md for the token, its permissions and the oddities."""

from connectors.jira.settings import read_settings
from connectors.jira.tracker import JiraTracker
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="Jira", tracker=Role(settings=read_settings, make=JiraTracker))

__all__ = ["CONNECTOR"]
