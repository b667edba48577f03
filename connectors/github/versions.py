"""What an enterprise server of a given version has. github.com has everything.

From GitHub's own descriptions of each version's API: one that no description has yet is in none.
"""

from __future__ import annotations

import re
from typing import Any

from connectors.answers import Asked
from connectors.spi import Rejected

SUB_ISSUES, ISSUE_TYPES, DUPLICATES = "sub-issues", "issue types", "the reason `duplicate`"
_SINCE = {DUPLICATES: (3, 17), ISSUE_TYPES: (3, 17), SUB_ISSUES: (3, 20)}


def version_in(meta: Any) -> tuple[int, int] | None:
    """From `GET /meta`, where only an enterprise server says `installed_version`."""
    told = meta.get("installed_version") if isinstance(meta, dict) else None
    found = re.match(r"(\d+)\.(\d+)", str(told or ""))
    return (int(found[1]), int(found[2])) if found else None


def has(feature: str, version: tuple[int, int] | None) -> bool:
    return version is None or version >= _SINCE[feature]


def lacking(asked: Asked, feature: str, version: tuple[int, int] | None) -> Rejected | None:
    if version is None or has(feature, version):
        return None
    shown, since = (".".join(map(str, each)) for each in (version, _SINCE[feature]))
    sentence = asked.sentence(f"GitHub Enterprise Server {shown} has no {feature.removeprefix('the ')}")
    cure = f"Do without in the configuration, or upgrade the server to {since} or later."
    return Rejected("github.too_old", sentence, cure)
