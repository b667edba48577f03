"""What each kind of outbox message makes true outside: decided from the ledger, called once, settled."""
