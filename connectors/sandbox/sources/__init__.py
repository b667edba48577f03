"""Stand-ins of the tools that postmortems come from. A vendor is a module with its `VENDOR`; `ALL` lists them."""

from connectors.sandbox.sources import confluence, firehydrant, grafana, incidentio, pagerduty, repository, rootly
from connectors.sandbox.sources.frame import Vendor

ALL: tuple[Vendor, ...] = tuple(
    each.VENDOR for each in (confluence, firehydrant, grafana, incidentio, pagerduty, repository, rootly)
)
