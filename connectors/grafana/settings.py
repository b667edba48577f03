"""The keys of a Grafana Incident source in `afteraction.toml`, and the vendor's words that they start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from connectors.spi import Category, Secret
from connectors.tools import ToolSettings, read_tool, words

API_PATH = "/api/plugins/grafana-incident-app/resources/api/v1"
# An incident is active or resolved; those that were imported, and older ones, say closed.
# https://grafana.com/docs/grafana-cloud/alerting-and-irm/irm/
DEFAULTS = ToolSettings(
    api_url="",
    token=Secret(""),
    final_when=words(incident_status=("resolved", "closed"), label=()),
    deleted_when=words(kind=("drill",)),
    told_as={
        Category.TODO: "todo",
        Category.DOING: "progress",
        Category.DONE: "done",
        Category.DECLINED: "done",
    },
)


def read_settings(table: Mapping[str, Any]) -> ToolSettings:
    """`api_url` is the stack's address; the application's path follows by itself.

    Raises marshmallow.ValidationError with every fault at once.
    """
    missing = (
        {} if table.get("api_url") else {"api_url": ["Missing: write your stack's address, as https://….grafana.net."]}
    )
    try:
        settings = read_tool(DEFAULTS, table)
    except ValidationError as error:
        found = error.messages if isinstance(error.messages, dict) else {}
        raise ValidationError({**found, **missing}) from None
    if missing:
        raise ValidationError(missing)
    path = "" if "/resources/api/" in settings.api_url else API_PATH
    return replace(settings, api_url=settings.api_url + path)
