"""The export of the balances: what each partner holds of each type at the end of the local day of `as_of`."""

from dataclasses import asdict, fields
from typing import IO, Final

from sqlalchemy.engine import Connection

from boucle.balance import Balance
from boucle.clock import day_of, iso
from boucle_server import partner_balances, reports
from boucle_server.exports.command import Request
from boucle_server.exports.sheets import Sheet, write_csv, write_xlsx
from boucle_server.exports.state import canonical
from boucle_server.projections import load_book

FORMAT: Final = "boucle-balances/1"
COLUMNS: Final = tuple(each.name for each in fields(Balance))


def write(connection: Connection, org: str, file: IO[bytes], *, request: Request) -> None:
    """Write every balance that is not nil."""
    zone = reports.zone_of(connection, org)
    day = day_of(request.as_of_ms, zone)
    found = partner_balances.at_day(connection, org, day)
    found.sort(key=lambda each: (each.partner.encode(), each.site.encode(), each.type.encode()))
    if request.format == "json":
        content = {
            "format": FORMAT,
            "org": org,
            "as_of": iso(request.as_of_ms),
            "day": day,
            "timezone": zone,
            "reference": load_book(connection, org).digest(),
            "balances": [asdict(each) for each in found],
        }
        file.write(canonical(content))
        return
    sheet = Sheet(name="balances", columns=("day", *COLUMNS), rows=[(day, *asdict(each).values()) for each in found])
    if request.format == "csv":
        write_csv(file, sheet)
    else:
        write_xlsx(file, [sheet], at_ms=request.as_of_ms)
