"""Opening hours and closures in cells: read as people write them in either language, said again as they are read."""

import pytest

from boucle.opening_hours import read_week
from boucle.words import LANGUAGES
from boucle_server.imports.cells import CellError
from boucle_server.imports.hour_cells import closures, holidays, hours, written_closures, written_days, written_hours

WEEKDAYS = "mon:08:00-12:00,13:30-17:00 tue:08:00-12:00,13:30-17:00 wed:08:00-12:00"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("lundi-mardi 8:00-12:00, 13:30-17:00 ; mercredi 8h-12h", WEEKDAYS),
        ("mon–tue 08:00–12:00, 13:30 – 17:00; wed 8-12", WEEKDAYS),
        ("Lundi au mardi : 8h à 12h et 13h30 à 17h\nmer. 8h00-12h00", WEEKDAYS),
        ("mon 8:00-12:00; 13:30-17:00; tue 8:00-12:00 / 13:30-17:00; Wednesday 8.00-12", WEEKDAYS),
        ("sam-lun 9-12", "mon:09:00-12:00 sat:09:00-12:00 sun:09:00-12:00"),
        ("ven 22:00-6:00 ; dim fermé", "fri:22:00-06:00"),
        ("lun 0-24", "mon:00:00-24:00"),
        ("dimanche closed", ""),
    ],
)
def test_a_week_is_read_as_people_write_it(typed: str, kept: str) -> None:
    assert hours(typed) == kept


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("8-12", "hours_no_day"),
        ("ma 8-12", "hours_no_day"),
        ("jour 8-12", "hours_no_day"),
        ("lundi matin", "bad_hours"),
        ("lundi 8-25", "bad_hours"),
        ("lundi 8:60-12:00", "bad_hours"),
        ("lundi 24-6", "bad_hours"),
        ("lundi ٨-12", "bad_hours"),
        ("lundi 8", "bad_hours"),
        ("lundi 17-8", "hours_backwards"),
        ("lundi 8-8", "hours_backwards"),
        ("lundi 8-12, 11-13", "hours_overlap"),
        ("lundi 22-6 ; mardi 5-9", "hours_overlap"),
        ("dimanche 22-6 ; lundi 5-9", "hours_overlap"),
        ("lundi-mardi 8-12 ; mardi 14-15", "hours_twice"),
        ("lundi 0-1,2-3,4-5,6-7,8-9,10-11,12-13", "hours_too_many"),
    ],
)
def test_what_is_no_week_is_told_by_what_is_wrong_with_it(typed: str, told: str) -> None:
    with pytest.raises(CellError, match=told):
        hours(typed)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kept", [WEEKDAYS, "mon:08:00-12:00 wed:00:00-24:00 thu:00:00-24:00 sun:22:00-06:00", ""])
def test_a_week_is_written_as_its_reader_takes_it(lang: str, kept: str) -> None:
    assert hours(written_hours(kept, lang)) == kept
    assert (
        hours(
            "; ".join(
                f"{['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][day]} {said}"
                for day, said in written_days(kept).items()
            )
        )
        == kept
    )
    assert not kept or read_week(kept) is not None


def test_equal_days_in_a_row_are_written_as_one() -> None:
    assert written_hours(WEEKDAYS, "fr") == "lundi-mardi 8:00-12:00, 13:30-17:00 ; mercredi 8:00-12:00"
    assert written_hours("mon:08:00-12:00 wed:08:00-12:00", "en") == "Monday 8:00-12:00; Wednesday 8:00-12:00"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("24/12/2026", "2026-12-24/2026-12-24"),
        ("03/08/2026 au 21/08/2026\n24/12/2026", "2026-08-03/2026-08-21 2026-12-24/2026-12-24"),
        ("du 3/8/2026 au 21/8/2026", "2026-08-03/2026-08-21"),
        ("2026-08-03 to 2026-08-14, 15/08/2026-21/08/2026", "2026-08-03/2026-08-21"),
        ("", ""),
    ],
)
def test_closures_are_read_as_people_write_them(typed: str, kept: str) -> None:
    assert closures(typed) == kept
    assert all(closures("\n".join(written_closures(kept, lang))) == kept for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("août", "bad_closure"),
        ("31/02/2026", "bad_closure"),
        ("03/08/2026 au", "bad_closure"),
        ("21/08/2026 au 03/08/2026", "closure_backwards"),
        ("\n".join(f"{day}/{month}/2026" for month in range(1, 6) for day in range(1, 28)), "closures_too_many"),
    ],
)
def test_what_is_no_closure_is_told(typed: str, told: str) -> None:
    with pytest.raises(CellError, match=told):
        closures(typed)


def test_public_holidays_are_chosen_by_their_name() -> None:
    assert [holidays(each) for each in ("Alsace-Moselle", "france", "Aucun", "none")] == [
        "alsace-moselle",
        "france",
        "none",
        "none",
    ]
    with pytest.raises(CellError):
        holidays("Belgique")
