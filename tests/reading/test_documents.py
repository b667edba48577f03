"""Whole postmortems, as different authors write them, are read as a person would read them.

Beside each document stands what it promises, one item a line: the text, then what the document says of it
("owner=", "due=", "done=yes|no", "link="; "alt=" for another text that is as right). An item that readers could
honestly disagree about is "ambiguous=1": it may be found or not.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from service.reading import ReadItem, read_html, read_markdown

DOCUMENTS = sorted(path for path in (Path(__file__).parent / "documents").iterdir() if path.suffix in (".md", ".html"))


@dataclass
class Stated:
    texts: list[str]
    facts: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)

    @property
    def ambiguous(self) -> bool:
        return "ambiguous" in self.facts


def _stated(path: Path) -> list[Stated]:
    return [_line(line) for line in path.with_suffix(".items").read_text(encoding="utf-8").splitlines()]


def _line(line: str) -> Stated:
    text, *parts = line.split(" | ")
    stated = Stated([text.strip()])
    for part in parts:
        name, _, value = part.strip().partition("=")
        if name == "alt":
            stated.texts.append(value)
        elif name == "link":
            stated.links.append(value)
        else:
            stated.facts[name] = value
    return stated


def _bare(text: str) -> str:
    return text.strip(" .。!").casefold()


def _is(stated: Stated, item: ReadItem) -> bool:
    return _bare(item.text) in [_bare(text) for text in stated.texts]


def _names(owner: str | None) -> set[str]:
    return {name.strip(" @") for name in re.split(r",|/| and ", owner or "") if name.strip(" @")}


def _read(path: Path) -> tuple[ReadItem, ...]:
    reader = read_html if path.suffix == ".html" else read_markdown
    return reader(path.read_text(encoding="utf-8")).action_items


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_promises_of_the_document_are_found_and_nothing_else(path: Path) -> None:
    stated, found = _stated(path), _read(path)
    assert [s.texts[0] for s in stated if not s.ambiguous and not any(_is(s, item) for item in found)] == []
    assert [item.text for item in found if not any(_is(s, item) for s in stated) and not _unsure(stated, item)] == []


def _unsure(stated: list[Stated], item: ReadItem) -> bool:
    unsure, text = [_bare(s.texts[0]) for s in stated if s.ambiguous], _bare(item.text)
    return any(each in text or text in each for each in unsure)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_what_the_document_says_of_each_promise_is_read(path: Path) -> None:
    found = _read(path)
    for stated in _stated(path):
        for item in (item for item in found if _is(stated, item) and not stated.ambiguous):
            assert _names(item.owner) == _names(stated.facts.get("owner"))
            assert (item.due and item.due.isoformat()) == stated.facts.get("due")
            assert item.done is {"yes": True, "no": False}.get(stated.facts.get("done", ""))
            assert list(item.links) == stated.links


def test_there_are_documents_without_promises_among_them() -> None:
    assert sum(not [s for s in _stated(path) if not s.ambiguous] for path in DOCUMENTS) >= 8
