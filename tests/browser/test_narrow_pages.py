"""A phone's width in a real Chromium, without scripts: one line of menu, and content before controls."""

import pytest

from boucle.board import COLUMNS
from boucle_server.demo.people import PASSWORD
from tests.browser.keyboard import Keyboard

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PHONE_PX = 360
HEIGHT_PX = 800
BAR_PX = 70
"""One line of touch targets with the space around it."""


@pytest.fixture(params=[320, PHONE_PX, 768])
def narrow(open_keyboard: Keyboard, request: pytest.FixtureRequest) -> Keyboard:
    """Give a browser as narrow as a phone or a tablet that is held upright, signed in."""
    open_keyboard.open(width=request.param, height=HEIGHT_PX)
    open_keyboard.sign_in("responsable", PASSWORD)
    return open_keyboard


def box(keys: Keyboard, selector: str) -> dict[str, float]:
    """Say where the first of these is on the page, in CSS pixels."""
    found: dict[str, float] = keys.ask("box", selector=selector)
    return found


def shown(keys: Keyboard, selector: str) -> bool:
    """Tell whether something can be seen."""
    return bool(keys.ask("shown", selector=selector))


def test_the_menu_takes_one_line_names_the_page_and_is_walked_by_keyboard(narrow: Keyboard) -> None:
    narrow.goto("/objets")
    assert box(narrow, ".bar")["height"] <= BAR_PX
    assert not shown(narrow, ".menu a")
    narrow.press("Menu · Objets", key="Enter")
    assert shown(narrow, ".menu a")
    assert narrow.ask("text", selector=".menu a[aria-current=page]") == "Objets"
    assert narrow.ask("text", selector=".ways .person").startswith("Claire Muller")
    narrow.follow("Partenaires")
    assert (narrow.url, narrow.status) == ("/partenaires", 200)
    assert not shown(narrow, ".menu a")


def test_escape_closes_the_menu_and_gives_the_focus_back(narrow: Keyboard) -> None:
    narrow.goto("/objets")
    narrow.press("Menu · Objets")
    assert narrow.to("Tournées").tag == "a"
    narrow.ask("press", key="Escape")
    assert not shown(narrow, ".menu a")
    assert narrow.ask("focused")["words"] == "Menu · Objets"


def test_somebody_signs_out_through_the_menu(narrow: Keyboard) -> None:
    narrow.press("Menu · Tableau de bord")
    narrow.follow("Se déconnecter")
    assert narrow.url.startswith("/connexion")


def test_a_wide_page_shows_its_whole_menu_and_no_button_for_it(keys: Keyboard) -> None:
    keys.sign_in("responsable", PASSWORD)
    assert shown(keys, ".menu a")
    assert not shown(keys, ".ways-open")
    assert keys.ask("text", selector=".menu a[aria-current=page]") == "Tableau de bord"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/a-traiter", ".case"),
        ("/a-traiter?kind=overdue", ".case"),
        ("/tableau", ".tile"),
        ("/tableau?partner=rhin-plasturgie", ".tile"),
        ("/tableau/chiffre/K2", ".value-big"),
        ("/objets", "tbody tr"),
        ("/atelier", ".ticket"),
        ("/retours", "tbody tr"),
        ("/tournees", "tbody tr"),
        ("/partenaires", "tbody tr"),
        ("/appareils", "tbody tr"),
    ],
)
def test_a_phone_sees_the_content_of_a_page_without_scrolling(keys: Keyboard, path: str, content: str) -> None:
    keys.open(width=PHONE_PX, height=HEIGHT_PX)
    keys.sign_in("responsable", PASSWORD)
    keys.goto(path)
    assert box(keys, f"main {content}")["y"] < HEIGHT_PX


