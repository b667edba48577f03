"""What `up` says where it cannot or must not start, and which of the two it starts."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.demo.folder import DemoFolder, Ports, demo_folder, ports_of
from service.cli.demo.writing import environment, write_configuration, write_environment
from service.cli.embedded import LONGEST_SOCKET, socket_in, url_of
from service.cli.errors import Stop
from service.cli.main import cli
from service.cli.up import is_configured


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AFTERACTION_CONFIG", "AFTERACTION_HOME", "AFTERACTION_DEMO_HOME", "REDIS_URL", "PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def _up(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["up", *arguments])


def test_without_a_configuration_it_is_the_demo_and_a_named_one_is_meant_even_if_it_is_missing(tmp_path: Path) -> None:
    assert not is_configured({})
    assert is_configured({"AFTERACTION_CONFIG": "nowhere.toml"})
    (tmp_path / "afteraction.toml").touch()
    assert is_configured({})


def test_a_taken_port_is_one_sentence_with_its_cure(taken: int, tmp_path: Path) -> None:
    (tmp_path / "afteraction.toml").touch()
    result = _up("--port", str(taken))
    assert result.exit_code == 1
    assert (
        result.output == f"Port {taken} is taken on 127.0.0.1: stop what listens there, or set PORT to another one.\n"
    )


def test_a_home_where_another_one_runs_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = demo_folder({"AFTERACTION_DEMO_HOME": str(tmp_path / "demo")})
    with (folder.var / "up.lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = _up("--demo")
    assert result.exit_code == 1
    assert f"already runs on {folder.var} (process 4711)" in result.output
    assert not folder.config.exists()


def test_the_demo_refuses_another_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AFTERACTION_CONFIG", str(tmp_path / "real.toml"))
    result = _up("--demo")
    assert result.exit_code == 1
    assert result.output.startswith("The demo takes no configuration but its own: unset AFTERACTION_CONFIG")


def test_the_demo_takes_its_own_configuration_where_its_environment_is_loaded(tmp_path: Path) -> None:
    own = {"AFTERACTION_DEMO_HOME": str(tmp_path), "AFTERACTION_CONFIG": str(tmp_path / "afteraction.toml")}
    assert demo_folder(own).root == tmp_path


def test_the_demo_never_writes_over_a_configuration_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "afteraction.toml").write_text("# mine")
    with pytest.raises(Stop, match="holds a configuration that is not the demo's: set AFTERACTION_DEMO_HOME"):
        demo_folder({"AFTERACTION_DEMO_HOME": str(tmp_path)})
    assert (tmp_path / "afteraction.toml").read_text() == "# mine"


def test_the_demo_stays_on_loopback() -> None:
    result = _up("--demo", "--host", "0.0.0.0")
    assert (result.exit_code, result.output) == (1, "The demo is seen on this machine alone: leave --host out.\n")


def test_the_demo_takes_the_next_free_port_and_keeps_its_ports(taken: int, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    first = ports_of(folder, taken)
    assert first.web > taken
    assert len({first.web, first.sandbox, first.mail}) == 3
    assert ports_of(folder, None) == first


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    secret = folder.secret("JIRA_TOKEN")
    before = secret.read_text()
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.parent.stat().st_mode & 0o777 == 0o700
    _folder(tmp_path)
    assert secret.read_text() == before


def test_what_was_set_for_another_afteraction_does_not_reach_the_demo(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    theirs = {
        "PATH": "/bin",
        "DATABASE_URL": "postgresql://theirs",
        "AFTERACTION_SECRET": "theirs",
        "AFTERACTION_OPERATOR_PASSWORD": "theirs",
        "SMTP_URL": "smtp://theirs",
    }
    made = environment(folder, "unix:///queue", theirs)
    assert "theirs" not in " ".join(made.values())
    assert made["PATH"] == "/bin"
    assert made["JIRA_TOKEN_FILE"] == str(folder.secret("JIRA_TOKEN"))


def test_lines_for_a_shell_name_secrets_by_their_files_alone(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    write_environment(folder, "unix:///queue")
    lines = folder.environment.read_text()
    assert f"export AFTERACTION_CONFIG={folder.config}\n" in lines
    assert folder.secret("GITHUB_TOKEN").read_text() not in lines


def test_the_configuration_names_the_ports_and_holds_no_secret(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    write_configuration(folder, Ports(8000, 8100, 8125))
    text = folder.config.read_text()
    assert "@" not in "".join(line for line in text.splitlines(True) if ".example" not in line)
    assert 'base_url = "http://127.0.0.1:8000"' in text
    assert folder.secret("JIRA_TOKEN").read_text() not in text
    assert folder.seed.stat().st_mode & 0o777 == 0o600


def test_a_socket_fits_the_kernels_limit_however_deep_the_home_is(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    path = socket_in(deep)
    try:
        assert len(bytes(path)) <= LONGEST_SOCKET
        assert path.parent.stat().st_mode & 0o777 == 0o700
    finally:
        path.parent.rmdir()


def test_the_address_of_a_socket_survives_odd_folder_names() -> None:
    assert url_of(Path("/a b/50%/q.sock")) == "unix:///a%20b/50%25/q.sock"


def _folder(tmp_path: Path) -> DemoFolder:
    return demo_folder({"AFTERACTION_DEMO_HOME": str(tmp_path / "demo"), "PATH": os.defpath})
