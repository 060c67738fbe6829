"""The ledger's schema, version by version, applied when a ledger is opened."""
