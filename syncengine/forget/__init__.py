"""Forgetting a person: out of the tools, the state and the history, with a proof. See docs/forget.md."""

from syncengine.forget.finding import find_person
from syncengine.forget.mentions import mentions
from syncengine.forget.proof import Sighting, prove
from syncengine.forget.steps import Forgotten, forget, look

__all__ = ["Forgotten", "Sighting", "find_person", "forget", "look", "mentions", "prove"]
