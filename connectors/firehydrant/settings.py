"""The keys of a FireHydrant source in `afteraction.toml`, and the vendor's words that they start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.spi import Category, Secret, Visibility
from connectors.tools import ToolSettings, read_tool, words

API_URL = "https://api.firehydrant.io"
DEFAULTS = ToolSettings(
    api_url=API_URL,
    token=Secret(""),
    final_when=words(milestone=("retrospective_completed", "postmortem_completed", "closed")),
    deleted_when=words(milestone=()),
    visibilities={"private": Visibility.PRIVATE},
    priorities={},
    told_as={
        Category.TODO: "open",
        Category.DOING: "in_progress",
        Category.DONE: "done",
        Category.DECLINED: "cancelled",
    },
    item_kinds=frozenset({"follow_up"}),
)


def read_settings(table: Mapping[str, Any]) -> ToolSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    return read_tool(DEFAULTS, table)
