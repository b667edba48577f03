"""`parse` on the command line."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from service.cli.parse import command

TEXT = """# Slow checkout

Date: 2031-04-02
Severity: sev2

## Action items

- [ ] Limit the queue @mira (due 2031-05-01) [#7](https://github.com/shop/queue/issues/7)
"""


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def _file(folder: Path, text: str = TEXT, name: str = "slow.md") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_json_has_the_published_members(tmp_path: Path) -> None:
    result = _run(_file(tmp_path), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "title": "Slow checkout",
        "incident_date": "2031-04-02",
        "time_to_detect_minutes": None,
        "time_to_recover_minutes": None,
        "action_items": [
            {
                "text": "Limit the queue",
                "done": False,
                "owner": "mira",
                "due": "2031-05-01",
                "priority": None,
                "kind": None,
                "links": ["https://github.com/shop/queue/issues/7"],
                "section": None,
            }
        ],
    }


def test_json_of_several_files_is_one_list(tmp_path: Path) -> None:
    result = _run(_file(tmp_path), _file(tmp_path, "# Other\n", "other.md"), "--json")
    assert [document["title"] for document in json.loads(result.stdout)] == ["Slow checkout", "Other"]


def test_without_json_a_person_can_read_it(tmp_path: Path) -> None:
    shown = _run(_file(tmp_path)).stdout
    assert "Slow checkout" in shown
    assert "1 action item" in shown
    assert "Limit the queue" in shown
    assert "owner mira" in shown
    assert "due 2031-05-01" in shown


def test_a_document_without_items_says_so(tmp_path: Path) -> None:
    assert "No action items." in _run(_file(tmp_path, "# Slow\n")).stdout


def test_a_warning_is_shown(tmp_path: Path) -> None:
    assert "front matter" in _run(_file(tmp_path, "---\na: [\n---\n# Slow\n")).stdout


def test_out_writes_one_file_a_document_named_by_its_file_or_folder(tmp_path: Path) -> None:
    result = _run(_file(tmp_path), _file(tmp_path / "incident-7", name="postmortem.md"), "--out", tmp_path / "read")
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "read").iterdir()) == ["incident-7.json", "slow.json"]
    assert json.loads((tmp_path / "read" / "slow.json").read_text(encoding="utf-8"))["title"] == "Slow checkout"


def test_bytes_that_are_no_text_do_not_fail(tmp_path: Path) -> None:
    path = tmp_path / "broken.md"
    path.write_bytes(b"# Slow \xff\xfe\n\n## Actions\n\n- Limit\0 the queue\n")
    assert _run(path, "--json").exit_code == 0


def test_a_file_that_cannot_be_read_is_one_sentence_with_the_cure(tmp_path: Path) -> None:
    result = _run(tmp_path / "missing.md")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "missing.md cannot be read" in result.stderr
    assert "check the path" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
