"""What the door takes: stored once with its bytes before the answer, or not acknowledged."""

from __future__ import annotations

import http.client
import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from service.app import create_app
from service.ledger import Ledger
from tests.bad_input.posting import client_of, document, post, refusals, stored, vendor_headers
from tests.support.house import House, signed
from tests.usecases.surroundings import OpenHouse

LIMIT = 5 * 1024 * 1024


def sized(length: int) -> bytes:
    shell = document(summary="")
    return document(summary="x" * (length - len(shell)))


@contextmanager
def serving(house: House) -> Iterator[http.client.HTTPConnection]:
    """The door over a real socket, which knows chunks and broken connections."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, create_app(house.components), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)) as connection:
            yield connection
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def chunks(body: bytes, size: int = 65_536) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def test_a_delivery_is_stored_with_its_bytes_and_a_repeated_one_once(house: House) -> None:
    client, body = client_of(house), document()
    answers = [post(client, body, key="k") for _ in range(3)]
    assert [(answer.status_code, answer.text) for answer in answers] == [
        (202, "Stored.\n"),
        (202, "Stored before.\n"),
        (202, "Stored before.\n"),
    ]
    (kept,) = stored(house)
    assert (kept.body, kept.key, kept.repeats) == (body, "k", 2)


def test_the_same_key_with_another_body_is_kept_beside_the_first(house: House) -> None:
    client = client_of(house)
    for title in ("One", "Two"):
        assert post(client, document(title=title), key="k").text == "Stored.\n"
    assert len(stored(house)) == 2


def test_the_same_key_at_two_hooks_is_two_deliveries(house: House) -> None:
    client = client_of(house)
    for hook in ("incidents", "notes"):
        assert post(client, document(), key="k", hook=hook).text == "Stored.\n"
    assert len(stored(house)) == 2


def test_headers_with_credentials_are_not_stored(house: House) -> None:
    secrets = {"Authorization": "Bearer abc", "Cookie": "sid=abc", "X_Api_Key": "abc", "X_Amzn_Oidc_Data": "abc"}
    post(client_of(house), document(), **{**secrets, "User_Agent": "Sender/1", "Content_Type": "application/json"})
    (kept,) = stored(house)
    assert set(kept.headers) == {"content-type", "user-agent", "webhook-id", "webhook-timestamp"}
    assert "abc" not in str(kept.headers)


def test_a_trackers_signature_is_not_stored_but_its_event_is(house: House) -> None:
    headers = vendor_headers("github", b"{}", X_GitHub_Event="ping", X_GitHub_Delivery="d-1")
    client_of(house).post("/hooks/github", data=b"{}", headers=headers)
    (kept,) = stored(house)
    assert (kept.key, kept.headers["x-github-event"]) == ("d-1", "ping")
    assert not any("signature" in name for name in kept.headers)


def test_a_trackers_delivery_without_an_id_goes_by_its_body(house: House) -> None:
    client = client_of(house)
    for body in (b"{}", b"{}", b'{"a": 1}'):
        assert client.post("/hooks/jira", data=body, headers=vendor_headers("jira", body)).status_code == 202
    assert len(stored(house)) == 2


def test_a_body_of_exactly_five_mebibytes_passes_and_one_byte_more_does_not(house: House) -> None:
    client = client_of(house)
    assert post(client, sized(LIMIT)).status_code == 202
    answer = post(client, sized(LIMIT + 1))
    assert (answer.status_code, answer.text) == (413, "The body is larger than 5 MiB.\n")
    assert refusals(house) == {("incidents", "too_large"): 1}
    assert [len(kept.body or b"") for kept in stored(house)] == [LIMIT]


def test_a_stated_length_beyond_the_limit_is_refused_before_a_byte_is_read(house: House) -> None:
    with serving(house) as connection:
        connection.putrequest("POST", "/hooks/incidents")
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders()
        assert connection.getresponse().status == 413


def test_a_stream_of_chunks_passes_up_to_the_limit_and_is_cut_beyond_it(house: House) -> None:
    for length, status in ((LIMIT, 202), (LIMIT + 1, 413), (3 * LIMIT, 413)):
        body = sized(length)
        with serving(house) as connection:
            made = signed(f"k{length}", body, datetime.now(UTC))
            try:
                connection.request("POST", "/hooks/incidents", chunks(body), made, encode_chunked=True)
            except (BrokenPipeError, ConnectionResetError):
                assert status == 413  # the door closed while the sender was still sending
                continue
            assert connection.getresponse().status == status
    assert len(stored(house)) == 1


def test_a_body_that_ends_before_its_stated_length_is_not_stored(house: House) -> None:
    with serving(house) as connection:
        connection.putrequest("POST", "/hooks/incidents")
        for name, value in {**signed("k", document(), datetime.now(UTC)), "Content-Length": "5000"}.items():
            connection.putheader(name, value)
        connection.endheaders(document())
        assert connection.sock is not None
        connection.sock.shutdown(1)
        assert connection.getresponse().status in (400, 401)
    assert stored(house) == []


def test_a_locked_ledger_is_answered_with_503_and_the_sender_told_when_to_come_again(
    outside: object, opened: OpenHouse, tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from tests.support.house import open_house

    monkeypatch.setattr("service.ledger.engine.BUSY_SECONDS", 0.1)
    path = tmp_path / "locked.sqlite"
    shutil.copyfile(sqlite_template, path)
    with closing(Ledger(f"sqlite:///{path}")) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        house = open_house(tmp_path, outside.sandbox, ledger)  # type: ignore[attr-defined]
        client = client_of(house)
        other.execute("BEGIN IMMEDIATE")
        answer = post(client, document())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert answer.text == "The delivery cannot be stored now: send it again later.\n"
        assert post(client, document(), webhook_signature="v1,YQ==").status_code == 401
        other.execute("ROLLBACK")
        assert post(client, document()).status_code == 202


@pytest.mark.system
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_unreachable_database_is_answered_with_503(house: House) -> None:
    client = client_of(house)
    engine = house.ledger.engine
    engine.dispose()
    real = engine.dialect.connect

    def refused(*given: object, **values: object) -> object:
        return real("host=127.0.0.1 port=1 dbname=none connect_timeout=1")

    engine.dialect.connect = refused  # type: ignore[method-assign, assignment]
    answer = post(client, document())
    assert answer.status_code == 503
    engine.dialect.connect = real  # type: ignore[method-assign]
    assert post(client, document()).status_code == 202


def test_many_senders_at_once_are_each_stored_once(house: House) -> None:
    app = create_app(house.components)
    statuses: list[int] = []

    def send(number: int) -> None:
        client = app.test_client()
        for _ in range(2):
            statuses.append(post(client, document(id=f"INC-{number % 10}"), key=f"k{number % 10}").status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [202] * 40
    assert sorted(kept.key for kept in stored(house)) == [f"k{number}" for number in range(10)]


def test_a_delivery_for_a_hook_that_is_no_longer_configured_is_a_dead_letter(house: House) -> None:
    with house.ledger.begin() as uow:
        uow.inbox.store("gone", "k", {}, b"{}", house.components.now())
        uow.commit()
    house.work()
    (kept,) = stored(house)
    assert (kept.state, kept.error) == ("dead", "Nothing named gone is configured any more.")


def test_a_delivery_whose_reader_died_three_times_is_a_dead_letter(house: House) -> None:
    post(client_of(house), document())
    for _ in range(3):
        with house.ledger.begin() as uow:
            assert uow.inbox.claim(house.components.now(), uow.clock(), 60) is not None
            uow.connection.exec_driver_sql("update deliveries set lease_until = 1")
            uow.commit()
    house.work()
    (kept,) = stored(house)
    assert (kept.state, kept.error_code) == ("dead", "inbox.quarantined")
    assert "retry it once the cause is mended" in (kept.cure or "")
