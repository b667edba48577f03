"""The one comparison that every connector and the ledger must make alike."""

from __future__ import annotations

import hashlib


def text_digest(title: str, body: str) -> str:
    """A digest of an issue's text that survives what trackers do to it: line ends, trailing and outer blanks."""
    lines = (line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    normal = f"{' '.join(title.split())}\n{chr(10).join(lines).strip()}"
    return hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()
