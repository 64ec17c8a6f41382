"""The face of a label stays on its label, with its symbol free and its texts apart."""

import pytest

from boucle.codes import Kind
from boucle_labels.code import QUIET_MODULES
from boucle_labels.drawing import Bars, Modules, Shape, Stroke, Words
from boucle_labels.errors import RefusedError
from boucle_labels.fonts import Font, covers, font_file, width_mm
from boucle_labels.label import MIN_BAR_MM, MIN_MODULE_MM, Face, layout
from boucle_labels.sheet import FORMATS
from tests.labels.pictures import BASE, codes

NAMES = [
    ("", ""),
    ("Bac", "Roll"),
    ("Caisse-palette pliante 1200×1000 grise à semelles, avec couvercle et trappe", "Ardennes Forge & Fils, " * 4),
    ("Intercalaireplastiquealvéolaire" * 3, "Haute-MarneCoutellerieetOutillageForestier" * 3),
    ("Żółty pojemnik Škoda № 5 " * 4, "Œuvre d’Été ₂ " * 7),
    ("コンテナ", "W" * 120),
]
SIZES = [(FORMATS["avery-l7160"], False), (FORMATS["avery-l7163"], False), (FORMATS["avery-l7163"], True)]
MM_PER_POINT = 25.4 / 72

Box = tuple[float, float, float, float]


def box_of(shape: Shape) -> Box:
    """Left, top, right, bottom in millimetres; text from its capitals to its descenders."""
    match shape:
        case Modules():
            side = shape.module_mm * len(shape.rows)
            return shape.x_mm, shape.y_mm, shape.x_mm + side, shape.y_mm + side
        case Bars():
            return shape.x_mm, shape.y_mm, shape.x_mm + shape.module_mm * len(shape.bars), shape.y_mm + shape.height_mm
        case Words():
            size = shape.size_pt * MM_PER_POINT
            right = shape.x_mm + width_mm(shape.text, shape.font, shape.size_pt)
            # Commas, p and q hang below a baseline; the code and the mark have none of them.
            below = 0.2 * size if shape.font is not Font.MONO else 0.0
            return shape.x_mm, shape.y_mm - 0.73 * size, right, shape.y_mm + below
        case Stroke():
            return shape.x_mm, shape.y_mm, shape.to_x_mm, shape.to_y_mm


def apart(one: Box, two: Box) -> bool:
    return one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]


@pytest.mark.parametrize("kind", [Kind.CONTAINER, Kind.PLACE])
@pytest.mark.parametrize(("form", "bars"), SIZES)
@pytest.mark.parametrize(("name", "owner"), NAMES)
def test_whatever_the_texts_nothing_touches_the_edge_the_quiet_zone_or_another(
    kind: Kind, form: object, bars: bool, name: str, owner: str
) -> None:
    assert isinstance(form, type(FORMATS["avery-l7160"]))
    width, height = form.label_width_mm, form.label_height_mm
    face = Face(code=codes(1, kind)[0], base=BASE, name=name, owner=owner)
    shapes = layout(face, width_mm=width, height_mm=height, bars=bars)
    symbol = next(shape for shape in shapes if isinstance(shape, Modules))
    quiet = QUIET_MODULES * symbol.module_mm
    left, top, right, bottom = box_of(symbol)
    free = (left - quiet, top - quiet, right + quiet, bottom + quiet)
    assert free[0] >= -1e-9
    assert free[1] >= 1
    assert free[3] <= height - 1
    others = [box_of(shape) for shape in shapes if shape is not symbol]
    for place, box in enumerate(others):
        assert apart((free[0], free[1], free[2] - 1e-6, free[3]), box)
        assert box[1] >= 3
        assert box[2] <= width - 3 + 1e-6
        assert box[3] <= height - 2
        assert all(apart(box, other) for other in others[place + 1 :])


def test_the_text_is_the_codes_own_and_large() -> None:
    [code] = codes(1)
    shapes = layout(Face(code=code, base=BASE), width_mm=63.5, height_mm=38.1)
    texts = [shape for shape in shapes if isinstance(shape, Words) and shape.font is Font.MONO]
    assert "-".join(shape.text for shape in texts) == code.grouped
    assert min(shape.size_pt for shape in texts) >= 12


@pytest.mark.parametrize(("form", "bars"), SIZES)
def test_modules_and_bars_are_as_wide_as_a_scanner_needs(form: object, bars: bool) -> None:
    assert isinstance(form, type(FORMATS["avery-l7160"]))
    face = Face(code=codes(1)[0], base=BASE)
    shapes = layout(face, width_mm=form.label_width_mm, height_mm=form.label_height_mm, bars=bars)
    for shape in shapes:
        if isinstance(shape, Modules):
            assert shape.module_mm >= MIN_MODULE_MM
        if isinstance(shape, Bars):
            assert shape.module_mm >= MIN_BAR_MM
    assert any(isinstance(shape, Bars) for shape in shapes) == bars


def test_an_address_too_long_for_the_label_is_refused() -> None:
    face = Face(code=codes(1)[0], base="https://" + "a" * 250 + ".fr")
    with pytest.raises(RefusedError) as refusal:
        layout(face, width_mm=63.5, height_mm=38.1)
    assert refusal.value.key == "base_too_long"


def test_bars_that_would_be_too_fine_are_refused() -> None:
    with pytest.raises(RefusedError) as refusal:
        layout(Face(code=codes(1)[0], base=BASE), width_mm=63.5, height_mm=38.1, bars=True)
    assert refusal.value.key == "too_small_for_bars"


@pytest.mark.parametrize("font", list(Font))
def test_every_font_is_installed_with_its_library_and_has_french(font: Font) -> None:
    assert font_file(font).is_file()
    assert covers(font, "àâäçéèêëîïôöœùûüÿ ÀÂÇÉÈÊËÎÏÔŒÙÛÜ «»’…€×°·—²")
