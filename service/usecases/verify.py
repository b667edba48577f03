"""Says whether the journal is what was written, as far as the ledger alone can tell."""

from __future__ import annotations

from connectors.spi import Finding
from service.ledger import Ledger

CONSISTENT, BROKEN = "journal.consistent", "journal.broken"


def verify_journal(ledger: Ledger) -> Finding:
    """Reads the whole journal, and says up to where it holds or where it first does not."""
    with ledger.read() as uow:
        broken = uow.journal.broken_at()
        position, head = uow.journal.head()
    if broken is not None:
        return Finding(
            BROKEN,
            f"The journal does not hold at position {broken}: what stands there is not what was sealed.",
            "Compare it with a backup, and the last head that the workers logged (journal head) with the ledger's.",
        )
    if position == 0:
        return Finding(CONSISTENT, "The journal holds nothing that is sealed yet.", "Nothing to do.")
    return Finding(
        CONSISTENT,
        f"The journal is consistent in itself up to position {position}.",
        f"That nobody wrote it anew shows the workers' log, if it has: journal head position={position} hash={head}",
    )
