"""Somebody is forgotten in Notion, Sheets and Google Calendar: the stores of the stand-ins are searched, and nobody is mailed."""

from __future__ import annotations

from tests.unit.office import Office

NAME, EMAIL, OWN = "Grace Lindqvist", "grace.l@example.org", "OWNWORDS"


def peopled(office: Office) -> str:
    """A pair that meets, with goals, reflections and feedback; returns the pair's id."""
    office.other.add("person", name=NAME, email=EMAIL, wants=f"{OWN} wants")
    office.other.add("person", name="Ada Okafor", email="ada@example.org")
    office.other.add(
        "pair",
        name="Ada & Grace",
        members=f"{NAME}; Ada Okafor",
        every="week",
        first_meeting="2026-03-03",
        time="17:00",
    )
    office.other.add("goal", title="Learn SQL", person=NAME, why=f"asked by {NAME} <{EMAIL}>")
    office.sync()
    pair = next(row.id for row in office.other.rows.values() if row.kind == "pair")
    assert pair is not None
    office.configure(office.own_of(pair))
    assert not office.setup().problems
    office.own.add("reflection", by=NAME, what=f"{OWN} what", words=f"{OWN} words", pair="Ada & Grace")
    office.sync()
    row = office.other.find("checkin", slot="2026-03-10T16:00:00Z")
    office.other.edit(
        row, starts="2026-03-11T16:00:00Z"
    )  # an exception, which has guests and a name of its own
    office.sync()
    gone = office.other.add("goal", title=f"{OWN} of {NAME}", person=NAME)
    office.sync()
    office.other.remove(gone)  # its words lie in the Archive of the spreadsheet from now on
    office.sync()
    assert office.sync().writes == 0
    return pair


def test_nothing_of_them_is_left_in_any_service(office: Office) -> None:
    peopled(office)
    for stored in (office.living_notion(), office.all_sheets(), office.all_calendars()):
        assert EMAIL in stored or NAME in stored
    assert office.mails()
    person = next(row.id for row in office.other.rows.values() if row.fields.get("name") == NAME)
    assert person is not None
    done = office.forget(person, [OWN])
    assert done.waits == []
    assert [(one.place, one.where, one.problem) for one in done.sightings if one.found or one.problem] == []
    assert office.mails() == [], "nobody is told that somebody left"
    for word in (NAME, EMAIL, OWN):
        assert word not in office.living_notion(), word
        assert word not in office.all_sheets(), word
        assert word not in office.all_calendars(), word
    assert "asked by former member" in office.all_sheets()
    assert "Ada & former member" in office.all_calendars()
    assert {"notion", "sheet", "calendar"} <= done.keeps.keys()
    assert all(done.keeps[name] for name in ("notion", "sheet", "calendar"))
    for _ in range(2):
        report = office.sync()
        assert (report.writes, report.warnings) == (0, [])
    assert office.mails() == []


def test_what_was_removed_now_lies_in_notions_trash_without_a_word(office: Office) -> None:
    office.other.add(
        "person",
        name=NAME,
        email=EMAIL,
        about=f"# {OWN} head\n\n{OWN} about\n\n- {OWN} one\n- {OWN} two\n\n{OWN} last",
    )
    office.sync()
    person = next(row.id for row in office.other.rows.values())
    assert person is not None
    office.forget(person)
    assert EMAIL not in office.all_notion()
    assert OWN not in office.all_notion()
