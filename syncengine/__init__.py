"""mentorsync's sync engine: one canonical record, any number of replicas, nothing anyone wrote is lost."""

__version__ = "0.1.0"
