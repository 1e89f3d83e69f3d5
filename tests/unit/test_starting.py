"""People and pairs of the config, as the first records: how long a pair of a preset goes on."""

from pathlib import Path

import pytest

from syncengine.config import load
from syncengine.starting import starting_people
from syncengine.testing.clock import START

PROGRAM = """
[program]
name = "Tide"
{preset}

[[replica]]
name = "notes"
connector = "markdown"
path = "notes"

[[person]]
name = "Ada"
[[person]]
name = "Ben"

[[pair]]
members = ["Ada", "Ben"]
{pair}
"""


@pytest.mark.parametrize(
    ("preset", "pair", "until"),
    [
        ('preset = "term"', "first_meeting = 2026-03-02", "2026-06-07"),  # 14 weeks, a Sunday
        ('preset = "term"', "first_meeting = 2026-03-02\nuntil = 2026-05-01", "2026-05-01"),
        ('preset = "term"', "first_meeting = 9999-12-30", "9999-12-31"),
        ('preset = "term"', "", None),
        ("", "first_meeting = 2026-03-02", None),
    ],
)
def test_a_pair_ends_with_its_preset(tmp_path: Path, preset: str, pair: str, until: str | None) -> None:
    (tmp_path / "mentorsync.toml").write_text(PROGRAM.format(preset=preset, pair=pair), encoding="utf-8")
    wishes = starting_people(load(str(tmp_path / "mentorsync.toml")), lambda _kind: (), START)
    [made] = [wish for wish in wishes if wish.kind == "pair"]
    assert made.fields.get("until") == until
