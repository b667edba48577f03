"""What a form carries to show that it is ours: no other site can read it, and no other person can use it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Request, Response

from service.domain.facts import Actor
from service.doors import Refused

COOKIE = "afteraction_form"
VALID = timedelta(hours=12)
_NONCE = re.compile(r"[0-9a-f]{32}")
_CURE = "Load the page again and send the form once more."


class Tokens:
    """Makes and checks the tokens of forms: each is bound to a person, to a cookie of their browser, and to a time."""

    def __init__(self, secret: bytes, base_url: str) -> None:
        self._key = hmac.new(secret, b"afteraction form 1", hashlib.sha256).digest()
        self._own_host = urlsplit(base_url).netloc

    def nonce(self, request: Request) -> str:
        """What the browser keeps; a new one where it has none."""
        kept = request.cookies.get(COOKIE, "")
        return kept if _NONCE.fullmatch(kept) else secrets.token_hex(16)

    def make(self, actor: Actor, nonce: str, now: datetime) -> str:
        stamp = str(int(now.timestamp()))
        return f"{stamp}.{self._sign(actor, nonce, stamp)}"

    def keep(self, response: Response, nonce: str, request: Request) -> None:
        """Lets the browser keep the nonce; it sends it to nobody else, and with no request from another site."""
        response.set_cookie(COOKIE, nonce, httponly=True, samesite="Strict", secure=request.is_secure, path="/")

    def check(self, request: Request, actor: Actor, now: datetime) -> Refused | None:
        """Why a sent form is not taken, or None."""
        if not self._from_our_page(request):
            return Refused("form.origin", "This form was not sent from these pages.", _CURE)
        stamp, _, digest = request.form.get("token", "").partition(".")
        expected = self._sign(actor, request.cookies.get(COOKIE, ""), stamp)
        if not hmac.compare_digest(digest.encode(), expected.encode()):
            return Refused("form.token", "This form is not yours, or its browser forgot that it loaded it.", _CURE)
        # The stamp is signed, so it is a number that we wrote.
        if now.timestamp() - int(stamp) > VALID.total_seconds():
            return Refused("form.old", "This form was loaded too long ago.", _CURE)
        return None

    def _from_our_page(self, request: Request) -> bool:
        """Browsers say where a form comes from; one that does not say so is no browser of today."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        try:
            origin = urlsplit(request.headers.get("Origin", ""))
        except ValueError:
            return False
        return origin.scheme in ("http", "https") and origin.netloc in (request.host, self._own_host)

    def _sign(self, actor: Actor, nonce: str, stamp: str) -> str:
        parts = (part.encode() for part in (actor.kind, actor.name, nonce, stamp))
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()
