"""The rules of agreement as pure functions: no I/O, no clock, no randomness."""
