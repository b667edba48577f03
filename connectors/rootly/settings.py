"""The keys of a Rootly source in `afteraction.toml`, and the vendor's words that they start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.spi import Category, Secret, Visibility
from connectors.tools import ToolSettings, read_tool, words

API_URL = "https://api.rootly.com"
# The signed time is no defence here, for a replay is known by its event's id; a day leaves room for late repetitions.
DEFAULTS = ToolSettings(
    api_url=API_URL,
    token=Secret(""),
    tolerance_seconds=86400.0,
    final_when=words(status=("published",), progress=()),
    deleted_when=words(
        incident_status=("cancelled", "canceled"),
        incident_kind=("test", "test_sub", "example", "example_sub"),  # practice is no incident
    ),
    visibilities={"private": Visibility.PRIVATE},
    priorities={"high": "p1", "medium": "p2", "low": "p3"},
    told_as={
        Category.TODO: "open",
        Category.DOING: "in_progress",
        Category.DONE: "done",
        Category.DECLINED: "cancelled",
    },
    # A task is done while the incident lasts; a follow-up is what was promised afterwards.
    item_kinds=frozenset({"follow_up"}),
)


def read_settings(table: Mapping[str, Any]) -> ToolSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    return read_tool(DEFAULTS, table)
