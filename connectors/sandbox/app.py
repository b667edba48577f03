"""Puts the stand-ins together into one web application."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from connectors.sandbox import boards, control, gitlab_board, pages, redmine_board
from connectors.sandbox.courier import Courier
from connectors.sandbox.gate import Environ, Gate
from connectors.sandbox.github import api as github_api
from connectors.sandbox.gitlab import api as gitlab_api
from connectors.sandbox.gitlab import control as gitlab_control
from connectors.sandbox.jira import api as jira_api
from connectors.sandbox.jira import data_center
from connectors.sandbox.redmine import api as redmine_api
from connectors.sandbox.redmine import control as redmine_control
from connectors.sandbox.seed import Seed, load_seed
from connectors.sandbox.sources import ALL
from connectors.sandbox.sources.frame import control as sources_control
from connectors.sandbox.store import Clock
from connectors.sandbox.world import World

EXTENSION = "afteraction-sandbox"


def create_app(
    state_dir: Path | None = None,
    *,
    seed: Seed | None = None,
    courier: Courier | None = None,
    clock: Clock = time.time,
    allow_kills: bool = False,
) -> Flask:
    """The sandbox's web side. Reset, trickle and time-out need its own server; everything else works under any."""
    world = World(state_dir, seed or load_seed(), courier or Courier(), clock, allow_kills=allow_kills)
    app = Flask("connectors.sandbox", static_folder=None)
    app.extensions[EXTENSION] = world
    app.register_blueprint(jira_api.blueprint(world.jira))
    app.register_blueprint(data_center.blueprint(world.jira_dc))
    app.register_blueprint(github_api.blueprint(world.github))
    app.register_blueprint(gitlab_api.blueprint(world.gitlab))
    app.register_blueprint(control.blueprint(world))
    app.register_blueprint(gitlab_control.blueprint(world.gitlab, lambda: world.base_url))
    app.register_blueprint(redmine_api.blueprint(world.redmine))
    app.register_blueprint(redmine_control.blueprint(world.redmine, lambda: world.base_url))
    for vendor in ALL:
        app.register_blueprint(vendor.api(world.sources[vendor.name]), url_prefix=f"/{vendor.name}")
    app.register_blueprint(sources_control(world.sources, world.announce))
    app.register_blueprint(pages.blueprint(world))
    app.register_blueprint(boards.blueprint(world))
    app.register_blueprint(gitlab_board.blueprint(world.gitlab))
    app.register_blueprint(redmine_board.blueprint(world.redmine))
    gate = Gate(app.wsgi_app, world.faults, world.stats, world.kills)
    gate.clock, gate.route_of, gate.scope_of_id = clock, _routes(app), world.scope_of
    app.wsgi_app = gate  # type: ignore[method-assign]
    return app


def world_of(app: Flask) -> World:
    world = app.extensions[EXTENSION]
    assert isinstance(world, World)
    return world


def _routes(app: Flask) -> Any:
    adapter = app.url_map.bind("sandbox")

    @cache
    def template(rule: str) -> str:
        parts = [part.partition(">") for part in rule.split("<")]
        named = "".join(f"{{{inner.rpartition(':')[2]}}}{rest}" for inner, _, rest in parts[1:])
        whole = parts[0][0] + named
        if (source := next((each.name for each in ALL if whole.startswith(f"/{each.name}/")), None)) is not None:
            return whole.removeprefix(f"/{source}")
        return whole.partition("{version}")[2] or whole.partition("/v3")[2] or whole.partition("/v4")[2] or whole

    def route(environ: Environ) -> str:
        try:
            rule, _ = adapter.match(environ["PATH_INFO"], environ["REQUEST_METHOD"], return_rule=True)
        except HTTPException:
            return "(unknown)"
        return template(str(rule))

    return route
