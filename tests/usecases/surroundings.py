"""One sandbox for the whole session, made as new for each test, and houses that stand in it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from service.domain.facts import Actor, Role
from service.ledger import Ledger
from service.ledger.rows import Delivery, Issue, Item, Message
from service.usecases.release import Released, Which, release
from tests.support.house import SECRETS, House, open_house
from tests.support.waiting import until

SOMEBODY = Actor("person", "ops", Role.OPERATOR)
OpenHouse = Callable[..., House]
SEEDED = {"acme/payments": "private", "acme/checkout-web": "private", "acme/status-page": "public"}


class Listener:
    """Stands before the sandbox and keeps the body of every request, so that nothing can leave unseen."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.bodies: list[tuple[str, str, bytes]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        body = environ["wsgi.input"].getvalue()
        self.bodies.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], body))
        return self.inner(environ, start_response)


class Outside:
    """The sandbox as a test sees it: what it holds, what it was asked, and how it goes wrong."""

    def __init__(self, sandbox: Sandbox, listener: Listener) -> None:
        self.sandbox = sandbox
        self._listener = listener

    def reset(self) -> None:
        world = self.sandbox.world
        world.reset(["issues", "mail", "stats", "faults", "kills"])
        world.courier.hooks.clear()
        world.courier.dropping = False
        for name, visibility in SEEDED.items():
            self.repo(name, visibility=visibility)
        self._listener.bodies.clear()

    def repo(self, name: str, **values: Any) -> None:
        hub = self.sandbox.world.github
        repo = hub.repo(name)
        assert repo is not None
        hub.keep_repo(replace(repo, **values))

    def backdate(self, issue: dict[str, Any], seconds: float) -> None:
        """Lets an issue of GitHub be older than it is."""
        hub = self.sandbox.world.github
        found = hub.by_id(int(issue["id"]))
        assert found is not None
        made = int(seconds * 1000)
        hub._keep(replace(found, created=found.created - made, updated=found.updated - made))

    def next_second(self, issue: dict[str, Any]) -> None:
        """GitHub's instants are whole seconds: lets the last change be of an earlier one than what follows."""
        if issue["tracker"] == "github":
            hub = self.sandbox.world.github
            known = hub.by_id(int(issue["id"]))
            assert known is not None
            until(lambda: int(hub.now()) > known.updated // 1000, 3, "the next second")

    def clone(self, issue: dict[str, Any]) -> None:
        """A person copies an issue with everything that a copy keeps: text, labels, properties."""
        world = self.sandbox.world
        if issue["tracker"] == "jira":
            original = world.jira.find(issue["key"])
            assert original is not None
            names = ("issue_type", "summary", "description", "labels", "properties")
            values = {name: getattr(original, name) for name in names}
            world.jira.create("712020:dana-okafor", original.project, values)
            return
        known = world.github.by_id(int(issue["id"]))
        assert known is not None
        copied = {"title": known.title, "body": known.body, "labels": known.labels}
        world.github.create(known.repo, "dana-okafor", copied)

    def fault(self, kind: str, tracker: str = "jira", **members: Any) -> None:
        self.sandbox.world.faults.add({"kind": kind, "tracker": tracker, **members})

    def mend(self) -> None:
        self.sandbox.world.faults.clear()

    def lag(self, where: str, seconds: float) -> None:
        self.sandbox.world.faults.set_lag(where, seconds)

    def creates(self) -> int:
        return len(self.sandbox.world.stats.report()["creates"])

    def calls(self, tracker: str | None = None) -> int:
        found = self.sandbox.world.stats.report()["requests"]
        return sum(each["total"] for name, each in found.items() if tracker in (None, name))

    def routes(self, tracker: str) -> dict[str, int]:
        found = self.sandbox.world.stats.report()["requests"].get(tracker, {"routes": {}})
        return {route: sum(outcomes.values()) for route, outcomes in found["routes"].items()}

    def forget_calls(self) -> None:
        self.sandbox.world.stats.clear()

    def changing_calls(self) -> list[str]:
        """Every request that would change something at a tracker, and every mail."""
        report = self.sandbox.world.stats.report()["requests"]
        queries = ("POST /github/api/graphql", "POST /ghes/api/graphql")
        reading = ("GET ", "POST /search/jql", "POST /issue/bulkfetch", *queries)
        routes = [route for each in report.values() for route in each["routes"]]
        return [route for route in routes if not route.startswith(reading)]

    def said(self, text: str) -> list[str]:
        """Where a text left the house: any request's address or body, any mail."""
        found = [f"{method} {path}" for method, path, body in self._listener.bodies if text.encode() in body]
        return found + [mail.raw for mail in self.sandbox.world.mailbox.newest_first() if text in mail.raw]

    def person(self, issue: dict[str, Any], **change: Any) -> None:
        """A person changes an issue on its board."""
        from connectors.sandbox import acting

        world = self.sandbox.world
        if issue["tracker"] == "jira":
            found = world.jira.find(issue["key"])
            assert found is not None
            acting.in_jira(world.jira, found, change)
        else:
            known = world.github.by_id(int(issue["id"]))
            assert known is not None
            acting.in_github(world.github, known, change)


@pytest.fixture(scope="session")
def listening() -> Iterator[tuple[Sandbox, Listener]]:
    options = SandboxOptions(port=0, smtp_port=0, webhook_delay=0.0, webhook_retry_scale=0.02)
    with Sandbox(options) as sandbox:
        listener = Listener(sandbox._server.app)
        sandbox._server.app = listener
        yield sandbox, listener


@pytest.fixture
def outside(listening: tuple[Sandbox, Listener], monkeypatch: pytest.MonkeyPatch) -> Outside:
    """A sandbox as new; the secrets by which the house reaches it are set."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    found = Outside(*listening)
    found.reset()
    return found


@pytest.fixture
def opened(outside: Outside, ledger: Ledger, tmp_path: Path) -> OpenHouse:
    """Opens a house on the test's ledger with some values of the configuration replaced."""
    return lambda **values: open_house(tmp_path, outside.sandbox, ledger, **values)


@pytest.fixture
def house(opened: OpenHouse) -> House:
    return opened()


def postmortem(identity: str = "INC-1", status: str = "final", **values: Any) -> dict[str, Any]:
    """A standard document; `items` are titles or whole items."""
    items = values.pop("items", ["Add an alert on queue depth"])
    stated = [dict(item) if isinstance(item, dict) else {"title": item} for item in items]
    return {
        "id": identity,
        "title": "Card payments were refused",
        "status": status,
        "action_items": stated,
        **values,
    }


def take(house: House, document: dict[str, Any], **values: Any) -> None:
    """Submits a document and does everything that follows from it."""
    house.submit(document, **values)
    house.work()


def persist(house: House, rounds: int = 8, **delta: float) -> None:
    """Works on while time passes, so that what was put off is tried again."""
    for _ in range(rounds):
        house.work()
        house.pass_time(**(delta or {"seconds": 30}))
    house.work()


def items_of(house: House) -> list[Item]:
    from sqlalchemy import select

    from service.ledger.rows import read_row
    from service.ledger.tables import action_items

    with house.ledger.read() as uow:
        rows = uow.connection.execute(select(action_items).order_by(action_items.c.id)).all()
    return [read_row(Item, row) for row in rows]


def item(house: House, title: str) -> Item:
    found = [each for each in items_of(house) if each.title == title]
    assert len(found) == 1, [each.title for each in items_of(house)]
    return found[0]


def messages(house: House) -> list[Message]:
    from sqlalchemy import select

    from service.ledger.rows import read_row
    from service.ledger.tables import outbox

    with house.ledger.read() as uow:
        rows = uow.connection.execute(select(outbox).order_by(outbox.c.id)).all()
    return [read_row(Message, row) for row in rows]


def ledger_issues(house: House) -> list[Issue]:
    from sqlalchemy import select

    from service.ledger.rows import read_row
    from service.ledger.tables import issues

    with house.ledger.read() as uow:
        rows = uow.connection.execute(select(issues).order_by(issues.c.id)).all()
    return [read_row(Issue, row) for row in rows]


def dead_letters(house: House) -> list[Message]:
    with house.ledger.read() as uow:
        return uow.outbox.dead()


def dead_deliveries(house: House) -> list[Delivery]:
    with house.ledger.read() as uow:
        return uow.inbox.dead()


def events(house: House, subject: tuple[str, object]) -> list[str]:
    with house.ledger.read() as uow:
        return [row.event for row in uow.journal.history(*subject)]


def let_go(house: House, **which: Any) -> list[Released]:
    return release(house.components, Which(**which), SOMEBODY, "meant so")


def shown(house: House, *, deleted: bool = False) -> list[dict[str, Any]]:
    """Every issue that the trackers show."""
    return [issue for issue in house.issues() if deleted or not issue.get("deleted")]


@contextlib.contextmanager
def between(patched: pytest.MonkeyPatch, owner: Any, name: str, then: Callable[[], None]) -> Iterator[None]:
    """Runs something once right after the next call of a method returned, before its caller goes on."""
    real = getattr(owner, name)
    ran: list[bool] = []

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if not ran:
            ran.append(True)
            then()
        return result

    patched.setattr(owner, name, wrapped)
    yield
    patched.setattr(owner, name, real)
    assert ran, f"{name} was never called"
