"""SMTP: a channel. See README.md for its keys and what it makes of a server's answers."""

from connectors.smtp.channel import SmtpChannel
from connectors.smtp.settings import read_settings
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="Mail (SMTP)", channel=Role(settings=read_settings, make=SmtpChannel))

__all__ = ["CONNECTOR"]
