"""Webhooks leave after the commit, signed as the vendors sign them; Jira repeats them, GitHub does not."""

import hashlib
import hmac
import json

import pytest

from tests.sandbox.client import REPO, Client, until
from tests.sandbox.receiver import Delivery, Receiver

SECRET = "it's a secret"


def hooked(client: Client, tracker: str, receiver: Receiver, secret: str = SECRET) -> None:
    client.control("POST", "/settings", {"hooks": {tracker: {"url": receiver.url, "secret": secret}}})


def digest(delivery: Delivery) -> str:
    return "sha256=" + hmac.new(SECRET.encode(), delivery.raw, hashlib.sha256).hexdigest()


def test_jira_signs_the_raw_body_with_sha256_in_x_hub_signature(client: Client) -> None:
    with Receiver() as receiver:
        hooked(client, "jira", receiver)
        key = client.new_jira("Größe prüfen")
        delivery = until(lambda: receiver.deliveries)[0]
    assert delivery.headers["X-Hub-Signature"] == digest(delivery)
    assert "X-Atlassian-Webhook-Retry" not in delivery.headers
    body = json.loads(delivery.raw)
    assert (body["webhookEvent"], body["issue"]["key"]) == ("jira:issue_created", key)
    assert body["issue"]["fields"]["summary"] == "Größe prüfen"
    assert isinstance(body["timestamp"], int)
    assert "emailAddress" not in body["user"]


def test_a_persons_move_tells_who_did_what(client: Client) -> None:
    key = client.new_jira()
    with Receiver() as receiver:
        hooked(client, "jira", receiver)
        client.control("POST", f"/jira/issues/{key}", {"as": "712020:mateo-silva", "status": "Done"})
        body = json.loads(until(lambda: receiver.deliveries)[0].raw)
    assert body["webhookEvent"] == "jira:issue_updated"
    assert body["user"]["displayName"] == "Mateo Silva"
    moves = [(each["field"], each["fromString"], each["toString"]) for each in body["changelog"]["items"]]
    assert ("status", "To Do", "Done") in moves
    assert ("resolution", None, "Done") in moves


@pytest.mark.parametrize("status", [500, 429, 408])
def test_jira_repeats_a_failed_delivery_under_the_same_identifier(client: Client, status: int) -> None:
    with Receiver(status, status) as receiver:
        hooked(client, "jira", receiver)
        client.new_jira()
        deliveries = until(lambda: len(receiver.deliveries) == 3 and receiver.deliveries)
    assert len({each.headers["X-Atlassian-Webhook-Identifier"] for each in deliveries}) == 1
    assert [each.headers.get("X-Atlassian-Webhook-Retry") for each in deliveries] == [None, "1", "2"]
    assert len({each.raw for each in deliveries}) == 1


def test_jira_gives_up_after_five_repeats_and_at_once_on_a_400(client: Client) -> None:
    counts = client.control("GET", "/stats.json").json()["webhooks"]
    with Receiver(*[503] * 9) as receiver:
        hooked(client, "jira", receiver)
        client.new_jira()
        until(lambda: client.control("GET", "/stats.json").json()["webhooks"]["failed"] == counts["failed"] + 1)
        assert len(receiver.deliveries) == 6
    with Receiver(400) as receiver:
        hooked(client, "jira", receiver)
        client.new_jira()
        until(lambda: client.control("GET", "/stats.json").json()["webhooks"]["failed"] == counts["failed"] + 2)
        assert len(receiver.deliveries) == 1


def test_github_signs_in_its_own_header_and_never_repeats(client: Client) -> None:
    counts = client.control("GET", "/stats.json").json()["webhooks"]
    with Receiver(500) as receiver:
        hooked(client, "github", receiver)
        number = client.new_github()["number"]
        until(lambda: client.control("GET", "/stats.json").json()["webhooks"]["failed"] == counts["failed"] + 1)
        client.control("POST", f"/github/issues/{REPO}/{number}", {"state": "closed", "state_reason": "not_planned"})
        until(lambda: len(receiver.deliveries) == 2)
        opened, closed = receiver.deliveries
    assert opened.headers["X-Hub-Signature-256"] == digest(opened)
    assert (opened.headers["X-GitHub-Event"], json.loads(opened.raw)["action"]) == ("issues", "opened")
    assert opened.headers["X-GitHub-Delivery"] != closed.headers["X-GitHub-Delivery"]
    body = json.loads(closed.raw)
    assert (body["action"], body["issue"]["state_reason"]) == ("closed", "not_planned")
    assert body["repository"]["full_name"] == REPO
    assert body["sender"]["login"] == "dana-okafor"


def test_each_kind_of_change_on_github_has_its_own_event(client: Client) -> None:
    number = client.new_github(labels=["a"])["number"]
    target = {"transfer": "acme/status-page"}
    changes = {"title": "New", "labels": ["b"], "assignees": ["msilva"], "comment": "hi"}
    with Receiver() as receiver:
        hooked(client, "github", receiver, secret="")
        client.control("POST", f"/github/issues/{REPO}/{number}", changes)
        client.control("POST", f"/github/issues/{REPO}/{number}", target)
        deliveries = until(lambda: len(receiver.deliveries) == 6 and receiver.deliveries)
    bodies = {json.loads(each.raw)["action"]: json.loads(each.raw) for each in deliveries}
    assert set(bodies) == {"edited", "labeled", "unlabeled", "assigned", "created", "transferred"}
    assert bodies["edited"]["changes"] == {"title": {"from": "Do it"}}
    assert bodies["labeled"]["label"]["name"] == "b"
    assert bodies["transferred"]["changes"]["new_repository"]["full_name"] == "acme/status-page"
    assert all("X-Hub-Signature-256" not in each.headers for each in deliveries)


def test_a_switch_drops_all_webhooks(client: Client) -> None:
    with Receiver() as receiver:
        hooked(client, "jira", receiver)
        before = client.control("GET", "/stats.json").json()["webhooks"]["dropped"]
        assert client.control("POST", "/settings", {"webhooks": "drop"}).json()["webhooks"] == "drop"
        client.new_jira("Unheard")
        until(lambda: client.control("GET", "/stats.json").json()["webhooks"]["dropped"] == before + 1)
        client.control("POST", "/settings", {"webhooks": "send"})
        client.new_jira("Heard")
        (delivery,) = until(lambda: receiver.deliveries)
    assert json.loads(delivery.raw)["issue"]["fields"]["summary"] == "Heard"
