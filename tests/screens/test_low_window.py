"""The lowest phone, 320 by 568: what a person must answer, press or type is in sight without being looked for."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.widget import Widget

from boucle.rounds import Gap
from boucle.words import LANGUAGES, say
from boucle_field.screens import theme
from boucle_field.screens.arranging import LEAST_BELOW_DP, Below
from boucle_field.screens.controls import BigButton, Plate, Text
from boucle_field.screens.gap_asking import Reasons
from boucle_field.screens.pads import Pad
from boucle_field.screens.panels import OutcomePanel
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.stop_summary_screen import StopSummaryScreen
from boucle_field.screens.verdict_tiles import VerdictTiles
from boucle_field.screens.work_screens import HomeScreen
from tests.screens.hand import Hand
from tests.screens.scenes import scenes
from tests.screens.stock import enrolled, plan_today, staff
from tests.screens.test_visit_screens import arrive, scan_crates
from tests.world import SimServer

SLACK = 12
"""Pixels: less than this below the edge is not missed."""


def out_of_sight(hand: Hand, widget: Any) -> bool:
    view = hand.face.screen.scroller
    if not inside(widget, view):
        return False
    low = widget.to_window(widget.x, widget.y)[1]
    return bool(low < view.to_window(view.x, view.y)[1] - SLACK)


def inside(widget: Any, view: Any) -> bool:
    while widget is not None and widget is not Window:
        if widget is view:
            return True
        widget = widget.parent
    return False


def is_numbers(text: str) -> bool:
    """Whether a text tells how many were scanned and declared of how many, and what that differs by."""
    return re.search(r": \d+ (scann|d[eé]clar)\w+( \+ \d+ d[eé]clar\w+)? / \d+ \([+−]\d+\)$", text) is not None


def hidden_lines(hand: Hand) -> Iterator[str]:
    """Find what somebody must reach and does not see at once, scene by scene."""
    screen, lang = hand.face.screen, hand.face.lang
    reasons = {say(f"round.gap.{gap}", lang) for gap in Gap}
    for widget in hand.widgets():
        is_asked = isinstance(screen, StopSummaryScreen) and screen.said.reasons == Reasons()
        wanted = (isinstance(widget, VerdictTiles) and isinstance(screen, ScanScreen)) or (
            isinstance(widget, Plate)
            and (isinstance(widget.parent.parent, Pad) or (is_asked and widget.text in reasons))
        )
        wanted = wanted or (is_asked and isinstance(widget, Text) and is_numbers(widget.text))
        if wanted and not hand.face.strip.children and screen.scroller.scroll_y == 1 and out_of_sight(hand, widget):
            yield f"{getattr(widget, 'text', widget)!r}"
    view = screen.scroller
    below = (view.children[0].height - view.height) * view.scroll_y
    is_told = any(isinstance(each, Below) for each in hand.widgets())
    if is_told != (below > dp(LEAST_BELOW_DP)):
        yield f"{below:.0f} pixels are below, and the sign for it is {'there' if is_told else 'missing'}"


def settled(hand: Hand) -> list[str]:
    """Give what is hidden once a long list has found its heights, which takes some frames."""
    flaws: list[str] = []
    for _ in range(5):
        hand.frames(6)
        flaws = list(hidden_lines(hand))
        if not flaws:
            break
    return flaws


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_that_must_be_answered_hides_below_the_edge(
    open_app: Callable[..., Hand], tmp_path: Path, server: SimServer, lang: str
) -> None:
    staff(server)
    enrolled(tmp_path / "phone", server)
    Window.size = (320, 568)
    hand = open_app(tmp_path / "phone", lang=lang)
    seen, hidden = 0, []
    for scene in scenes(hand):
        seen += 1
        hidden += [f"{scene}: {flaw}" for flaw in settled(hand)]
    assert hidden == []
    assert seen > 100


def test_the_numbers_of_a_difference_stand_above_its_reasons_without_paging(hand: Hand) -> None:
    Window.size = (320, 568)
    plan_today(hand.face.at)
    hand.face.start()
    arrive(hand)
    scan_crates(hand, range(1, 4))
    hand.face.summary()
    assert settled(hand) == []
    told = [each for each in hand.widgets() if isinstance(each, Text) and is_numbers(each.text)]
    reasons = [hand.button(say(f"round.gap.{gap}", "fr")) for gap in (Gap.IN_USE, Gap.NOT_FOUND, Gap.NO_ROOM)]
    assert (len(told), len(hand.face.screen.found)) == (2, 3)
    assert any(each.text == "Reprendre · Bac 600×400 : 3 scannés / 20 (−17)" for each in told)
    assert not any(out_of_sight(hand, each) for each in (*told, *reasons))
    lowest = min(each.to_window(0, each.y)[1] for each in told)
    assert lowest >= max(each.to_window(0, each.top)[1] for each in reasons)


def test_a_tile_below_the_edge_would_be_found(hand: Hand) -> None:
    Window.size = (320, 568)
    hand.face.home()
    hand.frames(8)
    assert isinstance(hand.face.screen, HomeScreen)
    lowest = min(
        (each for each in hand.widgets() if isinstance(each, BigButton)), key=lambda each: each.to_window(0, each.y)[1]
    )
    assert not out_of_sight(hand, lowest)
    lowest.y -= 300
    assert out_of_sight(hand, lowest)


def test_every_job_is_in_sight_when_the_app_opens(hand: Hand) -> None:
    Window.size = (320, 568)
    hand.face.home()
    hand.frames(8)
    for words in ("Reprendre", "Déposer", "Réceptionner", "Expédier", "Déplacer", "Entrepôt"):
        assert not out_of_sight(hand, hand.button(words)), words
    hand.tap("Entrepôt")
    hand.frames(8)
    for words in ("Inventaire", "Trier", "Contrôler", "Laver", "Étiqueter", "Pesée"):
        assert not out_of_sight(hand, hand.button(words)), words


def test_the_sign_for_more_turns_the_page_and_is_gone_at_the_end(hand: Hand) -> None:
    Window.size = (320, 568)
    hand.tap("Aide")
    turned = 0
    while any(isinstance(each, Below) for each in hand.widgets()):
        before = hand.face.screen.scroller.scroll_y
        hand.tap("▼")
        hand.frames(4)
        assert hand.face.screen.scroller.scroll_y < before
        turned += 1
        assert turned < 30
    assert turned > 1
    assert hand.face.screen.scroller.scroll_y == pytest.approx(0, abs=0.02)


def bottom_of(widget: Widget) -> float:
    """Give where a widget ends below, in the window."""
    return float(widget.to_window(0, widget.y)[1])


def test_a_button_that_is_seen_just_above_the_sign_for_more_is_pressed_not_the_sign(hand: Hand) -> None:
    Window.size = (320, 568)
    hand.face.choose("collect")
    hand.frames(8)
    (below,) = [each for each in hand.widgets() if isinstance(each, Below)]
    edge = below.to_window(0, below.sign.top)[1]
    scroller = hand.face.screen.scroller
    cut = None
    while cut is None and scroller.scroll_y > 0:  # until a button crosses the edge
        buttons = (each for each in hand.widgets() if isinstance(each, BigButton) and inside(each, scroller))
        cut = next((each for each in buttons if bottom_of(each) + 8 < edge < bottom_of(each) + each.height - 8), None)
        if cut is None:
            scroller.scroll_y = max(0.0, scroller.scroll_y - 0.05)
            hand.frames(2)
    assert cut is not None
    across = cut.to_window(cut.center_x, 0)[0]
    assert not below.collide_point(*below.parent.to_widget(across, edge + 4))
    assert below.collide_point(*below.parent.to_widget(across, edge - 4))


@pytest.mark.parametrize(("counted", "expected"), [(8, 20), (1200, 1200), (123456, 1234567)])
def test_the_counter_is_never_wider_than_its_panel(hand: Hand, counted: int, expected: int) -> None:
    Window.size = (320, 568)
    hand.face.choose("receive")
    hand.frames(8)
    panel = next(each for each in hand.widgets() if isinstance(each, OutcomePanel))
    for outcome in theme.OUTCOMES:
        panel.show(hand.face.screen.shown._replace(outcome=outcome), counted=counted, expected=expected)
        hand.frames(4)
        parts = (panel.counter.badge, panel.counter.counted, panel.counter.of)
        assert min(each.x for each in parts) >= panel.x
        assert max(each.right for each in parts) <= panel.right
        assert panel.is_framed == (outcome in theme.FRAMED)