def test_a_phone_unfolds_the_heaps_by_keyboard_and_is_told_which_it_chose(keys: Keyboard) -> None:
    keys.open(width=PHONE_PX, height=HEIGHT_PX)
    keys.sign_in("responsable", PASSWORD)
    keys.goto("/a-traiter")
    assert not shown(keys, ".chips a")
    keys.press("Sortes de cas")
    keys.follow("En retard")
    assert keys.url == "/a-traiter?kind=overdue"
    assert keys.ask("text", selector=".fold summary").startswith("Sortes de cas En retard")
    assert not shown(keys, ".chips a")


def test_a_phone_unfolds_the_filters_by_keyboard_and_is_told_what_they_stand_at(keys: Keyboard) -> None:
    keys.open(width=PHONE_PX, height=HEIGHT_PX)
    keys.sign_in("responsable", PASSWORD)
    keys.goto("/objets")
    assert keys.ask("text", selector=".fold summary") == "Filtres aucun"
    keys.press("Filtres")
    keys.choose("roll", field="type")
    keys.press("En retard seulement")
    keys.follow("Afficher")
    assert keys.ask("text", selector=".fold summary") == "Filtres Roll · En retard seulement"
    keys.goto("/tableau?partner=rhin-plasturgie")
    assert keys.ask("text", selector=".fold summary").endswith("· Partenaire : Rhin Plasturgie")


def test_with_room_for_them_filters_and_heaps_stand_open_without_a_press(keys: Keyboard) -> None:
    keys.sign_in("responsable", PASSWORD)
    for path, control in (("/a-traiter", ".chips a"), ("/tableau", ".filters select"), ("/objets", ".filters select")):
        keys.goto(path)
        assert shown(keys, control), path
        assert not shown(keys, ".fold summary"), path


@pytest.mark.parametrize("width", [PHONE_PX, 1280])
def test_paper_has_the_content_of_a_page_and_no_menu_nor_controls(keys: Keyboard, width: int) -> None:
    keys.open(width=width, height=HEIGHT_PX)
    keys.sign_in("responsable", PASSWORD)
    for path, content in (("/tableau", ".tile"), ("/a-traiter", ".case")):
        keys.goto(path)
        keys.ask("media", kind="print")
        assert shown(keys, f"main {content}")
        assert not shown(keys, ".bar"), path
        assert not shown(keys, ".fold, .filters, .chips"), path
        keys.ask("media", kind="screen")


LONG_TABLES = ("#months ~ .folded table", "#loops ~ .folded table")


def test_a_phone_folds_the_long_tables_of_the_dashboard_and_paper_has_them_whole(keys: Keyboard) -> None:
    keys.open(width=PHONE_PX, height=HEIGHT_PX)
    keys.sign_in("responsable", PASSWORD)
    keys.goto("/tableau")
    assert [shown(keys, each) for each in LONG_TABLES] == [False, False]
    keys.ask("media", kind="print")
    assert [shown(keys, each) for each in LONG_TABLES] == [True, True]
    assert not shown(keys, ".folded > summary")
    keys.ask("media", kind="screen")
    keys.press("– Mois par mois")
    assert [shown(keys, each) for each in LONG_TABLES] == [True, False]


def test_with_room_for_them_the_long_tables_of_the_dashboard_stand_open(keys: Keyboard) -> None:
    keys.sign_in("responsable", PASSWORD)
    keys.goto("/tableau")
    assert [shown(keys, each) for each in LONG_TABLES] == [True, True]
    assert not shown(keys, ".folded > summary")


@pytest.mark.parametrize("width", [768, 1280, 1920])
def test_every_column_of_the_board_of_the_workshop_is_in_sight(keys: Keyboard, width: int) -> None:
    keys.open(width=width, height=HEIGHT_PX)
    keys.sign_in("responsable", PASSWORD)
    keys.goto("/atelier")
    for column in COLUMNS:
        at = box(keys, f".column:has(#c-{column})")
        assert 0 <= at["x"] <= at["x"] + at["width"] <= width, column
        # Long ones scroll by themselves, so that none pushes the next row far down the page.
        assert at["height"] <= HEIGHT_PX, column
