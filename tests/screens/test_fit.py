"""Every screen in both languages: nothing is cut off at the narrowest, every letter has its glyph, fingers fit."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kivy.core.text import Label as Measure
from kivy.core.window import Window
from kivy.metrics import dp, sp
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.scrollview import ScrollView
from reportlab.pdfbase.ttfonts import TTFontFile

from boucle.gauges import GAUGES
from boucle.words import LANGUAGES, catalogue
from boucle_field.screens import pads, theme
from boucle_field.screens.arranging import Below
from boucle_field.screens.controls import BOLD_FILE, FONT_FILE, Plate
from boucle_field.screens.screen import Screen
from tests.screens.hand import Hand
from tests.screens.scenes import scenes
from tests.screens.stock import enrolled, staff
from tests.world import SimServer

GLYPHS = frozenset.intersection(*(frozenset(TTFontFile(str(each)).charToGlyph) for each in (FONT_FILE, BOLD_FILE)))
"""What can be written in both cuts of the font."""
ROUNDED = 0.01
SLACK = 1.5
"""Pixels: sizes are rounded on their way to a texture."""


def without_glyph(text: str) -> set[str]:
    return {character for character in text if character not in "\n\t" and ord(character) not in GLYPHS}


def test_every_word_in_both_languages_has_its_glyphs() -> None:
    texts = [each for lang in LANGUAGES for entry in catalogue(lang).values() for each in (entry.text, entry.other)]
    assert {text: missing for text in texts if text and (missing := without_glyph(text))} == {}


def test_every_unit_that_can_be_measured_has_its_glyphs() -> None:
    assert {unit: missing for unit, how in GAUGES.items() if (missing := without_glyph(how.fr + how.en))} == {}


def test_a_sign_without_a_glyph_would_be_found() -> None:
    assert without_glyph("✓ ↻ ⚠ ⇅ ● ○ ↶ 1\u202f234") == set()
    assert without_glyph("📷🔦") == {"📷", "🔦"}


@pytest.fixture
def staffed(tmp_path: Path, server: SimServer) -> Path:
    staff(server)
    enrolled(tmp_path / "phone", server)
    return tmp_path / "phone"


@pytest.mark.parametrize("size", [(320, 568), (360, 740)], ids=["small", "phone"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_cut_off(open_app: Callable[..., Hand], staffed: Path, lang: str, size: tuple[int, int]) -> None:
    Window.size = size
    hand = open_app(staffed, lang=lang)
    seen, flaws = set(), []
    for scene in scenes(hand):
        hand.frames(4)
        seen.add(type(hand.face.screen))
        flaws += [f"{scene}: {flaw}" for flaw in cut_off(hand)]
    assert flaws == []
    assert {each for each in kinds(Screen) if not each.__subclasses__()} <= seen


def kinds(of: type[Screen]) -> Iterator[type[Screen]]:
    for each in of.__subclasses__():
        yield each
        yield from kinds(each)


def test_no_text_is_smaller_than_what_is_read_at_arm_s_length(open_app: Callable[..., Hand], staffed: Path) -> None:
    hand = open_app(staffed)
    small = []
    for scene in scenes(hand):
        small += [f"{scene}: {each.text!r}" for each in texts(hand) if each.font_size < sp(theme.TEXT)]
    assert small == []
    assert (theme.TEXT, theme.COUNTER) == (18, 72)


def test_a_text_that_is_cut_off_would_be_found(hand: Hand) -> None:
    assert list(cut_off(hand)) == []
    label = next(each for each in hand.widgets() if isinstance(each, Label) and each.text == "Que faites-vous ?")
    label.unbind(texture_size=label._grow)
    label.text = "Une phrase bien plus longue qui ne tient pas dans la place qu’elle a ici, sur une ligne"
    hand.frames(4)
    assert any("Une phrase" in flaw for flaw in cut_off(hand))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_texts_lie_over_each_other(open_app: Callable[..., Hand], staffed: Path, lang: str) -> None:
    Window.size = (320, 568)
    hand = open_app(staffed, lang=lang)
    flaws, signs = [], 0
    for scene in scenes(hand):
        hand.frames(4)
        flaws += [f"{scene}: {flaw}" for flaw in (*overlaps(hand), *covered(hand))]
        signs += len(signs_for_more(hand))
    assert flaws == []
    assert signs > 50


def test_a_word_under_the_sign_for_more_would_be_found(hand: Hand) -> None:
    Window.size = (320, 568)
    hand.face.open_help()
    hand.frames(8)
    (below,) = signs_for_more(hand)
    assert list(covered(hand)) == []
    below.view.y -= below.sign.height
    below.view.height += below.sign.height
    assert any("▼" in flaw for flaw in covered(hand))


def test_texts_that_lie_over_each_other_would_be_found(hand: Hand) -> None:
    assert list(overlaps(hand)) == []
    title, text = (
        next(each for each in hand.widgets() if isinstance(each, Label) and each.text.startswith(words))
        for words in ("Que faites-vous", "Scannez l’étiquette")
    )
    title.y = text.y
    assert any("Que faites-vous" in flaw for flaw in overlaps(hand))


@pytest.mark.parametrize("by_night", [False, True], ids=["day", "night"])
def test_every_text_on_every_screen_stands_out_from_what_lies_behind_it(
    open_app: Callable[..., Hand], staffed: Path, *, by_night: bool
) -> None:
    Window.size = (320, 568)
    hand = open_app(staffed)
    if by_night:
        hand.face.next_theme()
    measured, faint = [], []
    for scene in scenes(hand):
        hand.frames(4)
        for label in texts(hand):
            ratio = theme.contrast(colour(label.color), colour(behind(label)))
            measured.append(ratio)
            if ratio < theme.LEAST_CONTRAST:
                faint.append(f"{scene}: {label.text!r} {ratio:.1f}")
    assert faint == []
    assert len(measured) > 500


def test_a_faint_text_would_be_found(hand: Hand) -> None:
    label = next(iter(texts(hand)))
    label.color = behind(label)
    assert theme.contrast(colour(label.color), colour(behind(label))) == pytest.approx(1)


def texts(hand: Hand) -> Iterator[Any]:
    return (each for each in hand.widgets() if isinstance(each, Label) and each.text.strip())


def behind(widget: Any) -> Any:
    """Give the colour painted behind a widget: its own ground, else that of the nearest one around it."""
    while not hasattr(widget, "tint"):
        widget = widget.parent
    return widget.tint.rgba


def colour(rgba: Any) -> str:
    return "#" + "".join(f"{round(each * 255):02x}" for each in rgba[:3])


def overlaps(hand: Hand) -> Iterator[str]:
    """Find texts that share a spot; what scrolls is clipped, so it is compared with what scrolls along."""
    placed = [(each, *each.to_window(each.x, each.y), scrolled_by(each)) for each in texts(hand)]
    for at, (one, x, y, view) in enumerate(placed):
        for other, left, low, beside in placed[at + 1 :]:
            apart = (
                x + one.width <= left + SLACK
                or left + other.width <= x + SLACK
                or y + one.height <= low + SLACK
                or low + other.height <= y + SLACK
            )
            if view is beside and not apart:
                yield f"{one.text!r} lies over {other.text!r}"


def signs_for_more(hand: Hand) -> list[Any]:
    return [each for each in hand.widgets() if isinstance(each, Below)]


def covered(hand: Hand) -> Iterator[str]:
    """Find the sign that more lies below where it hides a part of what it speaks of, or of what stands under it."""
    for below in signs_for_more(hand):
        low, high = (below.sign.to_window(0, y)[1] for y in (below.sign.y, below.sign.top))
        edge = below.view.to_window(0, below.view.y)[1]
        for each in hand.widgets():
            if each is below.sign or not (isinstance(each, Plate) or (isinstance(each, Label) and each.text.strip())):
                continue
            bottom, top = (each.to_window(0, y)[1] for y in (each.y, each.top))
            if scrolled_by(each) is below.view:
                bottom = max(bottom, edge)
            if bottom + SLACK < high and top > low + SLACK:
                yield f"▼ covers {each.text!r}"


def scrolled_by(widget: Any) -> Any:
    while widget is not None and widget is not Window and not isinstance(widget, ScrollView):
        widget = widget.parent
    return widget


def cut_off(hand: Hand) -> Iterator[str]:
    for widget in hand.widgets():
        if isinstance(widget, Label) and widget.text.strip():
            yield from cut_label(widget)
            missing = without_glyph(widget.text)
            if missing:
                yield f"{widget.text!r} has no glyph for {missing}"
        if isinstance(widget, BoxLayout) and not isinstance(widget.parent, ScrollView):
            for child in widget.children:
                if child.top > widget.top + SLACK or child.y < widget.y - SLACK:
                    yield f"{child} {getattr(child, 'text', '')!r} stands outside of {widget}"
        if widget.parent is hand.face.root and widget.right > Window.width + SLACK:
            yield f"{widget} is wider than the window"


def cut_label(label: Any) -> Iterator[str]:
    width, height = label.texture_size
    if width > label.width + SLACK or height > label.height + SLACK:
        yield f"{label.text!r} is {width}×{height} in {label.width:.0f}×{label.height:.0f}"
    limit = label.text_size[0] or label.width
    if label.shorten:
        return
    for word in label.text.split():
        measured = Measure(font_size=label.font_size, font_name=label.font_name).get_extents(word)[0]
        # Codes are long by nature, and may break anywhere.
        if measured > limit + SLACK and not any(character.isdigit() for character in word):
            yield f"{word!r} is broken: {measured} in {limit:.0f}"


def test_everything_that_is_touched_is_large_enough(open_app: Callable[..., Hand], staffed: Path) -> None:
    Window.size = (320, 568)
    hand = open_app(staffed)
    small = []
    for scene in scenes(hand):
        hand.frames(4)
        small += [
            f"{scene}: {plate.text!r} {plate.width:.0f}×{plate.height:.0f}"
            for plate in hand.widgets()
            if isinstance(plate, Plate) and min(plate.height, plate.width) < dp(theme.TOUCH) - ROUNDED
        ]
    assert small == []


def test_what_is_used_with_gloves_is_larger(hand: Hand) -> None:
    assert (theme.GLOVE, theme.MAIN, theme.PIN_KEY) == (76, 88, 80)
    pad = pads.pin_pad(theme.LIGHT, lambda _: None)
    assert all(key.height >= dp(theme.PIN_KEY) for key in pad.keys.children)
    assert hand.button("Reprendre").height >= dp(theme.GLOVE)
    hand.tap("Réceptionner")
    hand.frames(4)
    assert hand.button("Annuler le dernier").height >= dp(theme.GLOVE)
    assert all(hand.button(words).height >= dp(theme.MAIN) for words in ("Terminer", "Bon", "Rebut"))
    assert hand.face.screen.panel.counter.counted.font_size >= sp(theme.COUNTER)
