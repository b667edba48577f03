"""A repository on GitHub whose documents are read through its API.

https://docs.github.com/en/rest/repos/contents, https://docs.github.com/en/rest/git/trees
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.markdown.settings import MarkdownSettings
from connectors.payloads import member, members, text
from connectors.rest import api_rest
from connectors.spi import Finding, Missing, Secret


class Repository:
    """One branch of a repository, below one folder of it."""

    def __init__(self, name: str, repository: str, token: Secret, settings: MarkdownSettings) -> None:
        self._settings = settings
        self._repository = repository
        self._api = api_rest("markdown", name, settings.reach, token, accept="application/vnd.github+json")

    def check(self) -> list[Finding]:
        return self._api.findings(f"read the branch {self._settings.branch}", self._branch())

    def files(self, version: str = "") -> tuple[str, Mapping[str, str]]:
        what = f"list the documents of {self._repository}"
        version = version or text(member(self._api.get(what, self._branch(), one=False).data, "sha"))
        if not version:
            raise self._api.strange(what)
        found = ((text(each.get("path")), text(each.get("sha"))) for each in self._blobs(what, version))
        return version, {name: sha for name, sha in found if self._settings.holds(name)}

    def _blobs(self, what: str, version: str) -> list[Mapping[str, Any]]:
        """The files below our folder. Only that folder is asked for whole: a large repository's list would be cut."""
        reference = version
        for part in filter(None, self._settings.path.split("/")):
            inside = self._tree(what, reference, {})
            folders = [each for each in inside if each.get("type") == "tree" and each.get("path") == part]
            if not folders:
                return []
            reference = text(folders[0].get("sha"))
        return [each for each in self._tree(what, reference, {"recursive": "1"}) if each.get("type") == "blob"]

    def _tree(self, what: str, reference: str, query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        tree = self._api.get(what, f"/repos/{self._repository}/git/trees/{quote(reference, safe='')}", query).data
        # A tree that was cut short would let all the rest look gone.
        if not isinstance(member(tree, "tree"), list) or member(tree, "truncated") is True:
            raise self._api.strange(what)
        return members(tree, "tree")

    def read(self, name: str, version: str = "") -> bytes | None:
        if not self._settings.holds(name):
            return None
        path = f"{self._settings.path}/{name}" if self._settings.path else name
        what = f"read {path} in {self._repository}"
        query = {"ref": version or self._settings.branch}
        try:
            data = self._api.get(what, f"/repos/{self._repository}/contents/{quote(path)}", query).data
        except Missing:
            return None
        # What is larger than GitHub gives as text here has no encoding.
        content = member(data, "content")
        if member(data, "encoding") != "base64" or not isinstance(content, str):
            raise self._api.strange(what)
        try:
            return base64.b64decode(content)
        except (binascii.Error, ValueError):
            raise self._api.strange(what) from None

    def _branch(self) -> str:
        return f"/repos/{self._repository}/commits/{quote(self._settings.branch, safe='')}"
