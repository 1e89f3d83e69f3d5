"""Where the command `mentorsync` begins: before anything else is loaded."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line. See `syncengine.cli.main`."""
    # Loading modules and syncing make many things and few circles of them: to look for these took a tenth of a run.
    gc.set_threshold(50_000, 20, 20)
    from syncengine.cli import main as run

    run()
