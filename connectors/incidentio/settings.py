"""The keys of an incident.io source in `afteraction.toml`, and the vendor's words that they start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.spi import Category, Secret, Visibility
from connectors.tools import ToolSettings, read_tool, words

API_URL = "https://api.incident.io"
# Documents have completed; the webhook's own enumeration says complete. https://api-docs.incident.io/tag/Webhooks
DEFAULTS = ToolSettings(
    api_url=API_URL,
    token=Secret(""),
    final_when=words(document_status=("completed", "complete"), incident_category=()),
    # Practice is no incident.
    deleted_when=words(
        incident_category=("merged", "declined", "canceled", "cancelled"), incident_mode=("test", "tutorial")
    ),
    visibilities={"private": Visibility.PRIVATE},
    priorities={"urgent": "p0", "critical": "p0", "high": "p1", "medium": "p2", "low": "p3"},
    told_as={
        Category.TODO: "outstanding",
        Category.DOING: "outstanding",
        Category.DONE: "completed",
        Category.DECLINED: "not_doing",
    },
    service_fields=frozenset({"affected services", "affected service", "services", "service"}),
    team_fields=frozenset({"affected teams", "affected team", "teams", "team"}),
)


def read_settings(table: Mapping[str, Any]) -> ToolSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    return read_tool(DEFAULTS, table)
