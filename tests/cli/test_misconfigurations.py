"""`check --online` finds what is wrong with each tracker and says the cure: twelve kinds, wherever one makes sense."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from service.cli.check import command
from tests.cli.stands import BOT, CLOUD, DATA_CENTER, ENTERPRISE, GITHUB, GITLAB, REDMINE, STANDS, Stand, World

NO_FIELDS = "Its issues have no fields that a project can require or give options for."
NO_WORKFLOW = "It has no workflow: whoever may write an issue may close it."
NO_WEBHOOKS = "Redmine 5 sends no webhooks."
# The configuration of these tests has neither a default route nor a channel.
ALWAYS = ("no_default_route", "no_channel")


def _with(**wrong: Any) -> Callable[[World, pytest.MonkeyPatch], dict[str, Any]]:
    return lambda world, patch: wrong


def _wrong_token(_: World, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    patch.setenv("IT_TOKEN", "not-the-token")
    return {}


def _no_permission(world: World, _: pytest.MonkeyPatch) -> dict[str, Any]:
    world.forbid()
    return {}


def _archived(world: World, _: pytest.MonkeyPatch) -> dict[str, Any]:
    world.archive()
    return {}


def _wrong_type(world: World, _: pytest.MonkeyPatch) -> dict[str, Any]:
    if world.stand is ENTERPRISE:
        world.without_types()
    return {"issue_type": "Saga"}


def _unmapped(world: World, _: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"place": world.stand.picky[0]}


def _unknown_option(world: World, _: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"place": world.stand.picky[0], "constants": world.stand.picky[1]}


def _no_end(world: World, _: pytest.MonkeyPatch) -> dict[str, Any]:
    world.without_an_end()
    return {}


def _public(world: World, _: pytest.MonkeyPatch) -> dict[str, Any]:
    world.publish()
    return {"visibility": '["private"]'}


def _unset_hook(_: World, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    patch.delenv("IT_HOOK")
    return {}


def _skewed(world: World, _: pytest.MonkeyPatch) -> dict[str, Any]:
    world.skew(-3600)
    return {}


@dataclass(frozen=True)
class Kind:
    """A misconfiguration: how it is made, the machine words that it may be told by, what its cure speaks of, and the
    trackers that cannot have it, each with the reason.
    """

    make: Callable[[World, pytest.MonkeyPatch], dict[str, Any]]
    codes: tuple[str, ...]
    cure: str
    gaps: Mapping[str, str] = field(default_factory=dict)
    level: str = "fault"


def _gaps(why: str, *stands: Stand) -> dict[str, str]:
    return {stand.name: why for stand in stands}


KINDS = {
    "wrong token": Kind(_wrong_token, ("unauthorized",), "valid token into IT_TOKEN"),
    "no permission": Kind(_no_permission, ("permission_missing",), "Grant|the role|the permission"),
    "missing project": Kind(_with(place="NONE"), ("place_missing",), "Check the place's name"),
    "archived project": Kind(_archived, ("archived", "project_archived"), "another"),
    "wrong issue type": Kind(
        _wrong_type, ("issuetype_missing", "issue_type_unknown", "too_old"), "issue_type|Use one of|upgrade the server"
    ),
    "unmapped required field": Kind(
        _unmapped, ("field_required", "field_refused"), "constants", _gaps(NO_FIELDS, GITHUB, ENTERPRISE, GITLAB)
    ),
    "unknown option": Kind(
        _unknown_option, ("option_unknown", "field_refused"), "constants", _gaps(NO_FIELDS, GITHUB, ENTERPRISE, GITLAB)
    ),
    "no transition to done": Kind(
        _no_end, ("no_transition",), "workflow", _gaps(NO_WORKFLOW, GITHUB, ENTERPRISE, GITLAB)
    ),
    "public project for a private route": Kind(_public, ("private_to_public",), "Take private out"),
    "unknown assignee": Kind(
        _with(account="99999999"), ("assignee_unknown",), "Correct it under that person's accounts", level="warning"
    ),
    "webhook secret unset": Kind(_unset_hook, ("secret_unset",), "Set IT_HOOK", _gaps(NO_WEBHOOKS, REDMINE)),
    "clock skew": Kind(_skewed, ("clock_skew",), "NTP"),
}


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setenv("IT_HOOK", "a secret of ours")
    with Sandbox(SandboxOptions(port=0, smtp_port=None)) as running:
        yield running


def run(stand: Stand, world: World, folder: Path, patch: pytest.MonkeyPatch, *words: str, **wrong: Any) -> Result:
    """`check --online`, with the right token unless the test set another; the database is another test's."""
    if "IT_TOKEN" not in os.environ:
        patch.setenv("IT_TOKEN", stand.token)
    patch.setattr("service.cli.check._database", lambda *_: lambda _: ())
    patch.setenv("AFTERACTION_CONFIG", str(stand.write(folder, world.sandbox, **wrong)))
    return CliRunner().invoke(command, ["--online", *words])


