"""Tables of pages as files: the address of a page with `fichier` gives what it shows, whole, as XLSX or CSV.

The same route answers, so that a file needs the same rights and holds under the same filters as its page. A file is
never cut to a page of a list; what the address asked for and cannot have is said on the page, and no file is given.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from starlette.responses import Response

from boucle.words import say
from boucle_server.exports.sheets import EXCEL_IN_FRANCE, Cell, Sheet, write_csv, write_xlsx
from boucle_server.web.visit import CSV_EXCEL, FILE, FILE_TYPES, LANG, XLSX, Visit

TABLE: Final = "table"
_NO_FILTER: Final = frozenset({FILE, TABLE, LANG, "after", "page"})
MOST_ROWS: Final = 50_000
"""Rows of one table; who wants more takes an export of the whole."""
_TITLE: Final = 31
"""Characters that a spreadsheet allows for the name of a sheet."""
_NOT_IN_TITLE: Final = re.compile(r"[\[\]:*?/\\\\']+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a page: its name in an address, its title, its columns, its rows."""

    key: str
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def format_of(visit: Visit) -> str:
    """Give the format that an address asks for; `""` for a page, also where it names none of ours."""
    asked = visit.value(FILE)
    return asked if asked in FILE_TYPES else ""


def table_file(visit: Visit, name: str, tables: Sequence[Table]) -> Response:
    """Give the table that an address names, or all of a page, or the first as CSV."""
    form, wanted = format_of(visit), visit.value(TABLE)
    chosen = [table for table in tables if table.key == wanted] or list(tables)
    file = io.BytesIO()
    if form == XLSX:
        write_xlsx(file, [*_sheets(chosen), _about(visit)], at_ms=visit.now_ms)
    else:
        first = chosen[0]
        sheet = Sheet(name=first.key, columns=first.heads, rows=first.rows)
        write_csv(file, sheet, for_excel=EXCEL_IN_FRANCE if form == CSV_EXCEL else "")
    part = f"-{chosen[0].key}" if form != XLSX or len(chosen) < len(tables) else ""
    stem = re.sub(r"[^a-z0-9-]+", "-", f"boucle-{name}{part}".lower()).strip("-")
    headers = {
        "Content-Disposition": f'attachment; filename="{stem}.{form.partition("-")[0]}"',
        "Cache-Control": "private, no-store",
    }
    return Response(file.getvalue(), media_type=FILE_TYPES[form], headers=headers)


def _sheets(tables: Sequence[Table]) -> list[Sheet]:
    names: set[str] = set()
    sheets = []
    for at, table in enumerate(tables, start=1):
        name = _NOT_IN_TITLE.sub(" ", table.title).strip()[:_TITLE].strip() or table.key
        if name.casefold() in names:
            name = f"{name[: _TITLE - 3]} {at}"
        names.add(name.casefold())
        sheets.append(Sheet(name=name, columns=table.heads, rows=table.rows))
    return sheets


def _about(visit: Visit) -> Sheet:
    """Say whose table it is, what was asked, and when."""
    lang = visit.lang
    kept = [(key, value) for key, value in visit.query if key not in _NO_FILTER and value]
    local = datetime.fromtimestamp(visit.now_ms / 1000, ZoneInfo(visit.who.zone))
    rows = [
        (say("web.file_org", lang), visit.who.org_name),
        (say("web.file_page", lang), visit.path),
        *((say("page.named", lang, name=say("web.file_filter", lang), value=key), value[:200]) for key, value in kept),
        (say("web.file_when", lang), local.isoformat(timespec="minutes")),
    ]
    columns = (say("web.file_about", lang), say("page.value", lang))
    return Sheet(name=say("web.file_about", lang), columns=columns, rows=rows)
