"""The standard postmortem document: a source. See README.md and postmortem-v1.json."""

from importlib.resources import files

from connectors.fields import read_signed_source
from connectors.spi import Connector, Role
from connectors.standard.source import StandardSource

SCHEMA = "postmortem-v1.json"


def _schema() -> bytes:
    return files(__name__).joinpath(SCHEMA).read_bytes()


CONNECTOR = Connector(
    title="Standard postmortem document",
    source=Role(settings=read_signed_source, make=StandardSource),
    schemas={SCHEMA: _schema},
)

__all__ = ["CONNECTOR"]
