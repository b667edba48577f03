"""A stand-in of Grafana Incident's JSON RPC: incidents with their tasks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response

from connectors.sandbox.answers import Refusal, answer, json_object
from connectors.sandbox.sources.frame import Document, Shelves, Vendor, vendor_blueprint

TOKEN = "sandbox-grafana-token"  # noqa: S105 - it opens nothing but the stand-in
NAME = "grafana"
ROOT = "/api/plugins/grafana-incident-app/resources/api/v1"


def refused(status: int, words: str) -> dict[str, Any]:
    _ = status
    return {"error": words}


def api(shelves: Shelves) -> Blueprint:
    routes = vendor_blueprint(NAME, TOKEN, refused)

    def asked() -> Document:
        return json_object(Refusal(400, refused(400, "malformed")))

    def held(key: str) -> Document:
        found = shelves.get("incidents", key)
        if found is None:
            raise Refusal(404, refused(404, "incident not found"))
        return found

    @routes.post(f"{ROOT}/IncidentsService.GetIncident")
    def incident() -> Response:
        return answer({"incident": held(str(asked().get("incidentID")))})

    @routes.post(f"{ROOT}/IncidentsService.QueryIncidents")
    def incidents() -> Response:
        given = asked()
        query, begin = given.get("query", {}), int(given.get("cursor", {}).get("nextValue") or 0)
        found = [each for each in shelves.all("incidents") if each["createdTime"] >= str(query.get("dateFrom", ""))]
        found.sort(key=lambda each: str(each["createdTime"]))
        end = begin + int(query.get("limit", 10))
        cursor = {"nextValue": str(end) if end < len(found) else "", "hasMore": end < len(found)}
        return answer({"incidents": found[begin:end], "query": query, "cursor": cursor})

    @routes.post(f"{ROOT}/TasksService.UpdateTaskStatus")
    def task() -> Response:
        given = asked()
        incident = held(str(given.get("incidentID")))
        tasks = incident["taskList"]["tasks"]
        mine = [each for each in tasks if each["taskID"] == given.get("taskID")]
        if not mine:
            raise Refusal(404, refused(404, "task not found"))
        mine[0]["status"] = given["status"]
        shelves.put("incidents", incident["incidentID"], incident)
        return answer({"incidentID": incident["incidentID"], "task": mine[0], "taskList": incident["taskList"]})

    return routes


def sign(secret: str, raw: bytes, key: str, at: int) -> dict[str, str]:
    _ = key
    signed = base64.b64encode(hashlib.sha256(raw).digest()) + f":{at}:v1".encode()
    return {"GI-Signature": f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"}


VENDOR = Vendor(NAME, api, sign)
