"""`check` tells every fault and finding with its cure, and exits 0 only if all holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner, Result

from config.model import Config
from connectors.spi import AccessDenied, Finding, PlaceDescription, Visibility
from service.cli.check import Online, _database, _text, command, examine
from service.ledger import Ledger
from tests.config.conftest import Write
from tests.config.stand_in import World, connectors

pytestmark = pytest.mark.usefixtures("secrets_set")

UNLOADED = Finding("connector_broken", "The connector redmine does not load: no module named redmine.", "Install it.")
STALE = Finding("clock_skew", "The tracker's clock is 9 minutes ahead of ours.", "Set this machine's clock.")


def quiet(number: int, total: int, subject: str) -> None:
    assert 1 <= number <= total
    assert subject


def ask(path: Path, world: World, database: Sequence[Finding] = ()) -> list[tuple[str, str, str]]:
    def reached(config: Config) -> Sequence[Finding]:
        assert config.targets
        return database

    report = examine(path, connectors(world), (), Online(reached, quiet))
    assert report.faults == ()
    return [(found.level, found.subject, found.finding.code) for found in report.findings]


def run(
    monkeypatch: pytest.MonkeyPatch, *arguments: str, unloaded: Sequence[Finding] = (), world: World | None = None
) -> Result:
    registry = SimpleNamespace(load_connectors=lambda: (connectors(world), list(unloaded)))
    monkeypatch.setitem(sys.modules, "connectors.registry", registry)
    monkeypatch.setattr("service.cli.check._database", lambda *_: lambda _: ())
    return CliRunner().invoke(command, arguments)


def test_a_good_configuration_is_said_to_hold_in_one_line(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    result = run(monkeypatch)
    assert result.exit_code == 0
    assert result.output == (
        "afteraction.toml holds: 1 source, 1 tracker, 2 targets, 1 channel, 2 routes."
        " Add --online to ask the trackers too.\n"
    )


def test_each_fault_is_one_line_with_its_cure_below(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(('target = "pay"', 'target = "pya"'), ('mode = "live"', 'mode = "liv"'))
    result = run(monkeypatch)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        'afteraction.toml:23: targets.pay.mode is "liv", but must be one of observe, hold, live.',
        '  Write "live" if that is what you mean.',
        'afteraction.toml:41: routes[0].target is "pya", but must be the name of a target (pay, web).',
        '  Write "pay" if that is what you mean, or add [targets.pya].',
        "2 faults in afteraction.toml.",
    ]


def test_a_file_elsewhere_is_named_by_the_environment(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write().rename("other.toml")
    monkeypatch.setenv("AFTERACTION_CONFIG", str(tmp_path / "other.toml"))
    assert run(monkeypatch).output.startswith(f"{tmp_path}/other.toml holds")


def test_no_file_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(monkeypatch)
    assert (result.exit_code, result.output.splitlines()[:2]) == (
        1,
        [
            "afteraction.toml does not exist.",
            "  Run `afteraction init` to write one, or set AFTERACTION_CONFIG to the path of yours.",
        ],
    )


def test_a_wrong_option_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "--onlin").exit_code == 2


def test_an_unset_secret_is_a_fault(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    monkeypatch.delenv("JIRA_TOKEN")
    result = run(monkeypatch)
    assert result.exit_code == 1
    assert "trackers.jira.token_env needs the secret JIRA_TOKEN" in result.output


def test_a_connector_that_did_not_load_is_a_fault(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    result = run(monkeypatch, unloaded=[UNLOADED])
    assert result.exit_code == 1
    assert result.output.splitlines()[:2] == [f"connectors: {UNLOADED.sentence}", f"  {UNLOADED.cure}"]


def test_json_is_one_document_with_everything(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(('target = "pay"', 'target = "pya"'))
    result = run(monkeypatch, "--json", "--online", unloaded=[UNLOADED])
    document = json.loads(result.output)
    assert result.exit_code == 1
    assert (document["ok"], len(document["faults"])) == (False, 1)
    assert document["faults"][0]["key"] == "routes[0].target"
    assert document["faults"][0]["sentence"].startswith("afteraction.toml:41: routes[0].target is")
    assert document["findings"] == [
        {
            "level": "fault",
            "subject": "connectors",
            "code": UNLOADED.code,
            "sentence": UNLOADED.sentence,
            "cure": UNLOADED.cure,
        }
    ]


def test_json_of_what_holds_is_ok(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    assert json.loads(run(monkeypatch, "--json").output) == {"ok": True, "faults": [], "findings": []}


def test_online_asks_nobody_while_the_file_itself_is_wrong(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(('target = "pay"', 'target = "pya"'))
    world = World(errors={"jira": AccessDenied("denied", "Jira was asked.")})
    result = run(monkeypatch, "--online", world=world)
    assert result.output.endswith(
        "1 fault in afteraction.toml. Nobody was asked online, for the file must hold first.\n"
    )


def test_online_shows_what_trackers_sources_channels_and_the_database_say(write: Write) -> None:
    world = World(findings={"jira": [STALE], "postmortems": [STALE], "mail": [STALE]})
    behind = Finding("database_behind", "The database lacks 2 migrations.", "Run `afteraction migrate`.")
    assert ask(write(), world, [behind]) == [
        ("fault", "tracker jira", "clock_skew"),
        ("fault", "source postmortems", "clock_skew"),
        ("fault", "channel mail", "clock_skew"),
        ("fault", "database", "database_behind"),
    ]


def test_online_says_that_it_asked(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    assert run(monkeypatch, "--online").output.endswith("2 routes.\n")


def test_a_part_that_refuses_us_is_a_finding_and_the_others_are_still_asked(write: Write) -> None:
    denied = AccessDenied("token_expired", "Jira refuses the token.", "Make a new token.")
    world = World(errors={"jira": denied, "PAY": denied}, findings={"mail": [STALE]})
    assert ask(write(), world) == [
        ("fault", "tracker jira", "token_expired"),
        ("fault", "channel mail", "clock_skew"),
        ("fault", "target pay", "token_expired"),
    ]


def test_a_tracker_that_may_not_tell_us_what_changed_is_a_warning_with_the_address_to_send_to(write: Write) -> None:
    report = examine(write(), connectors(World(unheard={"jira"})), (), Online(lambda _: (), quiet))
    (found,) = report.findings
    assert (found.level, found.subject, found.finding.code) == ("warning", "tracker jira", "no_webhook")
    assert "every 60 s" in found.finding.sentence
    assert "https://promises.example.com/hooks/jira" in found.finding.cure
    assert report.ok


def test_whoever_may_own_issues_of_a_place_is_asked_after_there_and_only_there(write: Write) -> None:
    world = World(strangers={"5b10ac8d"})
    assert ask(write(), world) == [("warning", "target pay", "stranger"), ("warning", "target web", "stranger")]
    # The route to PAY is of the team payments, the one to WEB of everybody; Grace has no account.
    assert world.asked_after == [("PAY", ("5b10ac8d",)), ("WEB", ("5b10ac8d",))]
    elsewhere = World()
    ask(write(('members = ["ada"]', "members = []")), elsewhere)
    assert [place for place, _ in elsewhere.asked_after] == ["WEB"]
    gone = World()
    ask(write(('aliases = ["ada.l"]', 'aliases = ["ada.l"]\nleft = true')), gone)
    assert gone.asked_after == []


def test_people_are_asked_after_ten_at_a_time_and_no_more_than_fifty(write: Write) -> None:
    many = "".join(
        f'[[people]]\nid = "p{n}"\nname = "P {n}"\nemail = "p{n}@example.com"\naccounts = {{ jira = "a{n}" }}\n'
        for n in range(60)
    )
    world = World()
    assert ask(write(('[[people]]\nid = "ada"', f'{many}[[people]]\nid = "ada"')), world) == [
        ("note", "target web", "people_not_asked_after")
    ]
    assert [len(accounts) for place, accounts in world.asked_after if place == "WEB"] == [10] * 5


def test_nobody_is_asked_after_in_a_place_that_is_not_there(write: Write) -> None:
    missing = PlaceDescription(Visibility.UNKNOWN, (Finding("missing", "There is no WEB.", "Name another."),))
    world = World(places={"WEB": missing})
    ask(write(), world)
    assert [place for place, _ in world.asked_after] == ["PAY"]


def test_a_place_is_described_as_each_route_fills_it(write: Write) -> None:
    world = World()
    extra = '[[routes]]\ntarget = "pay"\nkind = "process"\nconstants = { customfield_1 = "x", team = "ops" }\n'
    same = '[[routes]]\ntarget = "pay"\nkind = "mitigate"\n'
    ask(write(('[[people]]\nid = "ada"', f'{extra}{same}[[people]]\nid = "ada"')), world)
    assert [(place.name, place.issue_type, dict(place.constants)) for place in world.described] == [
        ("PAY", "Task", {"components": ["api"], "customfield_1": "2026-03-01"}),
        ("PAY", "Task", {"components": ["api"], "customfield_1": "x", "team": "ops"}),
        ("WEB", None, {}),
    ]


@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.UNKNOWN])
def test_what_is_not_public_must_not_be_routed_to_a_place_that_may_be(visibility: Visibility, write: Write) -> None:
    world = World(places={"PAY": PlaceDescription(visibility), "WEB": PlaceDescription(visibility)})
    assert ask(write(), world) == [
        ("fault", "target pay", "private_to_public"),
        ("fault", "target pay", "internal_to_public"),
        ("fault", "target web", "internal_to_public"),
    ]


def test_internal_items_may_go_to_a_public_place_where_the_route_says_so(write: Write) -> None:
    world = World(places={"WEB": PlaceDescription(Visibility.PUBLIC)})
    assert ask(write(('target = "web"', 'target = "web"\nallow_public = true')), world) == []


def test_private_items_may_not_even_then(write: Write) -> None:
    world = World(places={"PAY": PlaceDescription(Visibility.PUBLIC)})
    path = write(('team = "payments"', 'team = "payments"\nallow_public = true'))
    assert ask(path, world) == [("fault", "target pay", "private_to_public")]


def test_public_items_may_go_anywhere(write: Write) -> None:
    world = World(places={"PAY": PlaceDescription(Visibility.PUBLIC)})
    assert ask(write(('["internal", "private"]', '"public"')), world) == []


def test_a_places_own_findings_are_shown_once(write: Write) -> None:
    lacking = Finding("required_field", "PAY needs the field Component.", "Add it to constants.")
    world = World(places={"PAY": PlaceDescription(Visibility.INTERNAL, (lacking, lacking))})
    assert ask(write(), world) == [("fault", "target pay", "required_field")]


def test_a_new_database_is_told_to_be_migrated_and_nothing_else_is_made(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("AFTERACTION_HOME", str(tmp_path / "home"))
    report = examine(write(), connectors(), (), Online(_database(connectors(), ()), quiet))
    assert [(found.subject, found.finding.code) for found in report.findings] == [("database", "ledger.not_at_head")]
    assert not (tmp_path / "home" / "secret").exists()


def _with_a_journal(url: str, *statements: str) -> None:
    with closing(Ledger(url)) as ledger, ledger.begin() as uow:
        now = datetime(2026, 3, 2, tzinfo=UTC)
        uow.instance.create("digest", False, now)
        for number in range(3):
            uow.journal.append("item.stated", ("item", number), now, {"number": number})
        uow.journal.seal()
        for statement in statements:
            uow.connection.exec_driver_sql(statement)
        uow.commit()


def test_a_journal_that_holds_is_said_to_and_fails_nothing(
    write: Write, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    _with_a_journal(database_url)
    monkeypatch.setenv("DATABASE_URL", database_url)
    report = examine(write(), connectors(), (), Online(_database(connectors(), ()), quiet))
    (found,) = report.findings
    assert (found.level, report.ok) == ("note", True)
    assert found.finding.sentence == "The journal is consistent in itself up to position 3."
    assert "journal head position=3 hash=" in found.finding.cure
    assert found.finding.sentence in click.unstyle(_text(report, asked=True)).splitlines()


@pytest.mark.parametrize(
    ("tampering", "position"),
    [
        ("update journal set actor = 'nobody' where position = 2", 2),
        ("delete from journal where position = 3", 3),
    ],
)
def test_a_journal_that_was_changed_is_a_fault_at_its_position(
    write: Write, monkeypatch: pytest.MonkeyPatch, database_url: str, tampering: str, position: int
) -> None:
    _with_a_journal(database_url, tampering)
    monkeypatch.setenv("DATABASE_URL", database_url)
    report = examine(write(), connectors(), (), Online(_database(connectors(), ()), quiet))
    (found,) = report.findings
    assert (found.level, found.finding.code, report.ok) == ("fault", "journal.broken", False)
    assert f"position {position}:" in found.finding.sentence
    assert "journal head" in found.finding.cure


def test_an_address_that_is_no_databases_is_told_without_repeating_it(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "hunter2://")
    report = examine(write(), connectors(), (), Online(_database(connectors(), ()), quiet))
    (found,) = report.findings
    assert found.finding.code == "database.address"
    assert "hunter2" not in str(found)


WARNINGS = {
    "base_url_loopback": [('"https://promises.example.com/"', '"http://127.0.0.1:8000"')],
    "no_go_live_date": [("go_live_on = 2026-03-01\n", "")],
    "no_default_route": [("default = true\n\n[[people]]", 'team = "payments"\n\n[[people]]')],
    "unreachable_route": [
        (
            'team = "payments"\nkinds = ["prevent", "detect"]\npriority = "p0"\nvisibility = ["internal", "private"]\n',
            "",
        ),
        ("default = true\n\n[[people]]", 'team = "payments"\n\n[[people]]'),
    ],
    "unused_target": [('target = "pay"', 'target = "web"')],
    "no_default_policy": [('default = true\nchannel = "mail"', 'team = "payments"')],
    "no_channel": [
        ('[channels.mail]\ntype = "smtp"\nurl = "https://mail.example.com"\ntoken_env = "MAIL_TOKEN"\n', ""),
        ('channel = "mail"\n', ""),
    ],
    "no_operators": [('operators = ["ada", "ops@example.com"]\n', "")],
    "team_without_lead": [('name = "Grace Hopper"', 'name = "Grace Hopper"\nleft = true')],
    "ambiguous_name": [('name = "Grace Hopper"', 'name = "Grace Hopper"\nalias = "Ada  lovelace"')],
}


@pytest.mark.parametrize("code", WARNINGS)
def test_what_is_probably_not_meant_is_a_warning_that_does_not_fail(
    code: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = examine(write(*WARNINGS[code]), connectors(), (), None)
    assert [(found.level, found.finding.code) for found in report.findings] == [("warning", code)]
    assert report.ok
    result = run(monkeypatch)
    assert result.exit_code == 0
    assert result.output.startswith(f"warning: {report.findings[0].finding.sentence}\n  ")
