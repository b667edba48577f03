"""GitLab: a tracker. See README.md for the token, its scopes and the oddities."""

from connectors.gitlab.settings import read_settings
from connectors.gitlab.tracker import GitlabTracker
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="GitLab", tracker=Role(settings=read_settings, make=GitlabTracker))

__all__ = ["CONNECTOR"]
