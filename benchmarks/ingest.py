"""Batches of events through the write door, beside the bare insertion of the same ledger rows."""
