"""The keys of a Markdown source in `afteraction.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from connectors.fields import SecretName, SecretNames, SettingsSchema, WebAddress
from connectors.http import Reach
from connectors.signatures import TOLERANCE_SECONDS
from connectors.spi import Secret

API_URL = "https://api.github.com"
FILES = ("*.md", "*.markdown")
# What stands beside postmortems in most repositories and is none.
SKIPPED = ("readme*", "*/readme*", "*template*", "contributing*", "*/contributing*", "index.*", "*/index.*")
# Words of a document that is not finished; any other, and none, is final: it lies there because it is finished.
UNFINISHED = frozenset(
    {
        "draft",
        "wip",
        "work in progress",
        "in progress",
        "started",
        "open",
        "pending",
        "todo",
        "review",
        "in review",
        "under review",
        "unpublished",
    }
)


@dataclass(frozen=True, slots=True)
class MarkdownSettings:
    """Documents are posted; or lie in `directory`, or in `repository` on GitHub under `path`, and are looked for there.

    `files` and `skip` are patterns of their names below that place, of which `*` covers folders too. `final_status`:
    the only words that make a document final (None: all but the unfinished ones).
    """

    secrets: tuple[Secret, ...] = ()
    tolerance_seconds: float = TOLERANCE_SECONDS
    directory: Path | None = None
    repository: str | None = None
    branch: str = "main"
    path: str = ""
    token: Secret | None = None
    push_secrets: tuple[Secret, ...] = ()
    api_url: str = API_URL
    files: tuple[str, ...] = FILES
    skip: tuple[str, ...] = SKIPPED
    final_status: frozenset[str] | None = None
    scan_seconds: float = 300.0
    proxy: str | None = None
    ca_bundle: str | None = None
    call_seconds: float = 25.0

    @property
    def reach(self) -> Reach:
        return Reach(self.api_url, self.call_seconds, self.proxy, self.ca_bundle)

    def holds(self, name: str) -> bool:
        """Whether a file of this name, below our place, is one of ours."""
        folded = name.casefold()
        hidden = any(part.startswith(".") for part in folded.split("/"))
        return not hidden and _matches(folded, self.files) and not _matches(folded, self.skip)

    def below(self, path: str) -> str | None:
        """The name below our place of what a path of the whole repository names; None: it is not ours."""
        if self.path and not path.startswith(self.path + "/"):
            return None
        name = path[len(self.path) + 1 :] if self.path else path
        return name if self.holds(name) else None

    def status(self, word: str) -> str:
        """What a document's own word for its status means."""
        folded = " ".join(word.casefold().replace("_", " ").replace("-", " ").split())
        if folded in ("reopened", "deleted"):
            return folded
        if self.final_status is not None:
            return "final" if folded in self.final_status else "draft"
        return "draft" if folded in UNFINISHED else "final"


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern.casefold()) for pattern in patterns)


class MarkdownSchema(SettingsSchema):
    secret_env = SecretNames()
    tolerance_seconds = fields.Float(validate=validate.Range(min=1, max=3600))
    directory = fields.String(validate=validate.Length(min=1))
    repository = fields.String(validate=validate.Regexp(r"[\w.-]+/[\w.-]+\Z", error="Write it as owner/name."))
    branch = fields.String(validate=validate.Length(min=1))
    path = fields.String()
    token_env = SecretName()
    webhook_secret_env = SecretNames()
    api_url = WebAddress()
    files = fields.List(fields.String(validate=validate.Length(min=1)), validate=validate.Length(min=1))
    skip = fields.List(fields.String(validate=validate.Length(min=1)))
    final_when = fields.Dict(
        keys=fields.String(validate=validate.OneOf(("status",))), values=fields.List(fields.String())
    )
    scan_seconds = fields.Float(validate=validate.Range(min=60, max=86400))
    proxy = fields.String()
    ca_bundle = fields.String()
    call_seconds = fields.Float(validate=validate.Range(min=0.1, max=60))

    @validates_schema
    def _one_place(self, data: Mapping[str, Any], **_: Any) -> None:
        if "directory" in data and "repository" in data:
            raise ValidationError("Give a directory or a repository, not both: make two sources.", "directory")
        if "repository" in data and "token_env" not in data:
            raise ValidationError("Missing: a repository is read with a token.", "token_env")
        for name in ("token_env", "webhook_secret_env", "path", "branch"):
            if name in data and "repository" not in data:
                raise ValidationError("This belongs to a repository: name it, or remove this.", name)

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> MarkdownSettings:
        data["secrets"] = data.pop("secret_env", ())
        data["push_secrets"] = data.pop("webhook_secret_env", ())
        data["token"] = data.pop("token_env", None)
        if "directory" in data:
            data["directory"] = Path(data["directory"]).expanduser()
        data["path"] = data.get("path", "").strip("/")
        for name in ("files", "skip"):
            if name in data:
                data[name] = tuple(data[name])
        rule = data.pop("final_when", {}).get("status")
        if rule is not None:
            data["final_status"] = frozenset(word.casefold() for word in rule)
        return MarkdownSettings(**data)


def read_settings(table: Mapping[str, Any]) -> MarkdownSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: MarkdownSettings = MarkdownSchema().load(table)
    return settings
