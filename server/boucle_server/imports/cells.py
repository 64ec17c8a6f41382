"""Cells of a spreadsheet: how the text of one becomes a value, in the ways that French and English firms write it."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from boucle.board import COLUMNS as BOARD
from boucle.board import MOST as MOST_IN_A_COLUMN
from boucle.catalogue import CATALOGUE, find
from boucle.checklists import MOST_WORDS, Asks, Moment
from boucle.clock import is_zone
from boucle.codes import Label, read_label
from boucle.goals import MICRO, MOST_MICRO, SENSES
from boucle.lifecycle import Disposition
from boucle.photo_guards import PhotoGuard
from boucle.qualifications import Act
from boucle.reference import GOODS
from boucle.roles import Role
from boucle.shape import MAX_COUNT, MAX_NAME, MAX_QTY, is_short
from boucle.site_roles import role_of
from boucle.words import LANGUAGES, say
from boucle_server.errors import Words, listed

MAX_CELL = 500
MAX_GRAMS = 100_000_000
"""Heavier than any container: a hundred tonnes, so that a slip of the decimal point is noticed."""
MAX_DAYS = 36_500
MAX_PERCENT = 1_000
MAX_CENTS = 100_000_000

_YES = frozenset({"oui", "o", "yes", "y", "vrai", "true", "1", "x"})
_NO = frozenset({"non", "n", "no", "faux", "false", "0", ""})
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}", re.ASCII)


_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_HOUR = re.compile(r"(\d{1,2})\s*[:hH]\s*(\d{2})?", re.ASCII)
_DAY_HOUR = re.compile(r"(\d{1,2}/\d{1,2}/\d{4})(?:\s+(?:à\s+)?(\d{1,2}\s*[:hH]\s*(?:\d{2})?))?")
_HOURS, _MINUTES = 24, 60


class CellError(ValueError):
    """A cell that is not what its column asks for; the argument is a key of `boucle.words`."""

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


Reader = Callable[[str], object]


def text(cell: str) -> str:
    """Read any text of at most 500 characters without control characters."""
    if len(cell) > MAX_CELL or any(char < " " for char in cell):
        raise CellError("import.bad_text", most=MAX_CELL)
    return cell


def short(cell: str) -> str:
    """Read a text that becomes part of keys: at most 200 bytes."""
    if not is_short(text(cell)):
        raise CellError("import.bad_text", most=MAX_NAME)
    return cell


def key(cell: str) -> str:
    """Read a key: letters, digits and `. _ : @ -`, at most 64."""
    if not _KEY.fullmatch(cell):
        raise CellError("import.bad_key")
    return cell


def type_or_any(cell: str) -> str:
    """Read the key of a type, or `*` for every type."""
    return "*" if cell in ("", "*") else key(cell)


def keys(cell: str) -> list[str]:
    """Read keys parted by commas, semicolons or blanks."""
    return list(dict.fromkeys(key(each) for each in re.split(r"[,;\s]+", cell) if each))


def acts(cell: str) -> str:
    """Read the acts that ask for a qualification, in either language, parted by commas; as their keys in a row."""
    found = {_ACTS.get(" ".join(each.split()).casefold()) for each in re.split(r"[,;]+", cell) if each.strip()}
    if None in found:
        raise CellError("import.bad_qualifying_act", known=listed([f"qualification.act.{one}" for one in Act]))
    return " ".join(sorted(str(one) for one in found))


_ACTS: Mapping[str, Act] = {
    name.casefold(): one
    for one in Act
    for name in (one, *(say(f"qualification.act.{one}", each) for each in LANGUAGES))
}


def photo_guards(cell: str) -> str:
    """Read what a site asks a photo for, in either language, parted by commas or blanks; as its keys in a row."""
    found = {_PHOTO_GUARDS.get(each.casefold()) for each in re.split(r"[,;\s]+", cell) if each}
    if None in found:
        raise CellError("import.bad_photo_guard", known=listed([f"photo.guard.{one}" for one in PhotoGuard]))
    return " ".join(sorted(str(one) for one in found))


_PHOTO_GUARDS: Mapping[str, PhotoGuard] = {
    name.casefold(): one
    for one in PhotoGuard
    for name in (one, *(say(f"photo.guard.{one}", each) for each in LANGUAGES))
}


def limits(cell: str) -> str:
    """Read how many repairs are wanted in which columns at most, `en réparation 4, au test 3`; as its keys in a row."""
    found: dict[str, int] = {}
    for each in filter(None, (" ".join(part.split()) for part in re.split(r"[,;\n]+", cell))):
        name, _, n = each.rpartition(" ")
        column = _COLUMNS.get(name.rstrip(" :=").casefold())
        if column is None:
            known = listed([f"web.column_{one}" for one in BOARD])
            raise CellError("import.bad_limits", known=known, most=MOST_IN_A_COLUMN)
        if not (n.isascii() and n.isdecimal()) or not 0 < int(n[:9]) <= MOST_IN_A_COLUMN:
            raise CellError("import.bad_column_limit", column=Words(f"web.column_{column}"), n=n, most=MOST_IN_A_COLUMN)
        found[column] = int(n)
    return " ".join(f"{column}:{found[column]}" for column in BOARD if column in found)


_COLUMNS: Mapping[str, str] = {
    name.casefold(): one for one in BOARD for name in (one, *(say(f"web.column_{one}", each) for each in LANGUAGES))
}


def question(cell: str) -> str:
    """Read a text that has to be read on a phone."""
    if len(text(cell)) > MOST_WORDS:
        raise CellError("import.bad_text", most=MOST_WORDS)
    return cell


def yes_no(cell: str) -> bool:
    """Read oui or non, yes or no."""
    folded = cell.casefold()
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise CellError("import.bad_yes_no")


def _number(cell: str) -> Decimal:
    plain = re.sub(r"[\s\u00a0\u202f]", "", cell).replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise CellError("import.bad_number") from None
    if not number.is_finite() or number < 0:
        raise CellError("import.bad_number")
    return number


def _whole(number: Decimal, most: int) -> int:
    if number != number.to_integral_value() or number > most:
        raise CellError("import.bad_whole", most=most)
    return int(number)


def days(cell: str) -> int:
    """Read a number of days."""
    return _whole(_number(cell), MAX_DAYS)


def percent(cell: str) -> int:
    """Read a whole number of per cent."""
    return _whole(_number(cell.removesuffix("%")), MAX_PERCENT)


def count(cell: str) -> int:
    """Read a count."""
    return _whole(_number(cell), MAX_GRAMS)


def quantity(cell: str) -> int:
    """Read how many of a type one event is about."""
    return _whole(_number(cell), MAX_QTY)


def uses(cell: str) -> int:
    """Read how often something served before."""
    return _whole(_number(cell), MAX_COUNT)


def grams(cell: str) -> int:
    """Read a mass written in kilograms, to the gram: `2,15` is 2150 g."""
    return _whole(_number(cell) * 1000, MAX_GRAMS)


def cents(cell: str) -> int:
    """Read an amount written in euros: `4,50` is 450 cents."""
    return _whole(_number(cell.removesuffix("€")) * 100, MAX_CENTS)


def figure(cell: str) -> str:
    """Read a figure that can have a goal, by its id, its stable name or its name in either language; as its id."""
    found = find(cell) or next((each for each in CATALOGUE.values() if _named(each.words("name"), cell)), None)
    if found is None or found.id not in SENSES:
        raise CellError("import.bad_goal_figure", known=", ".join(SENSES))
    return found.id


def _named(words: str, cell: str) -> bool:
    return cell.casefold() in {say(words, lang).casefold() for lang in LANGUAGES}


def goal(cell: str) -> int:
    """Read what a figure is wanted to reach, in the unit in which people read it, `92,5` or `92,5 %`; in millionths."""
    for sign in ("%", "€", "kg"):
        cell = cell.removesuffix(sign)
    return _whole(_number(cell) * MICRO, MOST_MICRO)


def zone(cell: str) -> str:
    """Read a time zone."""
    if not is_zone(cell):
        raise CellError("import.bad_zone")
    return cell


def instant(cell: str) -> datetime:
    """Read a day or an instant, `31/12/2025`, `31/12/2025 08:30` or ISO 8601; without an offset it is local time."""
    try:
        if found := _DAY_HOUR.fullmatch(cell):
            cell = f"{day(found[1])}T{hour(found[2])}" if found[2] else day(found[1])
        return datetime.fromisoformat(cell)
    except ValueError:
        raise CellError("import.bad_date", example=date(2025, 12, 31).strftime("%d/%m/%Y")) from None


def day(cell: str) -> str:
    """Read a day as 24/11/2026 or 2026-11-24; give it as the latter."""
    found = _DAY.fullmatch(cell)
    try:
        return date.fromisoformat(cell if found is None else f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}").isoformat()
    except ValueError:
        raise CellError("import.bad_day") from None


def hour(cell: str) -> str:
    """Read a time of day as 8:30, 08h30 or 8 h; give it as `HH:MM`."""
    found = _HOUR.fullmatch(cell)
    if found is None or int(found[1]) >= _HOURS or int(found[2] or 0) >= _MINUTES:
        raise CellError("import.bad_hour")
    return f"{found[1]:0>2}:{found[2] or '00'}"


def label(cell: str) -> str:
    """Read the code of a label in any of its forms, or a GS1 key of one item."""
    found = read_label(cell)
    if not isinstance(found, Label):
        raise CellError(f"import.label_{found.reason.value}")
    return found.key


def siret(cell: str) -> str:
    """Read a SIRET: 14 digits under Luhn's check, or La Poste's own rule (INSEE, règle de validité du SIRET)."""
    digits = re.sub(r"\s", "", cell)
    if not re.fullmatch(r"\d{14}", digits, re.ASCII):
        raise CellError("import.siret_digits")
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    luhn = sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - Luhn's nine
    la_poste = digits.startswith("356000000") and sum(map(int, digits)) % 5 == 0
    if not (luhn or la_poste):
        raise CellError("import.bad_siret")
    return digits


def role(cell: str) -> Role:
    """Read a role by its stable key or by its French or English name."""
    folded = cell.casefold()
    for known in Role:
        names = {known.value, *(say(f"role.{known.value}", lang).casefold() for lang in LANGUAGES)}
        if folded in names:
            return known
    raise CellError("import.bad_role")


def one_of(cell: str, offered: Mapping[str, str]) -> str:
    """Read a value of a table, by itself or by its words in either language; `offered` gives the key of its words."""
    folded = cell.casefold()
    for value, words in offered.items():
        if folded in {value, *(say(words, lang).casefold() for lang in LANGUAGES)}:
            return value
    raise CellError("import.bad_one_of", offered=listed(list(offered.values())))


def nature(cell: str) -> str:
    """Read what a type is: a container of a pool (`""`), a product or a part."""
    found = one_of(cell, {each: f"nature.{each}" for each in ("container", *sorted(GOODS))})
    return found if found in GOODS else ""


def disposition(cell: str) -> str:
    """Read what becomes of a returned product."""
    return one_of(cell, {each: f"disposition.{each}" for each in Disposition})


def site_role(cell: str) -> str:
    """Read what a place is for: one of the roles that have a word, else the text as it stands."""
    return role_of(text(cell))


def moment(cell: str) -> Moment:
    """Read when a checklist is gone through."""
    return Moment(one_of(cell, {each: f"checklist.moment.{each}" for each in Moment}))


def asks(cell: str) -> Asks:
    """Read what a step asks for."""
    return Asks(one_of(cell, {each: f"checklist.asks.{each}" for each in Asks}))


def pin(cell: str) -> str:
    """Read a PIN of four to eight digits."""
    if not re.fullmatch(r"\d{4,8}", cell, re.ASCII):
        raise CellError("import.bad_pin")
    return cell
