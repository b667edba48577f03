"""The web: its doors on one application."""

from __future__ import annotations

from flask import Flask

from service.api import schemas
from service.intake import intake
from service.pages import pages
from service.probes import probes
from service.wiring import Components


def create_app(components: Components, *, bind_host: str = "127.0.0.1") -> Flask:
    """The WSGI application. `bind_host`: where it will be bound; off loopback, pages need an identity."""
    app = Flask("afteraction", static_folder=None)
    app.register_blueprint(intake(components))
    app.register_blueprint(probes(components, bind_host))
    app.register_blueprint(pages(components, bind_host))
    app.register_blueprint(schemas(components.schemas))
    return app
