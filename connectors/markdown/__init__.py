"""Posted Markdown documents: a source. See README.md."""

from connectors.fields import read_signed_source
from connectors.markdown.source import MarkdownSource
from connectors.spi import Connector, Role

CONNECTOR = Connector(title="Markdown documents", source=Role(settings=read_signed_source, make=MarkdownSource))

__all__ = ["CONNECTOR"]
