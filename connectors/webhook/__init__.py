"""Outgoing webhooks: a listener. See README.md for its keys and what it makes of a subscriber's answers."""

from connectors.spi import Connector, Role
from connectors.webhook.listener import WebhookListener
from connectors.webhook.settings import read_settings

CONNECTOR = Connector(title="Outgoing webhook", listener=Role(settings=read_settings, make=WebhookListener))

__all__ = ["CONNECTOR"]
