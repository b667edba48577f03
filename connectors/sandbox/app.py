"""Puts the stand-ins together into one web application."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from connectors.sandbox.courier import Courier
from connectors.sandbox.faults import FaultSwitch
from connectors.sandbox.gate import Environ, Gate
from connectors.sandbox.github import api as github_api
from connectors.sandbox.github.hub import Event as GithubEvent
from connectors.sandbox.github.hub import GithubHub
from connectors.sandbox.github.shapes import Shapes as GithubShapes
from connectors.sandbox.jira import api as jira_api
from connectors.sandbox.jira.shapes import Shapes as JiraShapes
from connectors.sandbox.jira.site import Event as JiraEvent
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.kills import KillPlan
from connectors.sandbox.seed import Seed, load_seed
from connectors.sandbox.stats import Stats
from connectors.sandbox.store import Clock, Store

EXTENSION = "afteraction-sandbox"


class World:
    """Everything that one sandbox holds."""

    def __init__(
        self, state_dir: Path | None, seed: Seed, courier: Courier, clock: Clock, *, allow_kills: bool
    ) -> None:
        self.clock = clock
        self.base_url = "http://127.0.0.1:8100"
        self.store = Store(state_dir)
        self.faults = FaultSwitch(clock)
        self.stats = Stats()
        self.kills = KillPlan(allowed=allow_kills)
        self.courier = courier
        self.jira = JiraSite(seed.jira, self.store, clock, lambda scope: self.faults.lag("jira", scope))
        self.github = GithubHub(seed.github, self.store, clock, lambda scope: self.faults.lag("github", scope))
        self.jira.publish = self._tell_jira
        self.github.publish = self._tell_github

    def _tell_jira(self, event: JiraEvent) -> None:
        shapes = JiraShapes(self.jira, f"{self.base_url}/jira", 2)
        self.courier.jira(lambda: shapes.event(event, int(self.clock() * 1000)))

    def _tell_github(self, event: GithubEvent) -> None:
        shapes = GithubShapes(self.github, self.base_url)
        self.courier.github(event.name, lambda: shapes.event(event))

    def close(self) -> None:
        self.courier.stop()
        self.store.close()


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
    app = Flask("connectors.sandbox")
    app.extensions[EXTENSION] = world
    app.register_blueprint(jira_api.blueprint(world.jira))
    app.register_blueprint(github_api.blueprint(world.github))
    gate = Gate(app.wsgi_app, world.faults, world.stats, world.kills)
    gate.clock, gate.route_of, gate.scope_of_id = clock, _routes(app), _scopes(world)
    app.wsgi_app = gate  # type: ignore[method-assign]
    return app


def world_of(app: Flask) -> World:
    world = app.extensions[EXTENSION]
    assert isinstance(world, World)
    return world


def _scopes(world: World) -> Any:
    def scope(tracker: str, number: int) -> str | None:
        if tracker == "github":
            repo = world.github.repo(number)
            return repo.full_name if repo else None
        issue = world.jira.find(str(number))
        return issue.project if issue else None

    return scope


def _routes(app: Flask) -> Any:
    adapter = app.url_map.bind("sandbox")

    @cache
    def template(rule: str) -> str:
        parts = [part.partition(">") for part in rule.split("<")]
        named = "".join(f"{{{inner.rpartition(':')[2]}}}{rest}" for inner, _, rest in parts[1:])
        whole = parts[0][0] + named
        return whole.partition("{version}")[2] or whole.partition("/v3")[2] or whole

    def route(environ: Environ) -> str:
        try:
            rule, _ = adapter.match(environ["PATH_INFO"], environ["REQUEST_METHOD"], return_rule=True)
        except HTTPException:
            return "(unknown)"
        return template(str(rule))

    return route
