"""Real documents, where they are at hand, are read without an error."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.reading import read_markdown

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def _documents() -> list[Path]:
    found = sorted((CORPUS / "dev").glob("*/postmortem.md"))
    if not found:
        pytest.skip("the corpus of real postmortems is not at ../shared/corpus/dev beside this checkout")
    return found


def test_every_document_of_the_corpus_is_read_and_fast() -> None:
    documents = _documents()
    started = time.process_time()
    read = [read_markdown(path.read_bytes().decode("utf-8", errors="replace")) for path in documents]
    assert time.process_time() - started < 5
    assert all(document.warnings == () for document in read)


def test_the_reading_is_as_good_as_it_was(tmp_path: Path) -> None:
    import json

    from click.testing import CliRunner

    from service.cli.parse import command

    documents = _documents()
    assert CliRunner().invoke(command, [*map(str, documents), "--out", str(tmp_path)]).exit_code == 0
    judged = subprocess.run(
        [sys.executable, str(CORPUS / "score.py"), str(CORPUS / "dev"), str(tmp_path), "--json"],
        capture_output=True,
        check=True,
    )
    score = json.loads(judged.stdout)
    assert score["missing"] == []
    assert score["f1"] >= 0.97
    assert score["pure_negatives"]["false_positives"] == 0
    for name in ("done", "owner", "due", "links"):
        assert score["fields"][name]["accuracy"] >= 0.97
