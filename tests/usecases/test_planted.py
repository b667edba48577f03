"""Forty kinds of planted secrets, in every place of a document: none reaches a tracker, a mail or a webhook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape

import pytest

from tests.redaction.test_redact import SECRETS as KNOWN
from tests.support.house import KEY
from tests.support.subscriber import Subscriber, subscribing
from tests.usecases.surroundings import OpenHouse, Outside, persist, postmortem, shown
from tests.usecases.test_listeners import LISTENER

A, HEX = "Ab1Cd2Ef3G", "0123456789abcdef"
MORE = {
    "age": "AGE-SECRET-KEY-1" + "QPZRY9X8GF" * 6,
    "databricks": "dapi" + HEX * 2,
    "docker": "dckr_pat_" + A * 3,
    "doppler": "dp.pt." + A * 5,
    "firehydrant": "fhb-" + HEX * 3,
    "heroku": "HRKU-" + A * 4,
    "linear": "lin_api_" + A * 4,
    "notion": "ntn_" + A * 5,
    "planetscale": "pscale_tkn_" + A * 4,
    "postman": "PMAK-" + HEX + HEX[:8] + "-" + HEX * 2 + "ab",
    "pulumi": "pul-" + HEX * 2 + HEX[:8],
    "rootly": "rootly_" + HEX * 3,
    "rubygems": "rubygems_" + HEX * 3,
    "sentry": "sntrys_" + A * 5,
    "supabase": "sbp_" + HEX * 2 + HEX[:8],
    "tailscale": "tskey-auth-" + A + "-" + A * 2,
    "terraform": (A * 2)[:14] + ".atlasv1." + A * 7,
}
SECRETS = {**{name: text for name, text in KNOWN.items() if name != "private key"}, **MORE}
# The last characters tell a leak of the tail; they are in no other text.
PLACES = [
    "It said {} in the log.",
    "| what | value |\n| --- | --- |\n| old | {} |",
    "```sh\nexport X={}\n```",
    "[the log](https://logs.example.com/?q={})",
    "Use `{}` there.",
]


def split(secret: str) -> list[str]:
    """The same secret as somebody might spell it so that it is only whole where it is shown."""
    cut = len(secret) // 2
    head, tail = secret[:cut], secret[cut:]
    encoded = "".join(f"%{ord(each):02X}" for each in secret)
    return [
        f"{head}**{tail}**",
        f"{head}<b>{tail}</b>",
        f"{head}\u200b{tail}",
        f"{head}&#{ord(tail[0])};{tail[1:]}",
        f"[{head}](https://x.example/){tail}",
        f"[log](https://logs.example.com/?q={encoded})",
    ]


def as_shown(text: str) -> str:
    """What a reader makes of a text, roughly: nothing encoded, nothing invisible, no markup."""
    for _ in range(3):
        text = unescape(re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text))
    text = re.sub(r"\]\([^()\s]*\)|</?[a-z][^<>]*>|[\u200b\u2060]", "", text)
    return re.sub(r"[\\*`\[\]{}]", "", text)


@pytest.fixture
def subscriber(monkeypatch: pytest.MonkeyPatch) -> Iterator[Subscriber]:
    monkeypatch.setenv("TEST_OUT", f"whsec_{KEY}")
    with subscribing() as found:
        yield found


def document(name: str, secret: str, revision: int = 1) -> dict[str, object]:
    body = "\n\n".join(place.format(secret) for place in PLACES)
    odd = "\n\n".join(split(secret))
    item = {
        "id": "A",
        "title": f"Rotate {secret}",
        "description": f"{body}\n\n{odd}\n\nRevision {revision}",
        "success_metric": split(secret)[0],
        "labels": [secret.replace(" ", "-"), "rotation"],
        "owner": {"email": "dana.okafor@acme.example"},
        "due_on": "2026-01-05",
    }
    told = {"summary": f"{body}\n\n{odd}", "impact": secret, "services": ["api"] if len(secret) % 2 else []}
    return postmortem(name.replace(" ", "-"), revision=revision, title=f"Leak of {secret}", items=[item], **told)


def test_there_are_forty_kinds() -> None:
    assert len(SECRETS) >= 40


def test_no_planted_secret_leaves_by_any_way(opened: OpenHouse, outside: Outside, subscriber: Subscriber) -> None:
    house = opened(extra=LISTENER.format(url=subscriber.url, more=""), service="creates_per_hour = 1000")
    for name, secret in SECRETS.items():
        house.submit(document(name, secret))
    house.work(100)
    for name, secret in SECRETS.items():
        house.submit(document(name, secret, revision=2))
    house.work(100)
    for issue in shown(house):
        jira = issue["tracker"] == "jira"
        outside.person(issue, **({"assignee": "712020:dana-okafor"} if jira else {"assignees": ["dana-okafor"]}))
    house.pass_time(days=3)
    house.reconcile()
    house.escalate()
    persist(house, 2)
    assert len(shown(house)) == len(SECRETS)
    assert any(issue["comments"] for issue in shown(house))
    assert house.mails()
    assert len(subscriber.taken) >= 3 * len(SECRETS)
    bodies = [body.decode("utf-8", "replace") for _, _, body in outside._listener.bodies]
    told = [each.body.decode() for each in subscriber.taken]
    left = "\n".join([*bodies, *told, json.dumps(house.mails()), json.dumps(house.issues())]).replace("\\u200b", "")
    whole = left + as_shown(left.replace("\\n", "\n").replace('\\"', '"'))
    assert [name for name, secret in SECRETS.items() if secret in whole or secret[-14:] in whole] == []
