"""The ledger: the only place that knows SQL."""

from service.ledger.rows import (
    CursorRow,
    Delivery,
    Instance,
    Issue,
    Item,
    Message,
    NoticeRow,
    Postmortem,
    Target,
)
from service.ledger.unit_of_work import Ledger, UnitOfWork

__all__ = [
    "CursorRow",
    "Delivery",
    "Instance",
    "Issue",
    "Item",
    "Ledger",
    "Message",
    "NoticeRow",
    "Postmortem",
    "Target",
    "UnitOfWork",
]
