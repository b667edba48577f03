"""Markdown documents, posted or kept in a folder or a repository: a source. See README.md."""

from connectors.markdown.settings import read_settings
from connectors.markdown.source import MarkdownSource
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="Markdown documents", source=Role(settings=read_settings, make=MarkdownSource))

__all__ = ["CONNECTOR"]
