"""Scanning without a window: one scan a code, keystrokes put together, pictures read."""

from pathlib import Path

import pytest
from PIL import Image

from boucle.codes import Label, read_label
from boucle.wedge import scramble
from boucle_field.scan import HOLD_MS, PAUSE_MS, SHORTEST_BURST, SILENCE_MS, Debounce, KeyStream, codes_in
from boucle_labels.errors import RefusedError
from tests.builders import code
from tests.field_app.pictures import BASE, picture

URL = f"{BASE}/{code(1)}"


def test_a_code_that_stays_in_view_is_one_scan() -> None:
    seen = Debounce()
    assert seen.see("a", 0)
    assert not any(seen.see("a", at) for at in range(40, 5 * HOLD_MS, 40))
    assert seen.see("b", 5 * HOLD_MS)


def test_a_code_that_went_out_of_view_counts_again() -> None:
    seen = Debounce()
    assert seen.see("a", 0)
    assert not seen.see("a", HOLD_MS)
    assert seen.see("a", 2 * HOLD_MS + 1)


def test_a_long_day_of_scans_is_forgotten_again() -> None:
    seen = Debounce()
    for number in range(20_000):
        assert seen.see(f"{number}", number * 1000)
    assert len(seen._seen_ms) < 5_000


@pytest.mark.parametrize("end", ["\r", "\n", "\t", "\r\n"])
def test_enter_or_tab_ends_a_text(end: str) -> None:
    keys = KeyStream()
    texts = [text for at, key in enumerate(URL + end) for text in keys.feed(key, 2 * at)]
    assert texts == [URL]


def test_a_short_silence_ends_a_text() -> None:
    keys = KeyStream()
    assert [text for at, key in enumerate(URL) for text in keys.feed(key, 8 * at)] == []
    last = 8 * (len(URL) - 1)
    assert keys.silence(last + SILENCE_MS) == []
    assert keys.silence(last + SILENCE_MS + 1) == [URL]
    assert keys.silence(last + 10 * SILENCE_MS) == []


GS1_ADDRESS = "https://id.gs1.org/8003/03453120000011PAL00042"


@pytest.mark.parametrize("between_ms", [100, 300, 1_000])
@pytest.mark.parametrize("text", [URL, str(scramble(URL)), URL.lower()])
def test_a_reader_that_waits_between_its_characters_is_not_cut(text: str, between_ms: int) -> None:
    keys = KeyStream()
    texts = []
    for number, key in enumerate(text):
        texts += [*keys.silence(number * between_ms - 1), *keys.feed(key, number * between_ms)]
    texts += keys.silence((len(text) - 1) * between_ms + SILENCE_MS + 1)
    assert texts == [text]


def test_a_serial_number_is_not_cut_short_by_a_pause() -> None:
    keys = KeyStream()
    assert keys.feed(GS1_ADDRESS[:-3], 0) == []
    assert keys.silence(PAUSE_MS) == []
    assert keys.feed(GS1_ADDRESS[-3:], PAUSE_MS) == []
    assert keys.silence(2 * PAUSE_MS + 1) == [GS1_ADDRESS]


def test_what_is_no_address_and_a_whole_label_end_with_the_short_silence() -> None:
    for text in (URL, f"]Q1{URL}", "4006381333931", "ABCDEFGHIJKL"):
        keys = KeyStream()
        assert keys.feed(text, 0) == []
        assert keys.silence(SILENCE_MS + 1) == [text]


def test_a_beginning_that_never_goes_on_ends_after_the_longest_pause_and_costs_the_next_scan_nothing() -> None:
    keys = KeyStream()
    assert keys.feed(URL[:20], 0) == []
    assert keys.silence(PAUSE_MS + 1) == [URL[:20]]
    assert keys.feed("h", 10_000) == []
    (text,) = keys.feed(f"{URL}\r", 10_500)
    label = read_label(text)
    assert isinstance(label, Label)
    assert label.key == code(1)


def test_two_scans_in_a_row_are_two_texts() -> None:
    keys = KeyStream()
    first = [text for at, key in enumerate(URL) for text in keys.feed(key, at)]
    second = keys.feed("C", 1_000)
    assert (first, second) == ([], [URL])


def test_a_key_pressed_by_a_person_into_nothing_is_dropped() -> None:
    keys = KeyStream()
    assert keys.feed("x" * (SHORTEST_BURST - 1), 0) == []
    assert keys.silence(1_000) == []
    assert keys.feed("\r", 2_000) == []


def test_a_stream_without_an_end_does_not_fill_the_memory() -> None:
    keys = KeyStream()
    for _ in range(100):
        assert keys.feed("y" * 1_000, 0) == []
    (text,) = keys.feed("\r", 1)
    assert len(text) == 4_096


def test_a_us_scanner_on_a_french_keyboard_is_understood() -> None:
    garbled = scramble(URL)
    assert garbled is not None
    keys = KeyStream()
    (text,) = keys.feed(f"{garbled}\r", 0)
    label = read_label(text)
    assert isinstance(label, Label)
    assert (label.key, label.repaired) == (code(1), True)


def test_every_code_of_a_picture_is_read_once(tmp_path: Path) -> None:
    drawn = picture(tmp_path / "five.png", [f"{BASE}/{code(number)}" for number in (1, 2, 3, 4, 1)])
    found = [read_label(text) for text in codes_in(drawn)]
    keys = [label.key for label in found if isinstance(label, Label)]
    assert sorted(keys) == sorted(code(number) for number in range(1, 5))


def test_a_picture_without_a_code_gives_nothing(tmp_path: Path) -> None:
    Image.new("L", (300, 200), 200).save(tmp_path / "grey.png")
    assert codes_in(tmp_path / "grey.png") == []


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "not.png").write_bytes(b"GIF8 perhaps")
    with pytest.raises(RefusedError):
        codes_in(tmp_path / "not.png")
