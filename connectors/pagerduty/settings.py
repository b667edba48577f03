"""The keys of a PagerDuty source in `afteraction.toml`, and the vendor's words that they start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.spi import Secret
from connectors.tools import ToolSettings, read_tool, words

API_URL = "https://api.pagerduty.com"
# A review is started, in_review or completed. https://developer.pagerduty.com/docs/incident-reviews-api
DEFAULTS = ToolSettings(
    api_url=API_URL,
    token=Secret(""),
    final_when=words(review_status=("completed", "complete"), incident_status=(), custom_field=()),
    priorities={"urgent": "p0", "critical": "p0", "high": "p1", "medium": "p2", "low": "p3"},
)


def read_settings(table: Mapping[str, Any]) -> ToolSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    return read_tool(DEFAULTS, table)
