"""One module per version of the ledger's schema; none is ever changed once released."""
