"""Stand-ins of the tools that postmortems come from. A vendor is a module with its `VENDOR`; `ALL` lists them."""

from connectors.sandbox.sources import firehydrant, incidentio, rootly
from connectors.sandbox.sources.frame import Vendor

ALL: tuple[Vendor, ...] = (firehydrant.VENDOR, incidentio.VENDOR, rootly.VENDOR)
