"""Each tracker at its test bench, before the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from connectors.conformance.counterpart import FAULTS, TrackerBench
from connectors.registry import load_connectors
from connectors.sandbox import acting
from connectors.sandbox.courier import Hook
from connectors.sandbox.github.model import Issue as GithubIssue
from connectors.sandbox.gitlab.acting import in_gitlab
from connectors.sandbox.jira.model import Issue as JiraIssue
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.redmine.control import in_redmine
from connectors.sandbox.redmine.model import Issue as RedmineIssue
from connectors.sandbox.running import Sandbox
from connectors.spi import Account, Category, Place, Tracker
from tests.sandbox.receiver import Receiver
from tests.support.waiting import until

SECRET = "hook secret of the bench"
DANA = "712020:dana-okafor"


def make(vendor: str, name: str, table: Mapping[str, Any]) -> Tracker:
    role = load_connectors()[0][vendor].tracker
    assert role is not None
    return role.make(name, role.settings(dict(table)))


class SandboxBench(TrackerBench):
    """What all stand-ins have in common: faults, counts and webhooks. `stand_in`: its name in the sandbox."""

    stand_in: str
    vendor: str
    path: str
    settings: Mapping[str, Any] = {}
    has_hook = True

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        table = {
            "api_url": f"{sandbox.url}/{self.path}",
            "token_env": "BENCH_TOKEN",
            **({"webhook_secret_env": "BENCH_HOOK"} if self.has_hook else {}),
            "quiet_seconds": 0,
            **self.settings,
        }
        self.tracker = make(self.vendor, self.stand_in, table)
        self.hasty = make(self.vendor, self.stand_in, {**table, "call_seconds": 0.8})

    def age(self, seconds: float, apart: float = 0.0) -> None:
        """Lets all issues be that much older, and each so much older than the one that was made after it."""
        world = self.world
        sites: Mapping[str, Any] = {"jira": world.jira, "jira-dc": world.jira_dc, "github": world.github}
        site = {**sites, "gitlab": world.gitlab, "redmine": world.redmine}[self.stand_in]
        for number, issue in enumerate(reversed(site.everything())):
            back = int(1000 * (seconds + apart * number))
            site._keep(replace(issue, created=issue.created - back, updated=issue.updated - back))

    def fail(self, kind: str, *, retry_after: int = 0, form: str = "seconds", status: int = 0) -> None:
        rule = {"kind": kind, "tracker": self.stand_in, "next": 1, "methods": ["POST", "PUT", "PATCH"], "seconds": 3}
        if kind.startswith("error"):
            rule["status"] = status
        if kind == "rate_limited":
            rule |= {"retry_after": retry_after, "retry_after_format": form}
        self.world.faults.add(rule)

    def disturb(self, share: float) -> None:
        for kind in FAULTS:
            rule: dict[str, Any] = {"kind": kind, "tracker": self.stand_in, "probability": share / len(FAULTS)}
            rule |= {"seconds": 1.0} if kind in ("timeout_after", "trickle") else {}
            rule |= {"status": 502} if kind.startswith("error") else {}
            self.world.faults.add(rule)

    def revoke(self) -> None:
        self.world.faults.add({"kind": "error_before", "tracker": self.stand_in, "status": 401})

    def heal(self) -> None:
        self.world.faults.clear()

    def requests(self) -> int:
        return int(self.world.stats.report()["requests"].get(self.stand_in, {"total": 0})["total"])

    def forget(self) -> None:
        self.world.stats.clear()

    def webhook(self, ref: str) -> tuple[Mapping[str, str], bytes]:
        with Receiver() as receiver:
            self.world.courier.hooks[self.stand_in] = Hook(receiver.url, SECRET)
            self.moves(ref, Category.DONE)
            until(lambda: receiver.deliveries, 5, "the webhook has come")
            self.world.courier.hooks.clear()
            sent = receiver.deliveries[-1]
        return {name.lower(): value for name, value in sent.headers.items()}, sent.raw


class JiraBench(SandboxBench):
    title = "Jira Cloud"
    stand_in = vendor = path = "jira"
    settings: Mapping[str, Any] = {"user": "afteraction@acme.example", "overlap_seconds": 0}
    place = Place("PAY")
    nowhere = Place("NONE")
    token = "sandbox-jira-token"
    member = Account(DANA)

    @property
    def site(self) -> JiraSite:
        return self.world.jira

    def issue(self, ref: str) -> JiraIssue:
        found = self.site.find(ref)
        assert found is not None
        return found

    def person(self, ref: str, **change: Any) -> None:
        acting.in_jira(self.site, self.issue(ref), change)

    def writes(self, ref: str, title: str | None = None, body: str | None = None) -> None:
        self.person(ref, **({"summary": title} if title else {}), **({"description": body} if body else {}))

    def moves(self, ref: str, to: Category) -> None:
        status = {Category.TODO: "To Do", Category.DOING: "In Progress", Category.DONE: "Done"}.get(to, "Won't Do")
        if self.issue(ref).status != status:
            self.person(ref, status=status)

    def comments(self, ref: str, text: str) -> None:
        self.person(ref, comment=text)

    def deletes(self, ref: str) -> None:
        self.person(ref, delete=True)

    def count(self) -> int:
        return len([issue for issue in self.site.everything() if not issue.deleted])

    def duplicates(self, ref: str, of: str) -> None:
        one, other = self.issue(ref), self.issue(of)
        for issue, end, side in ((one, other, "outwardIssue"), (other, one, "inwardIssue")):
            entry = {"id": f"{one.id}{other.id}", "type": "Duplicate", "issue": end.id, "side": side}
            self.site.edit(issue.id, self.site.people()[0].account_id, {"links": (*issue.links, entry)})
        self.person(ref, status="Done", resolution="Duplicate")

    def parent(self) -> str | None:
        made = self.site.create(self.site.people()[0].account_id, "PAY", {"issue_type": "Epic", "summary": "Incident"})
        return str(made.id)


class JiraDataCenterBench(JiraBench):
    title = "Jira Data Center"
    stand_in = path = "jira-dc"
    settings: Mapping[str, Any] = {"deployment": "data_center", "overlap_seconds": 0}
    member = Account("dana.okafor")

    @property
    def site(self) -> JiraSite:
        return self.world.jira_dc


class GithubBench(SandboxBench):
    title = "github.com"
    stand_in = vendor = "github"
    path = "github/api/v3"
    settings: Mapping[str, Any] = {"rates": []}
    place = Place("acme/payments")
    nowhere = Place("acme/none")
    token = "sandbox-github-token"
    member = Account("dana-okafor")
    categories = frozenset({Category.TODO, Category.DONE, Category.DECLINED})

    def issue(self, ref: str) -> GithubIssue:
        name, number = ref.split(":", 1)[1].rsplit("#", 1)
        repo = self.world.github.repo(name)
        assert repo is not None
        found = self.world.github.issue(repo.id, int(number))
        assert found is not None
        return found

    def person(self, ref: str, **change: Any) -> None:
        acting.in_github(self.world.github, self.issue(ref), change)

    def writes(self, ref: str, title: str | None = None, body: str | None = None) -> None:
        self.person(ref, **({"title": title} if title else {}), **({"body": body} if body else {}))

    def moves(self, ref: str, to: Category) -> None:
        if to is Category.TODO:
            self.person(ref, state="open")
        else:
            self.person(ref, state="closed", state_reason="completed" if to is Category.DONE else "not_planned")

    def comments(self, ref: str, text: str) -> None:
        self.person(ref, comment=text)

    def deletes(self, ref: str) -> None:
        self.person(ref, delete=True)

    def duplicates(self, ref: str, of: str) -> None:
        hub = self.world.github
        one, other = self.issue(ref), self.issue(of)
        closed = {"state": "closed", "state_reason": "duplicate", "duplicate_of": other.id}
        hub.edit(one.id, hub.people()[0].login, closed)

    def count(self) -> int:
        repo = self.world.github.repo(self.place.name)
        assert repo is not None
        every = self.world.github.everything()
        return len([each for each in every if each.repo == repo.id and not each.deleted and not each.pull_request])


class EnterpriseBench(GithubBench):
    title = "GitHub Enterprise Server"
    path = "ghes/api/v3"
    gaps: ClassVar[Mapping[str, str]] = {
        "test_an_issue_is_put_under_its_parent": "no version of Enterprise Server that is described has sub-issues",
    }


class GitlabBench(SandboxBench):
    title = "GitLab"
    stand_in = vendor = path = "gitlab"
    settings: Mapping[str, Any] = {"overlap_seconds": 0}
    place = Place("acme/payments")
    nowhere = Place("acme/none")
    token = "sandbox-gitlab-token"
    member = Account("32")

    def person(self, ref: str, **change: Any) -> None:
        found = self.world.gitlab.by_id(_gitlab_id(self, ref))
        assert found is not None
        in_gitlab(self.world.gitlab, found, change)

    def writes(self, ref: str, title: str | None = None, body: str | None = None) -> None:
        self.person(ref, **({"title": title} if title else {}), **({"description": body} if body else {}))

    def moves(self, ref: str, to: Category) -> None:
        found = self.world.gitlab.by_id(_gitlab_id(self, ref))
        assert found is not None
        words = {Category.DOING: ("doing",), Category.DECLINED: ("wontfix",)}.get(to, ())
        labels = [each for each in found.labels if each not in ("doing", "wontfix")] + list(words)
        closed = to in (Category.DONE, Category.DECLINED)
        self.person(ref, state="closed" if closed else "opened", labels=labels)

    def comments(self, ref: str, text: str) -> None:
        self.person(ref, comment=text)

    def deletes(self, ref: str) -> None:
        self.person(ref, delete=True)

    def count(self) -> int:
        return len([each for each in self.world.gitlab.everything() if not each.deleted])

    def duplicates(self, ref: str, of: str) -> None:
        other = self.world.gitlab.by_id(_gitlab_id(self, of))
        assert other is not None
        self.person(ref, duplicate_of=f"#{other.iid}")

    def side_effects(self, ref: str) -> Sequence[str]:
        found = self.world.gitlab.by_id(_gitlab_id(self, ref))
        assert found is not None
        return [f"ran an action: {found.state}"] if found.state != "opened" else []


def _gitlab_id(bench: GitlabBench, ref: str) -> int:
    from connectors.gitlab.mapping import parse_ref

    parsed = parse_ref(ref)
    assert parsed is not None
    found = next(
        (
            each
            for each in bench.world.gitlab.everything()
            if (each.project, each.iid) == (int(parsed.project), int(parsed.iid))
        ),
        None,
    )
    assert found is not None
    return found.id


class RedmineBench(SandboxBench):
    title = "Redmine"
    stand_in = vendor = path = "redmine"
    has_hook = False
    place = Place("payments")
    nowhere = Place("none")
    token = "sandbox-redmine-key"
    member = Account("5")

    def issue(self, ref: str) -> RedmineIssue:
        found = self.world.redmine.issue(int(ref.partition("@")[0]))
        assert found is not None
        return found

    def person(self, ref: str, **change: Any) -> None:
        in_redmine(self.world.redmine, self.issue(ref), change)

    def writes(self, ref: str, title: str | None = None, body: str | None = None) -> None:
        self.person(ref, **({"subject": title} if title else {}), **({"description": body} if body else {}))

    def moves(self, ref: str, to: Category) -> None:
        status = {Category.TODO: "New", Category.DOING: "In Progress", Category.DONE: "Closed"}.get(to, "Rejected")
        self.person(ref, status=status)

    def comments(self, ref: str, text: str) -> None:
        self.person(ref, comment=text)

    def deletes(self, ref: str) -> None:
        self.person(ref, delete=True)

    def count(self) -> int:
        return len([each for each in self.world.redmine.everything() if not each.deleted])

    def duplicates(self, ref: str, of: str) -> None:
        self.person(ref, duplicates=self.issue(of).id, status="Closed")


# Every target that issues can go to.
TARGETS: tuple[type[SandboxBench], ...] = (
    JiraBench,
    JiraDataCenterBench,
    GithubBench,
    EnterpriseBench,
    GitlabBench,
    RedmineBench,
)
