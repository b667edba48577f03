"""Everything that one sandbox holds, and what its parts tell each other."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from connectors.sandbox.courier import Courier
from connectors.sandbox.faults import FaultSwitch
from connectors.sandbox.github.hub import Event as GithubEvent
from connectors.sandbox.github.hub import GithubHub
from connectors.sandbox.github.shapes import Shapes as GithubShapes
from connectors.sandbox.gitlab.shapes import Shapes as GitlabShapes
from connectors.sandbox.gitlab.site import Event as GitlabEvent
from connectors.sandbox.gitlab.site import GitlabSite
from connectors.sandbox.jira.data_center import NAME as DC
from connectors.sandbox.jira.shapes import DataCenterShapes
from connectors.sandbox.jira.shapes import Shapes as JiraShapes
from connectors.sandbox.jira.site import Event as JiraEvent
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.kills import KillPlan
from connectors.sandbox.mail import Mailbox
from connectors.sandbox.redmine.site import RedmineSite
from connectors.sandbox.seed import Seed
from connectors.sandbox.sources import ALL
from connectors.sandbox.sources.frame import Shelves
from connectors.sandbox.stats import Stats
from connectors.sandbox.store import Clock, Store


class World:
    """`base_url` is the sandbox's own address, which webhooks carry; answers carry the one they were asked under."""

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
        self.mailbox = Mailbox(self.store, clock)
        self.jira = JiraSite(seed.jira, self.store, clock, lambda scope: self.faults.lag("jira", scope))
        self.jira_dc = JiraSite(seed.jira, self.store, clock, lambda scope: self.faults.lag(DC, scope), cloud=False)
        self.github = GithubHub(seed.github, self.store, clock, lambda scope: self.faults.lag("github", scope))
        self.gitlab = GitlabSite(seed.gitlab, self.store, clock, lambda scope: self.faults.lag("gitlab", scope))
        self.redmine = RedmineSite(seed.redmine, self.store, clock, lambda scope: self.faults.lag("redmine", scope))
        self.sources = {vendor.name: Shelves(self.store, vendor.name) for vendor in ALL}
        self.jira.publish = self._tell_jira
        self.jira_dc.publish = self._tell_jira_dc
        self.github.publish = self._tell_github
        self.gitlab.publish = self._tell_gitlab

    def reset(self, what: Collection[str]) -> None:
        """Forget the named parts: issues, sources, mail, stats, faults, kills."""
        if "issues" in what:
            self.jira.clear()
            self.jira_dc.clear()
            self.github.clear()
            self.gitlab.clear()
            self.redmine.clear()
        if "sources" in what:
            for shelves in self.sources.values():
                shelves.clear()
        for name, part in (
            ("mail", self.mailbox),
            ("stats", self.stats),
            ("faults", self.faults),
            ("kills", self.kills),
        ):
            if name in what:
                part.clear()

    def announce(self, source: str, event: Mapping[str, Any] | bytes) -> None:
        """Send one webhook of a source, signed as it signs them; bytes go out as they are."""
        vendor = next(each for each in ALL if each.name == source)
        raw = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        key = str(uuid.uuid4())
        self.courier.source(source, raw, lambda secret, at: vendor.sign(secret, raw, key, at))

    def scope_of(self, tracker: str, number: int) -> str | None:
        """The project or repository behind a number in a path."""
        if tracker == "github":
            repo = self.github.repo(number)
            return repo.full_name if repo else None
        if tracker == "redmine":
            place = self.redmine.project(number)
            return place.identifier if place else None
        if tracker == "gitlab":
            project = self.gitlab.project(number)
            return project.path if project else None
        issue = (self.jira_dc if tracker == DC else self.jira).find(str(number))
        return issue.project if issue else None

    def close(self) -> None:
        self.courier.stop()
        self.store.close()

    def _tell_jira(self, event: JiraEvent) -> None:
        shapes = JiraShapes(self.jira, f"{self.base_url}/jira", 2)
        self.courier.jira(lambda: shapes.event(event, int(self.clock() * 1000)))

    def _tell_jira_dc(self, event: JiraEvent) -> None:
        shapes = DataCenterShapes(self.jira_dc, f"{self.base_url}/{DC}", 2)
        self.courier.jira(lambda: shapes.event(event, int(self.clock() * 1000)), DC)

    def _tell_github(self, event: GithubEvent) -> None:
        shapes = GithubShapes(self.github, self.base_url)
        self.courier.github(event.name, lambda: shapes.event(event))

    def _tell_gitlab(self, event: GitlabEvent) -> None:
        shapes = GitlabShapes(self.gitlab, self.base_url)
        name = f"{'Confidential ' if event.issue.confidential else ''}{event.kind.title()} Hook"
        self.courier.gitlab(name, lambda: shapes.event(event))