def check(
    stand: Stand, world: World, folder: Path, patch: pytest.MonkeyPatch, kind: Kind | None = None
) -> list[dict[str, Any]]:
    """Every fault and finding that `check --online --json` tells."""
    patch.setenv("IT_TOKEN", stand.token)
    wrong = kind.make(world, patch) if kind else {}
    result = run(stand, world, folder, patch, "--json", **wrong)
    document = json.loads(result.output)
    assert result.exit_code == (0 if document["ok"] else 1)
    told = [*({"level": "fault", **each} for each in document["faults"]), *document["findings"]]
    assert document["ok"] == all(each["level"] != "fault" for each in told)
    return [each for each in told if each["code"] not in ALWAYS]


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_misconfiguration_is_found_with_its_cure(
    name: str, stand: Stand, standing: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = KINDS[name]
    if stand.name in kind.gaps:
        pytest.skip(kind.gaps[stand.name])
    told = check(stand, World(stand, standing), tmp_path, monkeypatch, kind)
    assert told, f"{name} is not found"
    assert {each["code"].rpartition(".")[2] for each in told} <= set(kind.codes)
    assert {each["level"] for each in told} == {kind.level}
    for each in told:
        assert each["sentence"].endswith(".")
        assert re.search(kind.cure, each["cure"])


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_where_nothing_is_wrong_nothing_is_found(
    stand: Stand, standing: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check(stand, World(stand, standing), tmp_path, monkeypatch) == []


@pytest.mark.parametrize("stand", [each for each in STANDS if each.webhooks], ids=lambda stand: stand.name)
def test_a_tracker_without_a_webhook_is_warned_of_with_the_address_to_send_to(
    stand: Stand, standing: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unheard = Kind(_with(hook=""), (), "")
    (told,) = check(stand, World(stand, standing), tmp_path, monkeypatch, unheard)
    assert (told["code"], told["level"]) == ("no_webhook", "warning")
    assert "https://promises.example.com/hooks/it" in told["cure"]


def test_an_issue_of_ours_that_no_step_leads_out_of_is_found_where_there_is_one(
    standing: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jira shows of a project without issues only which statuses there are, not whether a step leads there."""
    world = World(CLOUD, standing)
    shut = replace(standing.world.jira.projects["PAY"].statuses[3], after=("In Review",))
    statuses = (*standing.world.jira.projects["PAY"].statuses[:3], shut)
    standing.world.jira.projects["PAY"] = replace(standing.world.jira.projects["PAY"], statuses=statuses)
    assert check(CLOUD, world, tmp_path, monkeypatch) == []
    standing.world.jira.create(BOT, "PAY", {"issue_type": "Task", "summary": "It begins"})
    assert [each["code"] for each in check(CLOUD, world, tmp_path, monkeypatch)] == ["jira.no_transition"]


CLOSED = {"jira": "Won't Do", "github": "closed", "gitlab": "closed", "redmine": "Rejected"}


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_one_real_issue_is_opened_edited_commented_on_and_closed_in_every_tracker(
    stand: Stand, standing: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(stand, standing)
    result = run(stand, world, tmp_path, monkeypatch, "--create-one", "there")
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.output.splitlines()[:4]] == ["Opened", "Edited", "Commented", "Closed"]
    (issue,) = world.issues()
    assert (issue.get("state") or issue["status"]) == CLOSED[stand.type]
    assert issue["title"].endswith("(edited)")
    assert [comment["body"].count("A comment of ours") for comment in issue["comments"] if comment["body"]] == [1]


# Redmine has no address of its own for comments.
COMMENTS = {
    CLOUD: "/comment$",
    DATA_CENTER: "/comment$",
    GITHUB: "/comments$",
    ENTERPRISE: "/comments$",
    GITLAB: "/notes$",
}


@pytest.mark.parametrize("stand", COMMENTS, ids=lambda stand: stand.name)
def test_what_could_not_be_done_to_that_issue_is_told_and_the_rest_is_done_all_the_same(
    stand: Stand, standing: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden = {"kind": "error_before", "status": 403, "methods": ["POST"], "path": COMMENTS[stand]}
    standing.world.faults.add({**forbidden, "tracker": stand.stand_in})
    result = run(stand, World(stand, standing), tmp_path, monkeypatch, "--create-one", "there")
    assert result.exit_code == 1
    assert [line.split()[0] for line in result.output.splitlines()[:3]] == ["Opened", "Edited", "Closed"]
    assert "target there: it: could not comment on the issue" in result.output
    assert "Give the token's account the permissions" in result.output


def test_an_issue_that_cannot_be_closed_again_is_told_with_its_address(
    standing: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing.world.faults.add(
        {"kind": "error_before", "status": 403, "methods": ["POST"], "path": "/transitions$", "tracker": "jira"}
    )
    result = run(CLOUD, World(CLOUD, standing), tmp_path, monkeypatch, "--create-one", "there")
    assert result.exit_code == 1
    assert f"Then close {standing.url}/jira/browse/PAY-1 by hand." in result.output


def test_a_source_without_a_webhook_is_warned_of_with_how_it_is_heard_instead(
    standing: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INC_TOKEN", "sandbox-incidentio-token")
    source = f'[sources.inc]\ntype = "incidentio"\napi_url = "{standing.url}/incidentio"\ntoken_env = "INC_TOKEN"\n'
    unheard = Kind(_with(more=f"{CLOUD.more}\n\n{source}"), (), "")
    (told,) = check(CLOUD, World(CLOUD, standing), tmp_path, monkeypatch, unheard)
    assert (told["code"], told["level"], told["subject"]) == ("no_webhook", "warning", "source inc")
    assert "by asking alone, every 24 h" in told["sentence"]
    assert "https://promises.example.com/hooks/inc" in told["cure"]
