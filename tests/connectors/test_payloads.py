"""Bodies made safe, and values that come in several shapes."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.payloads import MAX_DEPTH, day, instant, json_object, member, members, named, text
from connectors.spi import Unreadable

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_what_is_read_can_be_stored_and_is_the_same_whether_forgiving_or_not(data: dict[str, Any]) -> None:
    body = json.dumps(data).encode()
    read = json_object("acme", body)
    assert read == json_object("acme", body, forgiving=True)
    json.dumps(read, ensure_ascii=False).encode("utf-8")


def test_nul_and_halves_of_surrogate_pairs_are_taken_out_of_names_and_values() -> None:
    body = b'{"a\\u0000b": ["c\\ud800", {"d": "\\udc00\\u0000e"}]}'
    assert json_object("acme", body) == {"ab": ["c?", {"d": "?e"}]}


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_unreadable(body: bytes) -> None:
    for forgiving in (False, True):
        with contextlib.suppress(Unreadable):
            assert isinstance(json_object("acme", body, forgiving=forgiving), dict)


@given(st.dictionaries(st.text(), json_values, min_size=1, max_size=4))
def test_a_trailing_comma_anywhere_is_passed_over_only_where_it_was_asked_for(data: dict[str, Any]) -> None:
    body = json.dumps(data)[:-1].encode() + b" ,\n}"
    assert json_object("acme", body, forgiving=True) == json_object("acme", json.dumps(data).encode())
    with pytest.raises(Unreadable):
        json_object("acme", body)


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
def test_an_object_may_nest_so_deep_and_no_deeper(depth: int) -> None:
    body = b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)
    if depth <= MAX_DEPTH:
        assert json_object("acme", body)
    else:
        with pytest.raises(Unreadable):
            json_object("acme", body)


def test_a_member_is_found_through_objects_alone() -> None:
    data = {"a": {"b": [{"c": 1}, "x"]}}
    assert member(data, "a", "b") == [{"c": 1}, "x"]
    assert members(data, "a", "b") == [{"c": 1}]
    assert (member(data, "a", "b", "c"), member(None, "a"), members(data, "a")) == (None, None, [])


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("SEV1", "SEV1"),
        ({"name": "Major", "rank": 1}, "Major"),
        ({"slug": "sev1"}, "sev1"),
        ({"data": {"id": "1", "attributes": {"name": "SEV1", "slug": "sev1"}}}, "SEV1"),
        ({"data": {}}, ""),
        (3, "3"),
        (None, ""),
        (True, ""),
        ([], ""),
    ],
)
def test_a_name_is_found_in_each_shape(value: Any, name: str) -> None:
    assert named(value) == name


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2023-07-25 13:34:49 UTC", datetime(2023, 7, 25, 13, 34, 49, tzinfo=UTC)),
        ("2022-11-27T19:36:00.000-08:00", datetime(2022, 11, 28, 3, 36, tzinfo=UTC)),
        ("2021-08-17T13:28:57.801578Z", datetime(2021, 8, 17, 13, 28, 57, 801578, tzinfo=UTC)),
        ("2021-08-17T13:28:57", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("abc123", None),
        (None, None),
    ],
)
def test_an_instant_is_read_in_each_spelling_and_never_guessed(value: Any, at: datetime | None) -> None:
    assert instant(value) == at


@given(st.text() | st.integers() | st.none())
def test_no_value_makes_anything_but_an_instant_a_day_or_none(value: Any) -> None:
    assert instant(value) is None or isinstance(instant(value), datetime)
    assert day(value) is None or isinstance(day(value), date)
    assert isinstance(text(value), str)
