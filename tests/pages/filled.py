"""A ledger with something of everything that a page can show, and a small web around the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask

from config.model import (
    ChannelConfig,
    Config,
    PersonConfig,
    PolicyConfig,
    RouteConfig,
    ServiceConfig,
    SourceConfig,
    StepConfig,
    TargetConfig,
    TeamConfig,
    TrackerConfig,
)
from connectors.spi import Finding, IssueRef, OwnerText, Visibility
from service.domain.facts import Actor, Change, ItemFacts, PostmortemFacts, Role, State
from service.domain.people import Roster
from service.ledger import Item, Ledger, UnitOfWork
from service.ledger.codec import changes_to_json
from service.pages import pages
from service.usecases.context import Context

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
FAULT = Finding("connector.import", "The connector pagerkit did not load: No module named pagerkit.", "Install it.")

PEOPLE = {
    "ada": PersonConfig("ada", "Ada Okafor", "ada@example.org", manager="noor"),
    "ben": PersonConfig("ben", "Ben Lindqvist", "ben@example.org"),
    "chi": PersonConfig("chi", "Chiara Conti", "chi@example.org"),
    "noor": PersonConfig("noor", "Noor Haddad", "noor@example.org"),
}
TEAMS = {
    "payments": TeamConfig("payments", "Payments", lead="noor", members=("ada", "ben")),
    "platform": TeamConfig("platform", "Platform", lead="chi", members=("chi",)),
    "identity": TeamConfig("identity", "Identity & Access", lead="noor"),
}
POLICY = PolicyConfig(
    name="usual",
    version="2f6c1f0a9d",
    steps=(StepConfig("owner", "overdue", 1, "owner"), StepConfig("lead", "overdue", 5, "lead")),
    due_working_days={"p0": 5, "p1": 10, "p2": 30},
    default=True,
)


def config(**service: Any) -> Config:
    return Config(
        service=ServiceConfig(**service),
        sources={
            "incidents": SourceConfig("incidents", "standard", None),
            "wiki": SourceConfig("wiki", "markdown", None),
        },
        trackers={"jira": TrackerConfig("jira", "jira", None), "github": TrackerConfig("github", "github", None)},
        targets={
            "payments": TargetConfig("payments", "jira", "PAY", mode="live"),
            "platform": TargetConfig("platform", "github", "acme/platform", mode="live"),
            "identity": TargetConfig("identity", "jira", "IAM", mode="hold"),
            "archive": TargetConfig("archive", "github", "acme/archive", mode="observe"),
        },
        channels={"mail": ChannelConfig("mail", "smtp", None)},
        routes=(RouteConfig("rest", "payments", default=True),),
        people=PEOPLE,
        teams=TEAMS,
        policies=(POLICY,),
    )


usual_config = config


class Parts(Context):
    """What pages, probes and commands need of the wired parts."""

    def __init__(
        self,
        ledger: Ledger,
        config: Config | None = None,
        now: Callable[[], datetime] = lambda: NOW,
        faults: Sequence[Finding] = (),
    ) -> None:
        config = config or usual_config()
        secret, roster = b"instance secret of the tests", Roster(config.people, config.teams)
        super().__init__(config, ledger, now, secret, {}, {}, {}, {}, roster, faults=faults)


def web(parts: Parts, bind_host: str = "127.0.0.1") -> Flask:
    app = Flask("pages-of-a-test", static_folder=None)
    app.register_blueprint(pages(parts, bind_host))
    return app


def ago(days: int = 0, **more: float) -> datetime:
    return NOW - timedelta(days=days, **more)


def day(offset: int) -> date:
    """A day so many days from today."""
    return TODAY + timedelta(days=offset)


def add_postmortem(uow: UnitOfWork, source_id: str, title: str, **facts: Any) -> int:
    at = facts.pop("at", ago(30))
    values = {"source": "incidents", "status": "final", "severity": "sev2", "finalized_at": at} | facts
    stated = PostmortemFacts(source_id=source_id, title=title, **values)
    row = uow.postmortems.lock(stated, at)
    uow.postmortems.save(row, stated, at, revision=1)
    uow.postmortems.record_revision(row, 1, (1, stated.status, "d1"), "applied", at)
    uow.journal.append("postmortem.absorbed", ("postmortem", row.id), at, {"status": stated.status, "items": 3})
    return row.id


def add_item(uow: UnitOfWork, postmortem_id: int, title: str, **values: Any) -> Item:
    """An item; facts by their names, everything else is a column."""
    names = ItemFacts.__dataclass_fields__
    at = values.pop("at", ago(30))
    stated = ItemFacts(title, **{name: values.pop(name) for name in list(values) if name in names and name != "team"})
    columns = {"position": 0, "identity": f"text:{title}", "state": State.OPEN.value} | values
    changes = columns.pop("changes", None)
    item = uow.items.add(postmortem_id, stated, at, **columns)
    if changes is not None:
        uow.items.update(item.id, changes=changes)
    uow.journal.append("item.stated", ("item", item.id), at, {"title": title})
    return item


def add_issue(uow: UnitOfWork, item: Item, key: str, status: str = "To Do", **values: Any) -> int:
    tracker = "github" if "/" in key else "jira"
    url = f"https://{tracker}.example.org/{key.replace('#', '/issues/')}"
    ref = IssueRef(ref=f"r-{key}", key=key, url=url, place=key.partition("-")[0])
    columns = {"target": item.target or "payments", "origin": "made", "category": "todo", "status": status} | values
    at = item.created_at + timedelta(seconds=2)
    issue = uow.issues.add(tracker, ref, at, read_at=ago(0, seconds=40), **columns)
    uow.items.update(item.id, issue_id=issue.id, opened_at=at)
    uow.journal.append("issue.made", ("item", item.id), at, {"key": key, "url": url})
    return issue.id


def add_stall(uow: UnitOfWork, item: Item, condition: str, began_on: date, ended_on: date | None = None) -> int:
    return uow.notices.begin_stall(
        item_id=item.id,
        condition=condition,
        began_on=began_on,
        ended_on=ended_on,
        entered_on=began_on,
        policy=POLICY.name,
        policy_version=POLICY.version,
        policy_snapshot={},
    )


def fill(ledger: Ledger) -> None:
    """Promises kept and broken, held, private, stalled, withdrawn; targets in every state; dead letters."""
    with ledger.begin() as uow:
        uow.instance.create("digest", demo=False, now=ago(120))
        uow.instance.beat("clock", ago(0, seconds=2))
        uow.instance.beat("worker:1", ago(0, seconds=5))
        uow.instance.beat("worker:2", ago(0, seconds=7))
        _checkout(uow)
        _login(uow)
        _private(uow)
        _history(uow)
        add_postmortem(uow, "INC-2077", "Search latency after the index rebuild", status="draft", finalized_at=None)
        _sync(uow)
        uow.commit()


def _checkout(uow: UnitOfWork) -> None:
    pm = add_postmortem(
        uow,
        "INC-2041",
        "Checkout returned errors for 47 minutes after a certificate expired",
        at=ago(40),
        severity="sev1",
        summary="The intermediate certificate of the payment gateway expired on a Sunday. Nobody was told beforehand.",
        impact="31 % of checkouts failed; about 2,900 customers saw an error.",
        url="https://incidents.example.org/INC-2041",
        services=("checkout", "gateway"),
        teams=("Payments",),
        timeline={"started_at": ago(43), "resolved_at": ago(43) + timedelta(minutes=47)},
    )
    late = add_item(
        uow,
        pm,
        "Alert 30 days before any certificate of the gateway expires",
        description="Export not_after of every certificate as a metric and alert at 30, 14 and 3 days.",
        kind="detect",
        priority="p1",
        owner=OwnerText(email="ada@example.org"),
        due_on=day(-23),
        success_metric="A test certificate that expires in 29 days raises the alert within an hour.",
        factors=("Nobody is told before a certificate expires",),
        at=ago(40),
        team="payments",
        owner_person="ada",
        assignee_read=True,
        assigned=True,
        assignee_person="ben",
        current_due_on=day(4),
        due_moves=1,
        state=State.DOING.value,
        target="payments",
        changes=changes_to_json((Change(ago(12), "due_on", "2026-10-31", "2026-11-27"),)),
    )
    issue = add_issue(uow, late, "PAY-1184", "In Progress", category="doing", marker="k3v2m6qwayz7xd4t")
    read = {"status": ["To Do", "In Progress"], "assignee": ["Ada Okafor", "Ben Lindqvist"], "state": ["open", "doing"]}
    uow.journal.append("issue.read", ("item", late.id), ago(20), read, Actor("tracker", "jira"))
    stall = add_stall(uow, late, "overdue", day(-22))
    notice = uow.notices.add(
        person="ada", working_day=day(-21), channel="mail", message_id="<m1@afteraction>", created_at=ago(21)
    )
    assert notice
    step = {"stall_id": stall, "person": "ada", "role": "owner", "fired_at": ago(21), "notice_id": notice.id}
    uow.notices.add_step(step="owner", **step)
    uow.notices.settle(notice.id, "sent", ago(21) + timedelta(seconds=3))
    uow.journal.append("stall.began", ("item", late.id), ago(22), {"condition": "overdue", "policy": "usual"})
    fired = {"step": "owner", "person": "ada", "condition": "overdue"}
    uow.journal.append("step.fired", ("item", late.id), ago(21), fired)
    decided = Actor("person", "noor", Role.OPERATOR)
    uow.journal.decide(decided, "snooze", ("item", late.id), "Waits for the vendor's new root", ago(3))
    uow.items.update(late.id, snoozed_until=day(4), snooze_reason="Waits for the vendor's new root")
    uow.outbox.put("update_issue", late.id, "payments", ago(12))
    message = uow.outbox.in_flight("update_issue", late.id)
    assert message
    claimed = uow.outbox.claim("payments", ago(12), uow.clock(), 40)
    assert claimed
    uow.outbox.finish(claimed, "The comment was edited.", ago(12))
    second = IssueRef("r-PAY-1185", "PAY-1185", "https://jira.example.org/PAY-1185", "PAY")
    uow.issues.add("jira", second, ago(39), target="payments", origin="made", category="declined", duplicate_of=issue)
    idle = add_item(
        uow,
        pm,
        "Rehearse the renewal of the gateway's certificates once a quarter",
        kind="process",
        priority="p2",
        owner=OwnerText(name="The on-call of last week"),
        at=ago(40),
        team="payments",
        target="payments",
    )
    add_issue(uow, idle, "PAY-1186")
    add_stall(uow, idle, "unassigned", day(-9))
    kept = add_item(
        uow,
        pm,
        "Renew the intermediate certificate and document the steps",
        kind="mitigate",
        priority="p0",
        owner=OwnerText(email="ben@example.org"),
        due_on=day(-35),
        at=ago(40),
        team="payments",
        owner_person="ben",
        state=State.DONE.value,
        closed_at=ago(37),
        target="payments",
    )
    add_issue(uow, kept, "PAY-1187", "Done", category="done")


def _login(uow: UnitOfWork) -> None:
    pm = add_postmortem(uow, "INC-2052", "Sign-in was slow for every customer in Europe", at=ago(18), severity="sev2")
    soon = add_item(
        uow,
        pm,
        "Put a limit on how many sessions one tenant may open at once",
        priority="p2",
        due_on=day(3),
        at=ago(18),
        team="platform",
        owner_person="chi",
        target="platform",
        kind="prevent",
    )
    add_issue(uow, soon, "acme/platform#412")
    add_item(
        uow,
        pm,
        "Warm the session cache before a region takes traffic",
        priority="p3",
        at=ago(18),
        team="platform",
        state=State.PENDING.value,
        target="platform",
    )
    for number in (1, 2):
        held = add_item(
            uow,
            pm,
            f"Move the sign-in service off the shared database, step {number}",
            priority="p1",
            due_on=day(20 + number),
            at=ago(18),
            team="identity",
            owner_person="noor",
            target="identity",
        )
        uow.items.hold(held.id, "hold", "Target identity holds every new issue: release it with held release.")
    stated = {"priority": "p2", "at": ago(18), "team": "identity"}
    doubtful = add_item(uow, pm, "Limit the sessions that one tenant may have", candidates=[soon.id], **stated)
    sentence = "It may be one of the actions that this revision no longer lists: say which with held settle."
    uow.items.hold(doubtful.id, "ambiguous", sentence)


def _private(uow: UnitOfWork) -> None:
    pm = add_postmortem(
        uow,
        "INC-2060",
        "A support tool showed one customer's invoices to another",
        at=ago(9),
        severity="sev1",
        visibility=Visibility.PRIVATE,
        url="javascript:alert(1)",
    )
    secret = add_item(uow, pm, "Check the tenant on every invoice route", priority="p0", due_on=day(-1), at=ago(9))
    uow.items.hold(secret.id, "no_private_route", "The postmortem is private and no route names visibility private.")
    hostile = add_item(uow, pm, "<script>alert('x')</script> & \"quotes\"", due_on=day(9), team="platform", at=ago(9))
    add_stall(uow, hostile, "idle", day(-2))
    add_stall(uow, hostile, "due_soon", day(-1))


def _history(uow: UnitOfWork) -> None:
    """Twelve older promises: nine kept, one late, one declined, one withdrawn."""
    pm = add_postmortem(uow, "retro/2026-09-db.md", "The read replica fell two hours behind", at=ago(80), source="wiki")
    closed = [(-70 + 5 * n, -72 + 5 * n, State.DONE) for n in range(9)]
    closed += [(-30, -20, State.DONE), (-28, -29, State.DECLINED), (-27, -33, State.WITHDRAWN)]
    for number, (due, done, state) in enumerate(closed):
        item = add_item(
            uow,
            pm,
            f"Older promise number {number + 1} of the replica",
            due_on=day(due),
            at=ago(80),
            team=("payments", "platform")[number % 2],
            owner_person=("ada", "chi")[number % 2],
            state=state.value,
            closed_at=ago(-done),
            position=number,
        )
        add_issue(uow, item, f"PAY-{900 + number}", "Closed", category="done")


def _sync(uow: UnitOfWork) -> None:
    for name in ("payments", "platform", "identity", "archive", "channel:mail"):
        uow.targets.ensure(name, "channel" if ":" in name else "tracker")
    uow.targets.succeeded("payments", ago(0, seconds=40))
    uow.targets.succeeded("channel:mail", ago(1))
    uow.targets.pause("channel:mail", "The relay is being moved", ago(0, hours=2))
    uow.cursors.ensure("jira", "site", ago(0))
    cursor = uow.cursors.get("jira", "site")
    assert cursor
    uow.cursors.advance(cursor, "c1", ago(0, seconds=31), NOW + timedelta(seconds=29))
    uow.cursors.ensure("github", "acme/platform", ago(0))
    refused = uow.cursors.get("github", "acme/platform")
    assert refused
    error = ("github.401", "GitHub refused the token: it expired.", "Replace GITHUB_TOKEN and restart nothing.")
    uow.cursors.fail(refused, error, ago(0, hours=3), NOW + timedelta(minutes=5))
    uow.inbox.store("incidents", "k1", {}, b"{}", ago(9))
    uow.inbox.store("wiki", "k2", {}, b"# x", ago(0, minutes=1))
    uow.inbox.store("incidents", "k3", {}, b"\xff", ago(8))
    for key, hook_ended in (("k1", "done"), ("k3", "dead")):
        delivery = uow.inbox.claim(NOW, uow.clock(), 40)
        assert delivery, key
        if hook_ended == "done":
            uow.inbox.finish(delivery, "done", "Absorbed as final with 3 action items.")
        else:
            fault = (
                "standard.not_json",
                "The body is not JSON: it begins with byte 0xFF.",
                "Ask the sender to mend it.",
            )
            uow.inbox.fail(delivery, fault, None)
    uow.inbox.store("incidents", "k4", {}, b"{}", ago(0, seconds=10))
    last = uow.inbox.claim(NOW, uow.clock(), 40)
    assert last
    uow.inbox.finish(last, "done", "Absorbed.")
    for _ in range(3):
        uow.inbox.refuse("incidents", "bad_signature", ago(0, hours=5))
    uow.outbox.put("open_issue", 5, "platform", ago(0, hours=3))
    uow.outbox.put("send_notice", 1, "channel:mail", ago(0, minutes=20))
    uow.outbox.put("update_issue", 2, "payments", ago(1))
    dead = uow.outbox.claim("payments", NOW, uow.clock(), 40)
    assert dead
    cause = ("jira.field", "Jira refuses the issue: the field Risk class is required.", "Set it under constants.")
    uow.outbox.bury(dead, cause, NOW, unknown=False)
