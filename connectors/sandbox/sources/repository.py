"""A stand-in of a repository on GitHub as far as its files are read: branches, trees, contents, and pushes.

Shelves: `branches` by name ({"sha"}), `commits` by their hash ({"files": {path: text}}).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.sources.frame import Shelves, Vendor, vendor_blueprint

TOKEN = "sandbox-repository-token"  # noqa: S105 - it opens nothing but the stand-in
NAME = "repository"
# GitHub lists so many entries of a tree and no more.
MOST = 100_000


def refused(status: int, words: str) -> dict[str, Any]:
    return {"message": words, "status": str(status)}


def api(shelves: Shelves) -> Blueprint:
    routes = vendor_blueprint(NAME, TOKEN, refused)

    def files(reference: str) -> dict[str, str]:
        branch = shelves.get("branches", reference)
        commit = shelves.get("commits", branch["sha"] if branch else reference)
        if commit is None:
            raise Refusal(404, refused(404, f"No commit found for the ref {reference}"))
        found: dict[str, str] = commit["files"]
        return found

    @routes.get("/repos/<owner>/<repo>/commits/<path:reference>")
    def commit(owner: str, repo: str, reference: str) -> Response:
        _ = owner, repo
        branch = shelves.get("branches", reference)
        if branch is None:
            raise Refusal(404, refused(404, "Not Found"))
        return answer({"sha": branch["sha"]})

    def below(reference: str) -> dict[str, str]:
        """The files of a commit, or of a folder in one, by their paths below it."""
        for kept in shelves.all("commits"):
            for folder in _folders(kept["files"]):
                if reference == _tree(kept["files"], folder):
                    return _inside(kept["files"], folder)
        return files(reference)

    @routes.get("/repos/<owner>/<repo>/git/trees/<reference>")
    def tree(owner: str, repo: str, reference: str) -> Response:
        _ = owner, repo
        found, deep = below(reference), "recursive" in request.args
        trees = [{"path": path, "type": "tree", "sha": _tree(found, path)} for path in _folders(found)]
        blobs = [{"path": path, "type": "blob", "sha": _blob(text)} for path, text in found.items()]
        entries = [each for each in (*trees, *blobs) if deep or "/" not in each["path"]]
        return answer({"sha": reference, "tree": entries[:MOST], "truncated": len(entries) > MOST})

    @routes.get("/repos/<owner>/<repo>/contents/<path:path>")
    def contents(owner: str, repo: str, path: str) -> Response:
        _ = owner, repo
        text = files(request.args.get("ref", "main")).get(path)
        if text is None:
            raise Refusal(404, refused(404, "Not Found"))
        # GitHub breaks the lines of what it encodes.
        return answer({"path": path, "encoding": "base64", "content": base64.encodebytes(text.encode()).decode()})

    return routes


def _folders(files: dict[str, str]) -> list[str]:
    """Every folder that a file lies in, the upper ones first."""
    parts = (path.split("/")[:-1] for path in files)
    return sorted({"/".join(part[:depth]) for part in parts for depth in range(1, len(part) + 1)})


def _inside(files: dict[str, str], folder: str) -> dict[str, str]:
    return {path[len(folder) + 1 :]: text for path, text in files.items() if path.startswith(folder + "/")}


def _tree(files: dict[str, str], folder: str) -> str:
    return _blob(repr(sorted(_inside(files, folder).items())))


def _blob(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def sign(secret: str, raw: bytes, key: str, at: int) -> dict[str, str]:
    _ = at
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Event": "push", "X-GitHub-Delivery": key}


VENDOR = Vendor(NAME, api, sign)
