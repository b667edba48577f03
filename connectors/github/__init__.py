"""GitHub: a tracker. See README.md for the token, its permissions and the oddities."""

from connectors.github.settings import read_settings
from connectors.github.tracker import GithubTracker
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="GitHub", tracker=Role(settings=read_settings, make=GithubTracker))

__all__ = ["CONNECTOR"]
