"""What a postmortem document says: Markdown or HTML in, facts out. Pure: no clock, no files, no network."""

from service.reading.document import Document, ReadItem
from service.reading.reader import read_html, read_markdown

__all__ = ["Document", "ReadItem", "read_html", "read_markdown"]
