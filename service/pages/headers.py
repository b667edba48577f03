"""What every page tells the browser: load nothing from elsewhere, frame nothing, guess nothing, keep nothing."""

from __future__ import annotations

from flask import Response

STRICT = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Nothing is told to others; under `no-referrer` a browser would not even tell us that a form comes from our page.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def secure(response: Response) -> Response:
    """Sets the headers; a page that nobody gave a lifetime is never stored."""
    for name, value in STRICT.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response
