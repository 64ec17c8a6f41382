"""The fields of a form that is put together by what it asks: what each shows, and what was wrong with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from boucle.words import say
from boucle_server.web.asking import Option
from boucle_server.web.forms import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One field, and in `wrong` what is wrong with it.

    `kind` is text, long, choice, date, check, code, mass, money, photo or document.
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    options: tuple[Option, ...] = ()
    help: str = ""
    required: bool = False
    wrong: str = ""
    bare: bool = False
    """The first answer stands for none; no empty one is put before it."""
    group: str = ""
    """Fields of one group stand together under this title."""
    again: str = ""
    """What its help says too where the form comes back, of what has to be chosen once more."""
    begins: bool = False
    """Whether the page begins here: this field has the focus when it opens."""


def choice(name: str, label: str, options: Iterable[Option], **more: object) -> Input:
    """Give a field that offers some answers, none of them chosen yet."""
    return Input(name=name, label=label, kind="choice", options=tuple(options), **more)  # type: ignore[arg-type]


def yes_no(name: str, label: str, lang: str, **more: object) -> Input:
    """Give a question of yes or no, without an answer yet."""
    return choice(name, label, [("yes", say("web.yes", lang)), ("no", say("web.no", lang))], **more)


def filled(inputs: Sequence[Input], typed: Fields, wrong: dict[str, str]) -> list[Input]:
    """Give fields with what was typed into them, and what is wrong with it."""
    names = {name for name, _ in typed.pairs}
    return [
        replace(
            each,
            value=typed.value(each.name)
            if each.name in names
            else ("" if each.kind == "check" and names else each.value),
            wrong=wrong.get(each.name, ""),
            help=f"{each.help} {each.again}".strip() if names else each.help,
        )
        for each in inputs
    ]
