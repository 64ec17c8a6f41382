"""The command line of labels: `boucle-labels mint | sheet | commands | png | read | check`."""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from boucle.codes import PRINTED_KINDS, Code, Kind, Label, read_label
from boucle.command_lines import Parser, examples
from boucle.commands import Command, command_code
from boucle.version import VERSION
from boucle_labels.batch import MAX_TEXT_CHARACTERS
from boucle_labels.errors import RefusedError
from boucle_labels.files import read_bytes, write_bytes
from boucle_labels.messages import counted, language, say

DEFAULT_BASE = "https://boucle.example"
MAX_MINTED = 100_000
MAX_OFFSET_MM = 20
_PRINTERS = ("203dpi", "300dpi")
_SIZE = re.compile(r"([1-9]\d{1,2})x([1-9]\d{1,2})", re.ASCII)
_FORMATS = ("avery-l7160", "avery-l7159", "avery-l7163")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when done, 1 when refused (one line on stderr says why), 2 for wrong use."""
    lang = language()
    options = _parser().parse_args(_with_negative_values(sys.argv[1:] if argv is None else argv))
    try:
        run: Callable[[argparse.Namespace, str], int] = options.run
        return run(options, lang)
    except RefusedError as refusal:
        return _refuse(refusal.said(lang))
    except ModuleNotFoundError as missing:
        # The phone's install has no printing part; a module of our own that is missing is a bug.
        if (missing.name or "").startswith("boucle"):
            raise
        return _refuse(say("no_print_extra", lang, module=missing.name))


def _mint(options: argparse.Namespace, lang: str) -> int:
    from boucle_labels import batch

    if options.out.exists() and not options.force:
        raise RefusedError("codes_exist", path=options.out)
    codes = batch.fresh(Kind(options.kind), options.count, randomness=os.urandom)
    lines = [batch.Line(code=code, name=options.name, owner=options.owner) for code in codes]
    write_bytes(options.out, batch.written(lines))
    print(counted("minted", lang, n=options.count, path=options.out))
    return 0


def _sheet(options: argparse.Namespace, lang: str) -> int:
    from boucle_labels import batch, pdf, sheet
    from boucle_labels.label import Face

    form = sheet.FORMATS[options.format]
    if options.test_page:
        pages, labels = [sheet.calibration_page(form, options.offset_mm, lang)], 0
    elif options.codes is None:
        _parser().error("sheet: codes.csv or --test-page is required")
    else:
        lines = batch.read(options.codes)
        base = _base(options, lang, lines[0].code)
        faces = [Face(code=line.code, base=base, name=line.name, owner=line.owner) for line in lines]
        faces = [face for face in faces for _ in range(options.copies)]
        note = "" if options.note_file is None else read_bytes(options.note_file).decode("utf-8", "replace")
        setting = sheet.Setting(
            form=form,
            start_cell=options.start_cell,
            spoiled=options.spoiled,
            offset_mm=options.offset_mm,
            note=note,
            bars=options.bars,
            lang=lang,
        )
        pages, labels = list(sheet.pages(faces, setting)), len(faces)
    write_bytes(options.out, pdf.render(pages, width_mm=form.page_width_mm, height_mm=form.page_height_mm))
    if options.png is not None:
        _write_pictures(options.png, pages, form)
    key = "test_page_drawn" if options.test_page else "printed"
    counts = {"labels": counted("labels", lang, n=labels), "pages": counted("pages", lang, n=len(pages))}
    print(say(key, lang, path=options.out, **counts))
    return 0


def _commands(options: argparse.Namespace, lang: str) -> int:
    from boucle.words import say as said
    from boucle_labels import pdf, sheet
    from boucle_labels.label import Face

    form = sheet.FORMATS[options.format]
    codes = {command: command_code(command) for command in Command}
    base = _base(options, lang, codes[Command.UNDO])
    faces = [Face(code=code, base=base, name=said(f"command.{command}", lang)) for command, code in codes.items()]
    pages = list(sheet.pages(faces, sheet.Setting(form=form, lang=lang, bars=options.bars)))
    write_bytes(options.out, pdf.render(pages, width_mm=form.page_width_mm, height_mm=form.page_height_mm))
    if options.png is not None:
        _write_pictures(options.png, pages, form)
    counts = {"labels": counted("labels", lang, n=len(faces)), "pages": counted("pages", lang, n=len(pages))}
    print(say("printed", lang, path=options.out, **counts))
    return 0


def _write_pictures(prefix: Path, pages: list[Any], form: Any) -> None:
    from boucle_labels import png

    for number, page in enumerate(pages, start=1):
        picture = png.render(page, width_mm=form.page_width_mm, height_mm=form.page_height_mm, dpi=png.SHEET_DPI)
        write_bytes(prefix.with_name(f"{prefix.name}-{number}.png"), png.encoded(picture))


def _png(options: argparse.Namespace, lang: str) -> int:
    from boucle_labels import png, sheet
    from boucle_labels.label import Face, layout

    code = _our_code(options.code)
    form = sheet.FORMATS[options.format]
    size = {"width_mm": form.label_width_mm, "height_mm": form.label_height_mm}
    face = Face(code=code, base=_base(options, lang, code), name=options.name, owner=options.owner)
    picture = png.render(layout(face, **size, bars=options.bars), **size, dpi=options.dpi)
    write_bytes(options.out, png.encoded(picture))
    print(say("drawn", lang, path=options.out, grouped=code.grouped))
    return 0


def _read(options: argparse.Namespace, lang: str) -> int:
    from boucle_labels.reading import ZxingDecoder, open_picture

    picture = open_picture(options.picture)
    rows = [_read_row(found) for found in ZxingDecoder().decode(picture)]
    if options.json:
        whole = {"picture": str(options.picture), "width": picture.width, "height": picture.height, "found": rows}
        print(json.dumps(whole, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            x, y = row["position"][0]
            print(f"{row['printed'] or row['key'] or row['text']}\t{row['reason'] or row['kind']}\t{x},{y}")
    return 0 if rows else _refuse(say("nothing_found", lang, path=options.picture))


def _read_row(found: Any) -> dict[str, Any]:
    label = read_label(found.scanned)
    ours = label.code if isinstance(label, Label) else None
    return {
        "text": found.text,
        "format": found.format,
        "symbology_id": found.symbology_id,
        "position": [list(corner) for corner in found.position],
        "key": label.key if isinstance(label, Label) else None,
        "kind": label.kind.value if isinstance(label, Label) else None,
        "printed": None if ours is None else ours.grouped,
        "reason": None if isinstance(label, Label) else label.reason.value,
    }


def _check(options: argparse.Namespace, lang: str) -> int:
    from boucle_labels.check import check
    from boucle_labels.reading import ZxingDecoder

    checked = check(options.labels, ZxingDecoder())
    if options.json:
        print(json.dumps({"labels": checked.labels, "pages": checked.pages}))
    else:
        labels, pages = counted("labels", lang, n=checked.labels), counted("pages", lang, n=checked.pages)
        print(say("check_good", lang, path=options.labels, labels=labels, pages=pages))
    return 0


def _zpl(options: argparse.Namespace, lang: str) -> int:
    from boucle_labels import batch, thermal
    from boucle_labels.label import Face, layout

    lines = batch.read(options.codes)
    base = _base(options, lang, lines[0].code)
    size = {"width_mm": options.size[0], "height_mm": options.size[1]}
    faces = (Face(code=line.code, base=base, name=line.name, owner=line.owner) for line in lines)
    pages = (layout(face, **size) for face in faces)
    write_bytes(options.out, thermal.zpl(pages, **size, dpi=thermal.DOTS_PER_INCH[options.printer]))
    counts = {"labels": counted("labels", lang, n=len(lines)), "pages": counted("pages", lang, n=len(lines))}
    print(say("printed", lang, path=options.out, **counts))
    return 0


def _size(text: str) -> tuple[float, float]:
    """Read the size of a label as `60x40`: whole millimetres, of a roll that exists."""
    found = _SIZE.fullmatch(text.lower())
    if found is None:
        raise argparse.ArgumentTypeError(say("label_size", language(), value=text[:60]))
    return float(found[1]), float(found[2])


def _our_code(text: str) -> Code:
    label = read_label(text)
    if isinstance(label, Label) and label.code is not None:
        return label.code
    reason = "GS1" if isinstance(label, Label) else label.reason.value
    raise RefusedError("not_printable", text=ascii(text[:60]).strip("'"), reason=reason)


def _base(options: argparse.Namespace, lang: str, code: Code) -> str:
    """The base address to print, with a warning when nobody else could reach it."""
    base: str = options.base or os.environ.get("BOUCLE_LABEL_BASE") or DEFAULT_BASE
    try:
        code.url(base)
    except ValueError as error:
        raise RefusedError("bad_base", base=base) from error
    host = urlsplit(base).hostname or ""
    if host.endswith(".example"):
        print(say("example_base", lang, base=base), file=sys.stderr)
    elif _is_local(host):
        print(say("local_base", lang, base=base), file=sys.stderr)
    return base


def _is_local(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".lan", ".home", ".internal"))


def _refuse(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


# ---------------------------------------------------------------- what may be asked


class _Parser(Parser):
    """A parser in the language of this process."""

    def __init__(self, **given: Any) -> None:
        super().__init__(lang=language(), **given)


def _help(key: str, **values: object) -> str:
    return say(f"help_{key}", language(), **values)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="boucle-labels",
        description=_help("about"),
    )
    parser.add_argument("--version", action="version", version=f"boucle-labels {VERSION}", help=_help("version"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    mint = _command(commands, "mint", _mint, _help("mint"))
    mint.epilog = examples(['boucle-labels mint --kind C --count 21 --name "Bac 600×400" --out codes.csv'], language())
    letters = [kind.value for kind in PRINTED_KINDS]
    mint.add_argument("--kind", choices=letters, default="C", help=_help("kind"))
    mint.add_argument("--count", type=_whole(1, MAX_MINTED), required=True, help=_help("count"))
    mint.add_argument("--force", action="store_true", help=_help("force"))
    mint.add_argument("--out", type=Path, required=True, help=_help("out"))
    _add_texts(mint)

    sheet = _command(commands, "sheet", _sheet, _help("sheet"))
    sheet.epilog = examples(
        ["boucle-labels sheet codes.csv --format avery-l7160 --start-cell 5 --out labels.pdf"], language()
    )
    sheet.add_argument("codes", type=Path, nargs="?", help=_help("codes"))
    sheet.add_argument("--start-cell", type=_whole(1, 1_000), default=1, help=_help("start"))
    sheet.add_argument("--spoiled", type=_cells, default=frozenset(), help=_help("spoiled"))
    sheet.add_argument("--offset-mm", type=_offset, default=(0.0, 0.0), help=_help("offset"))
    sheet.add_argument("--copies", type=_whole(1, 100), default=1, help=_help("copies"))
    sheet.add_argument("--note-file", type=Path, help=_help("note"))
    sheet.add_argument("--test-page", action="store_true", help=_help("test_page"))
    sheet.add_argument("--png", type=Path, metavar="PREFIX", help=_help("pictures"))
    sheet.add_argument("--out", type=Path, required=True, help=_help("out"))
    _add_face(sheet)

    orders = _command(commands, "commands", _commands, _help("commands"))
    orders.epilog = examples(["boucle-labels commands --out commands.pdf --png commands"], language())
    orders.add_argument("--png", type=Path, metavar="PREFIX", help=_help("pictures"))
    orders.add_argument("--out", type=Path, required=True, help=_help("out"))
    _add_face(orders)

    png = _command(commands, "png", _png, _help("png"))
    png.epilog = examples(["boucle-labels png 7K3M-9QX2-T4HD-C8 --out label.png"], language())
    png.add_argument("code")
    png.add_argument("--dpi", type=_whole(72, 1_200), default=300, help=_help("dpi"))
    png.add_argument("--out", type=Path, required=True, help=_help("out"))
    _add_face(png)
    _add_texts(png)

    read = _command(commands, "read", _read, _help("read"))
    read.epilog = examples(["boucle-labels read photo.jpg --json"], language())
    read.add_argument("picture", type=Path)
    read.add_argument("--json", action="store_true", help=_help("json"))

    check = _command(commands, "check", _check, _help("check"))
    check.epilog = examples(["boucle-labels check labels.pdf"], language())
    check.add_argument("labels", type=Path)
    check.add_argument("--json", action="store_true", help=_help("json"))

    zpl = _command(commands, "zpl", _zpl, _help("zpl"))
    zpl.epilog = examples(["boucle-labels zpl codes.csv --printer 203dpi --size 60x40 --out labels.zpl"], language())
    zpl.add_argument("codes", type=Path)
    zpl.add_argument("--printer", choices=_PRINTERS, default=_PRINTERS[0], help=_help("printer"))
    zpl.add_argument("--size", type=_size, default=_size("60x40"), help=_help("size"))
    zpl.add_argument("--base", help=_help("base", default=DEFAULT_BASE))
    zpl.add_argument("--out", type=Path, required=True, help=_help("out"))
    return parser


def _command(commands: Any, name: str, run: Callable[..., int], text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    return command


def _add_texts(command: argparse.ArgumentParser) -> None:
    command.add_argument("--name", type=_text, default="", help=_help("name"))
    command.add_argument("--owner", type=_text, default="", help=_help("owner"))


def _add_face(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=_FORMATS, default=_FORMATS[0], help=_help("format"))
    command.add_argument("--base", help=_help("base", default=DEFAULT_BASE))
    command.add_argument("--bars", action="store_true", help=_help("bars"))


def _whole(least: int, most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(say("whole", language(), least=least, most=most, value=text[:60]))
        return int(text)

    return whole


def _cells(text: str) -> frozenset[int]:
    cell = _whole(1, 1_000)
    return frozenset(cell(part.strip()) for part in text.split(","))


def _offset(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(say("millimetres", language(), value=text[:60])) from None
    # Written so that what is no number is refused as well.
    if not (abs(x) <= MAX_OFFSET_MM and abs(y) <= MAX_OFFSET_MM):
        raise argparse.ArgumentTypeError(say("too_far", language(), most=MAX_OFFSET_MM, value=text[:60]))
    return x, y


def _text(text: str) -> str:
    if len(text) > MAX_TEXT_CHARACTERS or not text.isprintable():
        raise argparse.ArgumentTypeError(say("text", language(), most=MAX_TEXT_CHARACTERS))
    return text


def _with_negative_values(argv: Sequence[str]) -> list[str]:
    """Tie `--offset-mm -0.5,0.3` together: argparse would take the value for an option."""
    tied: list[str] = []
    for argument in argv:
        if tied and tied[-1] == "--offset-mm":
            tied[-1] += f"={argument}"
        else:
            tied.append(argument)
    return tied


if __name__ == "__main__":
    sys.exit(main())
