"""Samples that vendors publish of what they send, and what the house is to make of each.

The samples are not part of this project: they are read where they lie beside the checkout. A vendor's module lists them
in `SAMPLES`, and `ALL` in `test_samples.py` takes it in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.sandbox.running import Sandbox
from service.app import create_app
from service.ledger.rows import Delivery
from tests.support.house import House
from tests.usecases.surroundings import items_of, ledger_issues, shown

FOLDER = Path(__file__).parents[3] / "shared" / "payloads"
# Keys to a delivery's headers from its bytes and the instant of sending.
Sign = Callable[[bytes, datetime], Mapping[str, str]]
FINAL, DRAFT, DELETED, IGNORED, DUE, NO_DELIVERY = "final", "draft", "deleted", "ignored", "due", "no delivery"


@dataclass(frozen=True)
class Sample:
    """One file. `becomes`: final, draft, deleted (a postmortem with that status), ignored, due (an issue of ours is due
    for a read), or "no delivery": then `why` says what it is. `items`: promises of the postmortem, which become issues
    unless all are `held` with that code. `sign` is how the vendor signs; `hook` the configured name to whose door it
    comes; `prepare` puts the stand-in in order; `wrap` puts what is a part of a delivery into the whole.
    """

    file: str
    vendor: str
    event: str
    becomes: str
    why: str = ""
    hook: str = ""
    sign: Sign | None = None
    items: int = 0
    held: str = ""
    prepare: Callable[[Sandbox], None] = field(default=lambda _: None)
    wrap: Callable[[bytes], bytes] = field(default=lambda body: body)


def content(file: str) -> Any:
    """A sample as data."""
    return json.loads((FOLDER / file).read_bytes())


def sent(house: House, sample: Sample) -> Delivery:
    """Sends a sample through the door and does all that follows from it."""
    assert sample.sign is not None
    sample.prepare(house.sandbox)
    body = sample.wrap((FOLDER / sample.file).read_bytes())
    headers = {"content-type": "application/json", **sample.sign(body, datetime.now(UTC))}
    if sample.becomes == DUE:
        _own(house, sample, headers, body)
    with create_app(house.components).test_client() as client:
        answer = client.post(f"/hooks/{sample.hook}", data=body, headers=headers)
    assert answer.status_code == 202, f"{sample.file}: {answer.status_code} {answer.text}"
    with house.ledger.read() as uow:
        delivery = uow.inbox.get(_latest(house))
    assert delivery is not None
    _work(house, sample)
    with house.ledger.read() as uow:
        found = uow.inbox.get(delivery.id)
    assert found is not None
    return found


def _latest(house: House) -> int:
    from sqlalchemy import func, select

    from service.ledger.tables import deliveries

    with house.ledger.read() as uow:
        return int(uow.connection.execute(select(func.max(deliveries.c.id))).scalar_one())


def _own(house: House, sample: Sample, headers: Mapping[str, str], body: bytes) -> None:
    """Lets the sample be about an issue of ours: one that the ledger knows by the sample's own name for it."""
    document = {"id": "INC-1", "title": "T", "status": "final", "action_items": [{"title": "Do it"}]}
    house.submit({**document, "services": ["api"] if sample.hook == "github" else []})
    house.work()
    (issue,) = ledger_issues(house)
    touched = house.components.trackers[sample.hook].touched(dict(headers), body)
    refs: tuple[str, ...] = getattr(touched, "refs", ())
    assert refs, f"{sample.file} names no issue"
    with house.ledger.begin() as uow:
        uow.issues.update(issue.id, ref=refs[0], read_due_at=None)
        uow.commit()


def _work(house: House, sample: Sample) -> None:
    from service.usecases.deliveries import absorb_due

    if sample.becomes == DUE:
        # What the tracker then says of the issue is another matter: the stand-in has never heard of the sample's.
        absorb_due(house.components, lambda: True)
    else:
        house.work()


def judge(house: House, sample: Sample, delivery: Delivery) -> str:
    """What became of it, in the ledger's own words; fails where it is not what was to become of it."""
    said = f"{sample.file}: {delivery.state}: {delivery.outcome or delivery.error}"
    if sample.becomes == IGNORED:
        assert delivery.state == "ignored", said
        assert delivery.outcome, said
        return f"ignored: {delivery.outcome}"
    assert delivery.state == "done", said
    if sample.becomes == DUE:
        with house.ledger.read() as uow:
            assert uow.issues.anything_due(house.components.now()), said
        return "an issue of ours that it is about is due for a read"
    assert _status(house) == sample.becomes, said
    items = items_of(house)
    assert len(items) == sample.items, f"{said} {[item.title for item in items]}"
    assert {item.attention_code for item in items} <= {sample.held or None}, [item.attention for item in items]
    assert len(shown(house)) == (0 if sample.held else len(items)), said
    if not items:
        return f"a postmortem, {sample.becomes}; it promises nothing yet"
    promises = f"a postmortem, {sample.becomes}, with {len(items)} action item{'s' if len(items) > 1 else ''}"
    return f"{promises}, held: {items[0].attention}" if sample.held else f"{promises}, which became issues"


def _status(house: House) -> str:
    from sqlalchemy import select

    from service.ledger.tables import postmortems

    with house.ledger.read() as uow:
        rows = uow.connection.execute(select(postmortems.c.status)).scalars().all()
    assert len(rows) == 1, rows
    return str(rows[0])
