"""Alive, ready, and measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from connectors.spi import Finding
from service.doors import PASSWORD
from service.ledger import Ledger
from service.probes import probes
from tests.pages.filled import NOW, Parts

BEHIND = Finding("ledger.not_at_head", "The database is at migration none, the program needs 0001.", "Run migrate.")


class Wired(Parts):
    def __init__(self, ledger: Ledger, *, bell: bool = True, findings: Sequence[Finding] = ()) -> None:
        super().__init__(ledger)
        object.__setattr__(self, "bell", bell)
        object.__setattr__(self, "findings", findings)

    def bell_ok(self) -> bool:
        return self.bell

    def database_findings(self) -> Sequence[Finding]:
        return self.findings


def probe(parts: Parts, bind_host: str = "127.0.0.1") -> FlaskClient:
    app = Flask("probes-of-a-test", static_folder=None)
    app.register_blueprint(probes(parts, bind_host))
    return app.test_client()


def test_it_is_alive_without_asking_the_database(tmp_path: object) -> None:
    gone = Ledger("sqlite:////nowhere/at/all.sqlite")
    assert probe(Parts(gone)).get("/healthz").get_json() == {"status": "alive"}


def test_it_is_ready_while_clock_and_database_are(filled: Ledger) -> None:
    response = probe(Wired(filled)).get("/readyz")
    assert (response.status_code, response.get_json()) == (200, {"ready": True, "missing": [], "notes": []})


def test_a_silent_clock_is_named(filled: Ledger) -> None:
    response = probe(Parts(filled, now=lambda: NOW + timedelta(seconds=30))).get("/readyz")
    assert response.status_code == 503
    missing = response.get_json()["missing"]
    assert [(m["code"], m["sentence"], m["cure"]) for m in missing] == [
        ("clock.silent", "The clock has not beaten for 32 s.", "Start it with afteraction clock.")
    ]


def test_a_clock_that_never_ran_is_named(empty: Ledger) -> None:
    missing = probe(Parts(empty)).get("/readyz").get_json()["missing"]
    assert missing[0]["sentence"] == "The clock has never run on this ledger."


def test_an_unreachable_database_is_named() -> None:
    response = probe(Parts(Ledger("sqlite:////nowhere/at/all.sqlite"))).get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["missing"][0]["code"] == "ledger.unreachable"


def test_a_database_behind_the_program_is_named(filled: Ledger) -> None:
    response = probe(Wired(filled, findings=[BEHIND])).get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["missing"][0]["cure"] == "Run migrate."


def test_a_lost_redis_is_a_note_and_no_reason_to_refuse_work(filled: Ledger) -> None:
    response = probe(Wired(filled, bell=False)).get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["notes"][0]["code"] == "redis.silent"


def test_the_figures_are_there_for_prometheus(filled: Ledger) -> None:
    response = probe(Parts(filled)).get("/metrics")
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }
    assert samples[("afteraction_items", ("state", "held"))] == 4
    assert samples[("afteraction_items_overdue",)] == 2
    assert samples[("afteraction_promises_kept",)] == 10
    assert samples[("afteraction_clock_age_seconds",)] == 2
    assert samples[("afteraction_queue", ("kind", "channel"), ("name", "mail"))] == 1
    assert samples[("afteraction_lag_seconds", ("kind", "channel"), ("name", "mail"))] == 1200
    failing = ("afteraction_sync_state", ("kind", "target"), ("name", "platform"), ("state", "failing"))
    assert samples[failing] == 1
    assert samples[("afteraction_refusals_last_day", ("hook", "incidents"), ("reason", "bad_signature"))] == 3


def test_figures_name_targets_and_so_stand_behind_the_door(filled: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    away = {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}
    client = probe(Parts(filled), "0.0.0.0")
    assert client.get("/metrics", **away).status_code == 403
    assert client.get("/healthz", **away).status_code == 200
    assert client.get("/readyz", **away).status_code == 200
    monkeypatch.setenv(PASSWORD, "secret")
    assert client.get("/metrics", **away).status_code == 401
    assert client.get("/metrics", auth=("prometheus", "secret"), **away).status_code == 200
