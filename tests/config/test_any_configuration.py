"""No configuration, however strange, gets anything but a Config or a ConfigError."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from config.loading import ConfigError, load
from config.model import Config
from tests.config.stand_in import GOOD, connectors

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WHOLE = tomllib.loads(GOOD)
SCALARS = some.one_of(
    some.booleans(),
    some.integers(-(2**63), 2**63 - 1),
    some.floats(),
    some.text(max_size=20),
    some.sampled_from(["", "\0", "jira", "ada", "pay", "p0", "due_soon", "private", "Europe", "%s {0}", "x" * 900]),
    some.dates(),
    some.datetimes(),
    some.times(),
)
KEYS = some.one_of(
    some.text(max_size=8), some.sampled_from(["_schema", "type", "name", "default", "settings", "entry"])
)
VALUES = some.recursive(
    SCALARS,
    lambda inner: some.one_of(some.lists(inner, max_size=3), some.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)


def toml(value: Any) -> str:
    """A value as TOML, inline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" if not " " <= c <= "~" or c in '"\\' else c for c in value) + '"'
    return value.isoformat() if hasattr(value, "isoformat") else repr(value)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in members:
        yield from paths(part, (*at, key))


def changed(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    if isinstance(value, dict):
        return {key: changed(part, at[1:], new) if key == at[0] else part for key, part in value.items()}
    return [changed(part, at[1:], new) if index == at[0] else part for index, part in enumerate(value)]


def outcome(text: str | bytes, **files: str) -> Config | ConfigError:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "afteraction.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
        for name, content in files.items():
            (path.parent / name).write_text(content, encoding="utf-8", newline="")
        try:
            return load(path, connectors())
        except ConfigError as error:
            refused = error
    assert refused.faults
    assert all(str(fault) and fault.cure and fault.code for fault in refused.faults)
    assert all("\n" not in f"{fault}{fault.cure}" for fault in refused.faults)
    return refused


def written(document: dict[str, Any]) -> str:
    return "".join(f"{toml(key)} = {toml(value)}\n" for key, value in document.items())


@QUICK
@given(some.sets(some.sampled_from(sorted(WHOLE))), some.data())
def test_any_part_of_a_good_configuration_with_any_value_changed(left_out: set[str], data: some.DataObject) -> None:
    document = {key: value for key, value in WHOLE.items() if key not in left_out}
    for _ in range(data.draw(some.integers(0, 2))):
        places = [at for at in paths(document) if at]
        if places:
            document = changed(document, data.draw(some.sampled_from(places)), data.draw(VALUES))
    outcome(written(document))


@QUICK
@given(some.sampled_from([at for at in paths(WHOLE) if at]), KEYS, VALUES)
def test_any_key_added_anywhere(at: tuple[Any, ...], key: str, value: Any) -> None:
    there: Any = WHOLE
    for step in at:
        there = there[step]
    if isinstance(there, dict):
        outcome(written(changed(WHOLE, at, {**there, key: value})))


@QUICK
@given(some.text())
@example("a = " + "9" * 5000)
@example("a = 0001-01-01T00:00:00+23:59")
@example("[service]\ndemo = true\r")
def test_any_text(text: str) -> None:
    outcome(text)


@QUICK
@given(some.binary())
def test_any_bytes(data: bytes) -> None:
    outcome(data)


@QUICK
@given(
    some.text(
        alphabet=some.one_of(some.sampled_from('id,name,email\n\r";:'), some.characters(exclude_categories=["Cs"]))
    )
)
def test_any_people_csv(text: str) -> None:
    outcome('people_csv = "people.csv"', **{"people.csv": text})
    outcome('people_csv = "people.csv"', **{"people.csv": f"id,name,email,zone,left,account:x\n{text}"})


@QUICK
@given(
    some.one_of(some.text(max_size=30), some.sampled_from(["..", "/", "**", "[", "*", "afteraction.toml", "~", "a\0b"]))
)
def test_any_include(pattern: str) -> None:
    if pattern not in {"/", "**"}:
        outcome(f"include = [{toml(pattern)}]")
    outcome(f"people_csv = {toml(pattern)}")
