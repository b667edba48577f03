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

    @routes.get("/repos/<owner>/<repo>/git/trees/<reference>")
    def tree(owner: str, repo: str, reference: str) -> Response:
        _ = owner, repo
        blobs = [{"path": path, "type": "blob", "sha": _blob(text)} for path, text in files(reference).items()]
        return answer({"sha": reference, "tree": [{"path": "docs", "type": "tree"}, *blobs], "truncated": False})

    @routes.get("/repos/<owner>/<repo>/contents/<path:path>")
    def contents(owner: str, repo: str, path: str) -> Response:
        _ = owner, repo
        text = files(request.args.get("ref", "main")).get(path)
        if text is None:
            raise Refusal(404, refused(404, "Not Found"))
        # GitHub breaks the lines of what it encodes.
        return answer({"path": path, "encoding": "base64", "content": base64.encodebytes(text.encode()).decode()})

    return routes


def _blob(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def sign(secret: str, raw: bytes, key: str, at: int) -> dict[str, str]:
    _ = at
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Event": "push", "X-GitHub-Delivery": key}


VENDOR = Vendor(NAME, api, sign)
