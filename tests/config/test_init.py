"""`init` writes a configuration that holds as soon as its secrets are set, and overwrites nothing."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.loading import load
from connectors.registry import load_connectors
from connectors.spi import Secret
from service.cli.check import command as check
from service.cli.init import command, starter

TODAY = date(2026, 3, 1)


def variables(text: str) -> set[str]:
    """Every variable that the file names under a key that ends in _env."""
    return set(re.findall(r'_env = "([A-Z_]+)"', text))


def with_examples(text: str) -> str:
    """The file with the # taken away wherever it stands directly before a key or a table."""
    return re.sub(r"(?m)^#(?=\S)", "", text)


def test_what_it_writes_passes_check_once_its_secrets_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(command, []).exit_code == 0
    text = Path("afteraction.toml").read_text()
    names = {
        line.partition("=")[0] for line in Path(".env.example").read_text().splitlines() if re.match("[A-Z]", line)
    }
    assert variables(re.sub("(?m)^#.*$", "", text)) == names
    for name in names:
        monkeypatch.delenv(name, raising=False)
    assert CliRunner().invoke(check, []).output.count("which cannot be read.") == len(names)
    for name in names:
        monkeypatch.setenv(name, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    result = CliRunner().invoke(check, [])
    assert (result.exit_code, result.output.count("holds:")) == (0, 1), result.output


def test_its_examples_hold_too_when_they_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = starter(TODAY)
    text = with_examples(texts["afteraction.toml"])
    for name in variables(text):
        assert name in texts[".env.example"]
        monkeypatch.setenv(name, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    (tmp_path / "afteraction.toml").write_text(text)
    (tmp_path / "people.csv").write_text("id,name,email\n")
    (tmp_path / "customers.txt").write_text("Umbrella Corporation\n")
    (tmp_path / "teams").mkdir()
    (tmp_path / "teams" / "more.toml").write_text("")
    config = load(tmp_path / "afteraction.toml", load_connectors()[0], secret_lookup=Secret.reveal)
    assert set(config.targets) == {"default", "payments"}
    assert config.teams["payments"].lead == "grace"
    assert config.policies[0].steps[2].priorities == ("p0", "p1")


def test_every_target_holds_and_says_above_how_it_goes_live() -> None:
    lines = starter(TODAY)["afteraction.toml"].splitlines()
    modes = [index for index, line in enumerate(lines) if re.match("#?mode = ", line)]
    targets = [line for line in lines if re.match(r"#?\[targets\.", line)]
    assert len(modes) == len(targets) == 2
    for index in modes:
        assert lines[index].endswith('mode = "hold"')
        assert lines[index - 1].startswith('# To go live, write mode = "live"')


def test_the_first_day_is_today() -> None:
    assert tomllib.loads(starter(TODAY)["afteraction.toml"])["service"]["go_live_on"] == TODAY


def test_it_makes_the_folder_and_says_what_is_next(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path / "new" / "folder")])
    written = tomllib.loads((tmp_path / "new" / "folder" / "afteraction.toml").read_text())
    assert abs((written["service"]["go_live_on"] - datetime.now(UTC).date()).days) <= 1
    assert result.output.startswith(f"Wrote {tmp_path}/new/folder/afteraction.toml and ")
    assert "`afteraction check --online`" in result.output


@pytest.mark.parametrize("name", ["afteraction.toml", ".env.example"])
def test_it_refuses_to_overwrite_either_file_and_then_writes_neither(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    result = CliRunner().invoke(command, [str(tmp_path)])
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"Error: {tmp_path}/{name} exists already, and nothing was written.",
        "  Move it away, or give another folder: afteraction init DIR.",
    ]
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(command, [str(tmp_path / "file" / "folder")])
    assert result.exit_code == 1
    assert "cannot be written to: Not a directory.\n  Give a folder that you may write to." in result.output
