"""A stand-in for Notion's API: a workspace on this machine, over real HTTP, for tests and demos.

    with Sandbox(clock) as box:
        …  # base_url = box.address, token = box.token, page = box.root.id

What it does is what recorded traffic and the official types show; where they are silent it refuses.
"""

from syncengine_notion.sandbox.clocktime import ClockTime
from syncengine_notion.sandbox.people import People
from syncengine_notion.sandbox.server import Sandbox

__all__ = ["ClockTime", "People", "Sandbox"]
