"""People, faults and syncs in any order, chosen by Hypothesis; then the design's rules must hold (`syncengine.testing.life`)."""

import tempfile

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from syncengine.testing.life import ABILITIES, STEPS, in_memory

abilities = st.sampled_from(sorted(ABILITIES))
numbers = st.integers(0, 10**6)


class Program(RuleBasedStateMachine):
    """Two to four tools of the program, and perhaps one of the pair's own."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="machine-")

    @initialize(tools=st.lists(abilities, min_size=2, max_size=4), own=st.none() | abilities)
    def begin(self, tools: list[str], own: str | None) -> None:
        self.life = in_memory(self.folder.name, tuple(tools), own, note)

    @rule(word=st.sampled_from(sorted(STEPS)), a=numbers, b=numbers, c=numbers)
    def step(self, word: str, a: int, b: int, c: int) -> None:
        self.life.act((word, a, b, c))

    def teardown(self) -> None:
        try:
            if hasattr(self, "life"):
                wrong = self.life.end()
                assert not wrong, wrong
        finally:
            self.folder.cleanup()


TestProgram = Program.TestCase
TestProgram.settings = settings(
    max_examples=max(20, settings.default.max_examples // 3), stateful_step_count=30
)
