"""`mentorsync.toml`: one program, its replicas, and (optionally) its first people and pairs.

Errors name the file, the line and what to write instead. Relative paths are relative to the file. A value that
may be a secret is written as `env:NAME`, `file:PATH` or `keyring:NAME` and looked up when it is needed.
"""

from syncengine.config.lines import line_of
from syncengine.config.program import FILE, Program, find, load, understood
from syncengine.config.recall import keep
from syncengine.config.sections import ProgramFile

__all__ = ["FILE", "Program", "ProgramFile", "find", "keep", "line_of", "load", "understood"]
