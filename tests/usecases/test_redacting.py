"""No credential of a postmortem leaves the house, however the text that carries it is escaped, cut or listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.spi import OwnerText
from service.domain.facts import ItemFacts, PostmortemFacts
from service.redaction import redact
from service.texts import issue_body
from service.texts.words import inline
from service.usecases.redacting import redacted
from tests.support.house import House
from tests.usecases.surroundings import OpenHouse, Outside, postmortem, shown, take

A = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6"
SECRETS = {
    "github": "ghp_" + A,
    "github (fine)": "github_pat_" + A + A,
    "npm": "npm_" + A,
    "stripe": "sk_live_" + A,
    "bearer": "Authorization: Bearer abc_def_123456789_xyz",
    "password": "password=Sup3r_S*cret_99",
}


def _everywhere(house: House) -> str:
    """All that the trackers and the mailbox hold, as a person reads it: without Markdown's backslashes."""
    return json.dumps([house.issues(), house.mails()]).replace("\\", "")


def _document(secret: str, revision: int, **values: object) -> dict[str, object]:
    stated = {
        "id": "A",
        "title": f"Rotate {secret}",
        "description": f"It says {secret}",
        "success_metric": f"{secret} is refused",
        "milestones": [{"title": f"Find {secret}"}],
        "owner": {"name": f"whoever has {secret}"},
        "labels": [secret.replace(" ", "-"), "rotation"],
        **values,
    }
    told = {"summary": f"Somebody pasted {secret} there.", "impact": f"{secret} was public."}
    return postmortem(revision=revision, title=f"Leak of {secret}", severity=secret, items=[stated], **told)


@pytest.mark.parametrize("name", SECRETS)
def test_a_credential_leaves_by_no_field_of_an_issue_and_by_no_comment(house: House, name: str) -> None:
    secret = SECRETS[name]
    take(house, _document(secret, 1))
    take(house, _document(secret, 2, description=f"Now it says {secret}", title=f"Rotate {secret} at once"))
    assert len(shown(house)) == 1
    assert len(shown(house)[0]["comments"]) == 1
    assert secret.split()[-1].removeprefix("password=") not in _everywhere(house)
    assert "rotation" in shown(house)[0]["labels"]


def test_a_credential_at_which_a_title_is_cut_leaves_no_head(house: House) -> None:
    secret = SECRETS["github"]
    summary = f"{'x' * 370} {secret} and more."
    take(house, postmortem(title="T", summary=summary, items=[f"{'Rotate what was found in the log, ' * 6} {secret}"]))
    assert len(shown(house)) == 1
    assert secret[:12] not in _everywhere(house)


def test_an_address_with_a_credential_is_left_out(house: House, outside: Outside) -> None:
    secret = SECRETS["npm"]
    take(house, postmortem(url=f"https://pm.example.com/1?key={secret}"))
    assert len(shown(house)) == 1
    assert outside.said(secret) == []
    assert "/postmortems/1" in json.dumps(shown(house))


def test_a_mail_names_no_credential(opened: OpenHouse, outside: Outside) -> None:
    secret = SECRETS["github (fine)"]
    house = opened()
    owner = {"email": "dana.okafor@acme.example"}
    take(house, postmortem(title=f"Leak {secret}", items=[{"title": secret, "due_on": "2025-11-03", "owner": owner}]))
    house.escalate()
    house.work()
    assert len(house.mails()) == 1
    assert outside.said(secret[:20]) == []


def test_facts_keep_all_that_is_no_credential() -> None:
    item = ItemFacts("Add an alert", milestones=({"title": "One", "done": True},), labels=("a",), owner=OwnerText("X"))
    told = PostmortemFacts("s", "1", "Outage", "final", url="https://pm.example.com/1", services=("api",))
    assert redacted(item) == item
    assert redacted(item).digest() == item.digest()
    assert redacted(told) == told
    assert redacted((told,)) == (told,)


@pytest.mark.parametrize("name", SECRETS)
def test_what_was_taken_out_and_then_escaped_stays_as_it_is(name: str) -> None:
    shown_inline = inline(redact(f"we found {SECRETS[name]} there").text)
    assert redact(shown_inline).text == shown_inline
    told = redacted(PostmortemFacts("s", "1", SECRETS[name], "final", summary=SECRETS[name]))
    body = issue_body(ItemFacts("Act"), told, None, None, None, None)
    assert redact(body).text == body


@pytest.mark.usefixtures("house")
def test_the_preview_shows_a_document_as_it_would_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: OpenHouse
) -> None:
    from click.testing import CliRunner

    from service.cli.main import cli

    secret = SECRETS["stripe"]
    monkeypatch.setenv("AFTERACTION_CONFIG", str(tmp_path / "afteraction.toml"))
    monkeypatch.setenv("AFTERACTION_HOME", str(tmp_path))
    document = tmp_path / "leak.json"
    document.write_text(json.dumps(_document(secret, 1)))
    for arguments in ([], ["--json"]):
        result = CliRunner().invoke(cli, ["preview", str(document), "--source", "incidents", *arguments])
        assert result.exit_code == 0, result.output
        assert "rotation" in result.output
        assert secret not in result.output.replace("\\", "")
