"""The state store: records, shadows, history, conflicts, runs."""

from syncengine.store.rows import ConflictRow, HistoryRow, ReplicaRow, RunRow
from syncengine.store.store import Store, open_store

__all__ = ["ConflictRow", "HistoryRow", "ReplicaRow", "RunRow", "Store", "open_store"]
