"""PagerDuty: a source. See README.md."""

from connectors.pagerduty.settings import read_settings
from connectors.pagerduty.source import PagerdutySource
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="PagerDuty", source=Role(settings=read_settings, make=PagerdutySource))

__all__ = ["CONNECTOR"]
