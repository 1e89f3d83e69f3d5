"""What plug-in authors and our own tests build on: an in-memory tool, the conformance suite, faults, a clock."""
