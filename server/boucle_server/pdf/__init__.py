"""PDF documents: a template of ours, what it says as data, the bytes of the file.

Templates are typst files in `templates`, without one word that a person reads: those come with the data, already
said in the reader's language. Data goes in as JSON and is never markup, so no name can change a page. A page is
tagged for screen readers (PDF/UA-1). Equal templates, data and instant give equal bytes. Nothing is fetched and no
font of the machine is used: a page looks the same wherever it is made.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import typst

from boucle_labels.fonts import Font, font_file

MEDIA_TYPE: Final = "application/pdf"
TEMPLATES: Final = str(files(__name__).joinpath("templates"))
_NOWHERE: Final = "/nonexistent"
"""Where packages of typst would be looked for: our templates use none, and none is fetched."""
_NO_GLYPH: Final = "could not be displayed with font"


def typeset(template: str, data: Mapping[str, Any], *, lang: str, title: str, at_ms: int) -> bytes:
    """Give the PDF that a template (`slip` for `slip.typ`) makes of `data`, which must be plain JSON.

    `title` is what a reader's window says; `at_ms`, when the document was true, is its date in the file. A template
    that its data does not suit is a bug: `typst.TypstError`.
    """
    given = {"lang": lang, "title": title, **data}
    inputs = {"data": json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))}
    try:
        return _compiled(template, inputs, at_ms, ["ua-1"])
    except typst.TypstError as refused:
        # A sign that no font has is a box on the page. PDF/UA forbids boxes, a partner with such a name exists all the
        # same: the page is then tagged as well, without the claim to be without fault.
        if _NO_GLYPH not in refused.message:
            raise
        return _compiled(template, inputs, at_ms, [])


def _compiled(template: str, inputs: dict[str, str], at_ms: int, standards: list[Any]) -> bytes:
    return typst.compile(
        f"{TEMPLATES}/{template}.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs=inputs,
        pdf_standards=standards,
        package_path=_NOWHERE,
        package_cache_path=_NOWHERE,
        timestamp=at_ms // 1000,
    )


@cache
def _fonts() -> typst.Fonts:
    """The fonts of our labels, and those inside typst for signs that they lack."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(font_file(Font.PLAIN).parent)])
