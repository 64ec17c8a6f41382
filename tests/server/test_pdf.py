"""PDF documents say what they are given, look the same everywhere, and can be read aloud."""

import io
from typing import Any

import pypdfium2
import pytest
import typst

from boucle_server.pdf import typeset

AT_MS = 1_780_000_000_000
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M1 1 9 9" stroke="#000"/></svg>'


def slip(**changed: Any) -> dict[str, Any]:
    """A whole slip, as plain as can be."""
    signature = {
        "heading": "Signature",
        "by-label": "Nom",
        "by": "Mme Weiß",
        "note": "vu",
        "svg": PICTURE,
        "alt": "trait",
    }
    return {
        "organisation": "Consignes du Grand Est",
        "number": "n° 7",
        "facts": [["Partenaire", "Ferme Schmitt"]],
        "notices": [],
        "columns": ["Type", "Prévu", "Trouvé", "Motif"],
        "numbers": 3,
        "sections": [
            {"heading": "Repris", "rows": [["Bac", "20", "19", "introuvable"]], "total": ["Total", "20", "19", ""]}
        ],
        "lines": [],
        "signature": signature,
        "foot": "Boucle",
    } | changed


def made(**changed: Any) -> bytes:
    return typeset("slip", slip(**changed), lang="fr", title="Bon d’échange", at_ms=AT_MS)


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return " ".join(page.get_textpage().get_text_range() for page in pages)


@pytest.mark.parametrize(
    "name",
    ["*Ferme* _Schmitt_", '#eval("1 + 1")', "$x^2$ \\ // @see <b> `raw`", "= Titre", "#[a] ~ --- ...", "1. point"],
)
def test_a_name_is_text_whatever_signs_it_holds(name: str) -> None:
    assert name in text_of(made(facts=[["Partenaire", name]]))


def test_equal_data_gives_equal_bytes_and_other_data_other_bytes() -> None:
    assert made() == made()
    assert made() != made(number="n° 8")


def test_a_document_is_tagged_has_a_language_a_title_and_a_date() -> None:
    pdf = made()
    assert b"pdfuaid" in pdf
    assert b"/StructTreeRoot" in pdf
    assert b"/Lang(fr)" in pdf
    assert "<xmp:CreateDate>2026-05-28T20:26:40" in pdf.decode("utf-8", "replace")


def test_only_fonts_that_travel_with_the_packages_are_used() -> None:
    pdf = made(lines=["Œuvre, façade, Weiß, 1\u202f234 → ✓ Żółta Ωμέγα"])
    fonts = {part.split(b"/")[0].strip() for part in pdf.split(b"/FontName/")[1:]}
    assert {name.split(b"+")[1] for name in fonts} == {
        b"BitstreamVeraSans-Roman",
        b"BitstreamVeraSans-Bold",
        b"DejaVuSansMono",
    }


def test_a_sign_that_no_font_has_still_gives_a_page() -> None:
    pdf = made(facts=[["Partenaire", "漢字 🙂 Sàrl"]])
    assert "Sàrl" in text_of(pdf)
    assert b"/StructTreeRoot" in pdf
    assert b"pdfuaid" not in pdf  # boxes are no accessible text, so nothing claims that they are


def test_a_long_document_numbers_its_pages() -> None:
    rows = [[f"Bac {n}", "20", "19", ""] for n in range(120)]
    said = text_of(made(sections=[{"heading": "Repris", "rows": rows, "total": ["Total", "2400", "2280", ""]}]))
    assert "Bac 119" in said
    assert "2 / 3" in said or "2 / 4" in said


def test_data_that_does_not_suit_its_template_is_a_bug() -> None:
    with pytest.raises(typst.TypstError):
        typeset("slip", {"organisation": "x"}, lang="fr", title="t", at_ms=AT_MS)


@pytest.mark.parametrize("tests", [1, 22, 24, 26, 28, 30, 32, 45])
def test_who_did_it_and_how_to_verify_it_stay_on_one_page_of_a_certificate(tests: int) -> None:
    def section(heading: str, rows: int) -> dict[str, Any]:
        cells = [["Isolation", "41 MΩ", "au moins 20 MΩ", "conforme"]] * rows
        return {"heading": heading, "columns": ["a", "b", "c", "d"], "shares": [5, 2, 3, 2], "rows": cells, "note": "n"}

    said = {
        "organisation": "Essai",
        "number": "CR-1",
        "foot": "Boucle",
        "standing": {},
        "statement": "Réparé.",
        "facts": [["Objet", "7"]],
        "sections": [section("Test", tests), section("Personnes", 3)],
        "verify": {"heading": "Vérifier", "text": "t", "address": "a", "digest": "d", "svg": PICTURE, "alt": "QR"},
    }
    pdf = typeset("certificate", said, lang="fr", title="Certificat", at_ms=AT_MS)
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    (people,) = [page for page in pages if "Personnes" in page]
    assert "Vérifier" in people
    assert len(pages) == (1 if tests <= 26 else 2)
