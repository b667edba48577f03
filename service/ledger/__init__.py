"""The ledger: the only place that knows SQL."""

from service.ledger.rows import (
    CredentialRow,
    CursorRow,
    Delivery,
    EventRow,
    Instance,
    Issue,
    Item,
    Message,
    NoticeLine,
    NoticeRow,
    OperatorNotice,
    Parent,
    Postmortem,
    StallRow,
    StepRow,
    Target,
)
from service.ledger.targets import Limit
from service.ledger.unit_of_work import Ledger, UnitOfWork

__all__ = [
    "CredentialRow",
    "CursorRow",
    "Delivery",
    "EventRow",
    "Instance",
    "Issue",
    "Item",
    "Ledger",
    "Limit",
    "Message",
    "NoticeLine",
    "NoticeRow",
    "OperatorNotice",
    "Parent",
    "Postmortem",
    "StallRow",
    "StepRow",
    "Target",
    "UnitOfWork",
]
