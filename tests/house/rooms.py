"""The house's map as tables: what each room may import, where errors may be caught broadly, which words we use.

A change here is a change of the house: it belongs with an ADR.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("service", "connectors", "workers", "config", "migrations")
VENDORS = (
    *("confluence", "firehydrant", "github", "gitlab", "grafana", "incidentio", "jira", "markdown", "pagerduty"),
    *("redmine", "rootly", "smtp", "standard", "webhook"),
)

SHARED = {"connectors.answers", "connectors.fields", "connectors.http", "connectors.markup", "connectors.signatures"}
SHARED |= {"connectors.payloads", "connectors.rest", "connectors.tools"}
VENDOR = {*SHARED, "connectors.wiki", "connectors.spi", "marshmallow", "requests"}
FLOOR = {"config.model", "config.templates", "connectors.spi", "service.domain"}
DOOR = {*FLOOR, "flask", "werkzeug", "service.doors", "service.ledger", "service.usecases"}

# What of ours a third party's connector may import, which is kept as docs/writing-a-connector.md says; its tests may
# import `connectors.conformance` too.
PROMISED = {"connectors.spi", "connectors.answers", "connectors.fields", "connectors.http", "connectors.markup"}
PROMISED |= {"connectors.payloads", "connectors.rest", "connectors.signatures"}

# A room, and what it may import beside itself and the standard library. A module is in the longest room that fits.
ROOMS: dict[str, set[str]] = {
    "connectors": set(),
    "connectors.spi": set(),
    "connectors.registry": {"connectors.spi"},
    "connectors.http": {"connectors.spi", "requests", "urllib3"},
    "connectors.addresses": set(),
    "connectors.guarded": {"connectors.addresses", "connectors.http", "connectors.spi", "requests", "urllib3"},
    "connectors.signatures": {"connectors.spi"},
    "connectors.markup": {"connectors.spi", "markdown_it"},
    "connectors.wiki": {"connectors.markup", "connectors.spi", "markdown_it"},
    "connectors.payloads": {"connectors.spi"},
    "connectors.tools": {"connectors.fields", "connectors.http", "connectors.spi", "marshmallow"},
    "connectors.rest": {"connectors.answers", "connectors.http", "connectors.payloads", "connectors.spi", "requests"},
    "connectors.answers": {"connectors.http", "connectors.spi", "requests"},
    "connectors.fields": {"connectors.http", "connectors.signatures", "connectors.spi", "marshmallow"},
    "connectors.confluence": {*VENDOR, "atlassian", "bs4"},
    "connectors.firehydrant": VENDOR,
    "connectors.github": {*VENDOR, "github", "jwt"},
    "connectors.gitlab": {*VENDOR, "gitlab"},
    "connectors.grafana": VENDOR,
    "connectors.incidentio": VENDOR,
    "connectors.jira": {*VENDOR, "jira"},
    "connectors.markdown": {*VENDOR, "yaml"},
    "connectors.pagerduty": VENDOR,
    "connectors.rootly": VENDOR,
    "connectors.redmine": {*VENDOR, "markdown_it", "redminelib"},
    "connectors.smtp": VENDOR,
    "connectors.standard": VENDOR,
    "connectors.webhook": {*VENDOR, "connectors.addresses", "connectors.guarded"},
    "connectors.conformance": {"connectors.spi", "pytest"},
    # One mistake must not hide in a connector and in its stand-in: the sandbox shares no code with either.
    "connectors.sandbox": {"flask", "werkzeug", "markupsafe", "jinja2", "aiosmtpd", "requests", "jwt"},
    "config": {"config.model", "config.templates", "connectors.spi", "marshmallow"},
    "config.model": set(),
    "config.templates": set(),
    "service": set(),
    "service.settings": set(),
    "service.domain": {"config.model", "config.templates", "connectors.spi", "holidays"},
    "service.ledger": {"connectors.spi", "service.domain", "sqlalchemy", "alembic"},
    "service.reading": {"connectors.spi", "service.domain", "markdown_it", "mdit_py_plugins", "yaml"},
    "service.texts": {"connectors.spi", "service.domain", "jinja2", "markupsafe"},
    "service.redaction": {"config.model", "service.domain", "detect_secrets"},
    "service.usecases": {*FLOOR, "service.ledger", "service.reading", "service.redaction", "service.texts"},
    "service.doors": {*FLOOR, "flask", "werkzeug"},
    "service.intake": DOOR,
    "service.api": {*DOOR, "marshmallow"},
    "service.pages": {*DOOR, "jinja2", "markupsafe"},
    "service.probes": {*DOOR, "prometheus_client"},
    "service.app": {*DOOR, "service.api", "service.intake", "service.pages", "service.probes", "service.wiring"},
    "service.wiring": {*FLOOR, "config", "connectors.registry", "redis", "service.ledger", "service.settings"}
    | {"service.reading", "service.redaction", "service.texts", "service.usecases"},
    "workers": {"redis", "rq", "service.ledger", "service.usecases", "service.wiring"},
    "migrations": {"alembic", "sqlalchemy", "service.ledger"},
}
# The commands start everything and so may import everything, but no vendor by name.
TOP = "service.cli"

# Whose errors these rooms may catch, and nothing else of it: each stands at the edge of a process or of a request.
ERRORS_ONLY = {"sqlalchemy": {"service.intake", "workers", "service.cli"}}

# The only places that may catch whatever comes, each a boundary behind which foreign code or a whole job runs.
BROAD_CATCHES = {
    "connectors/registry.py": "a connector of somebody else is loaded",
}

# The word that we use, and what others say for the same. Vendors' words are theirs: connectors keep them.
WORDS = {
    "issue": ("ticket", "tickets"),
    "connector": ("plugin", "plugins", "plug-in", "plug-ins", "adapter", "adapters"),
    "notice": ("notification", "notifications"),
    "postmortem": ("retrospective", "retrospectives", "retro", "post-mortem", "post-mortems"),
    "dead letter": ("dlq",),
}
WORDS_BIND = ("service/", "workers/", "config/", "migrations/", "docs/", "connectors/spi/", "README.md", "CHANGELOG.md")
WORDS_LET_GO = (
    "service/reading/",  # reads what others wrote
    "service/redaction/",  # names a library's own parts
)
