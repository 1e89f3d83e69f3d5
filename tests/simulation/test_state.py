"""What becomes of a program whose state is lost, older than the tools, or damaged: the tools still have everything."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest

from syncengine.errors import AccessError
from tests.simulation.faults.people import People, busy_day, goals_everywhere
from tests.simulation.faults.picture import Picture, differences, mails, picture
from tests.simulation.faults.workplace import Moment, Workplace, workplace

_OPEN_IN = re.compile(r"""(\\+n)*Open in \w+: [^\\'"]+""")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workplace, Moment, Moment]]:
    """A program on all tools: before a busy day, and after it was synced."""
    with workplace(tmp_path_factory.mktemp("lived")) as place:
        place.setup()
        goals_everywhere(People(place), 9)
        place.sync()
        place.sync()
        before = place.keep()
        busy_day(People(place), 1)
        place.sync()
        place.sync()
        yield place, before, place.keep()


def told(place: Workplace) -> Picture:
    """The picture without the addresses in an agenda, which wait until the next change of their pair."""
    return {
        name: sorted(said for line in lines if (said := _OPEN_IN.sub("", line)))
        for name, lines in picture(place).items()
    }


def test_a_lost_state_is_rebuilt_from_the_ids_in_the_tools(lived: tuple[Workplace, Moment, Moment]) -> None:
    """Blank minutes stay blank, an open question keeps its words, and nobody is mailed."""
    place, _, after = lived
    place.back_to(after)
    before, sent = told(place), mails(place)
    shutil.rmtree(place.folder / ".mentorsync")
    report = place.sync()
    assert sum(counts["created"] + counts["deleted"] for counts in report.replicas.values()) == 0
    assert place.sync().writes == 0
    assert differences(before, told(place)) == []
    assert mails(place) == sent


def test_an_answer_to_a_question_from_before_the_state_was_lost_is_told(
    lived: tuple[Workplace, Moment, Moment],
) -> None:
    place, _, after = lived
    place.back_to(after)
    shutil.rmtree(place.folder / ".mentorsync")
    place.sync()
    [note] = (place.folder / "notes" / "Waits for you").glob("*.md")
    text = note.read_text(encoding="utf-8")
    assert "on hold" in text
    note.write_text(text.replace("answer:", "answer: 1.", 1), encoding="utf-8")
    [warning] = [w for w in place.sync().warnings if "before the state was lost" in w]
    assert "Write the answer into the field itself" in warning


def test_a_state_older_than_the_tools_catches_up(lived: tuple[Workplace, Moment, Moment]) -> None:
    place, old, after = lived
    place.back_to(after)
    before, sent = told(place), mails(place)
    shutil.rmtree(place.folder / ".mentorsync")
    shutil.copytree(old.folder / ".mentorsync", place.folder / ".mentorsync")
    place.sync(fresh=True)
    assert place.sync().writes == 0
    assert [line for line in differences(before, told(place)) if "Waits for you" not in line] == []
    assert mails(place) == sent


@pytest.mark.parametrize("damage", ["truncated", "garbage", "empty"])
def test_a_damaged_state_is_told_with_what_to_do(
    lived: tuple[Workplace, Moment, Moment], damage: str
) -> None:
    place, _, after = lived
    place.back_to(after)
    [path] = [one for one in (place.folder / ".mentorsync").iterdir() if one.read_bytes()[:6] == b"SQLite"]
    for other in path.parent.glob(f"{path.name}-*"):
        other.unlink()
    whole = path.read_bytes()
    path.write_bytes(
        {"truncated": whole[: len(whole) // 2], "garbage": b"garbage" * 999, "empty": b""}[damage]
    )
    if damage == "empty":  # SQLite's own idea of a new file: as if it were lost
        assert sum(c["created"] + c["deleted"] for c in place.sync().replicas.values()) == 0
        return
    with pytest.raises(AccessError) as told:
        place.sync()
    assert path.name in told.value.where
    assert "move it away" in told.value.remedy
    path.unlink()
    place.sync()
    assert place.sync().writes == 0
