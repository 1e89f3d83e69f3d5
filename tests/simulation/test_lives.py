"""Lives from fixed seeds, and what makes a failing one small. More seeds: `python -m syncengine.testing.script --seeds 0-999`."""

import pytest

from syncengine.testing.script import Script, play, shrink

# Each of these once broke a promise; they are kept so that none of it comes back.
ONCE_WRONG = (
    0, 2, 6, 33, 34, 47, 95, 99, 102, 167, 181, 220, 237, 260, 332, 389, 634, 701, 1019, 1022, 1850, 2011, 2183, 3404, 3756, 4188, 6352,
)  # fmt: skip


@pytest.mark.parametrize("seed", [*range(200_000, 200_020), *ONCE_WRONG])
def test_nothing_is_lost_in_a_life(seed: int) -> None:
    assert play(Script.random(seed)) == []


def test_a_seed_is_always_the_same_life() -> None:
    def told() -> list[str]:
        said: list[str] = []
        play(Script.random(17), said.append)
        return [
            line for line in said if not line.startswith(("sync", "{"))
        ]  # reports tell how long they took

    assert told() == told()


def test_a_script_is_cut_down_to_what_goes_wrong() -> None:
    script = Script.random(3)
    wanted = {script.steps[1], script.steps[-1]}
    assert set(shrink(script, lambda one: wanted <= set(one.steps)).steps) == wanted
