"""Samples of what no connector takes."""

from __future__ import annotations

from tests.samples.frame import NO_DELIVERY, Sample

_DATADOG = "no source: Datadog's webhooks are what their user writes and carry no signature; the standard document fits"

SAMPLES = (
    Sample("datadog-api-incident-create-response.json", "Datadog", "API: incident created", NO_DELIVERY, _DATADOG),
    Sample("datadog-api-incident_todos-list.json", "Datadog", "API: todos listed", NO_DELIVERY, _DATADOG),
    Sample("datadog-api-incident_todo-get.json", "Datadog", "API: todo read", NO_DELIVERY, _DATADOG),
    Sample(
        "datadog-api-incident_integration_metadata-create.json",
        "Datadog",
        "API: integration created",
        NO_DELIVERY,
        _DATADOG,
    ),
    Sample(
        "standardwebhooks-vectors.json",
        "Standard Webhooks",
        "test vectors",
        NO_DELIVERY,
        "signatures to be accepted and to be refused: each ends as it must",
    ),
)
