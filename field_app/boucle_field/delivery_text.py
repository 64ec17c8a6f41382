"""The delivery note of a visit as a text to send: where to, when, the pieces by type, their codes, who sent them.

It says what this phone recorded; the note that is printed is made by the server.
"""

from boucle.codes import Label, read_label
from boucle.lines import Line
from boucle.words import say
from boucle.words.numerals import times
from boucle_field import people
from boucle_field.names import name_of_place
from boucle_field.slip_text import organisation
from boucle_field.visit import Visit


def delivery_text(visit: Visit, *, when: str, lang: str) -> str:
    """Write what a visit sent as the text of a message; `when` is its day and time in words."""
    sent = [line for line in visit.lines if line.counts and line.event_id]
    if not sent:
        return ""
    phone = visit.phone
    book, now = phone.mirror.book(), phone.desk.now_ms()
    who = people.present(phone.store)
    places = (organisation(phone), name_of_place(book, visit.place, now))
    unknown = say("screen.unknown_type", lang)
    by_type: dict[str, list[Line]] = {}
    for line in sent:
        by_type.setdefault(line.item_type, []).append(line)
    lines = [say("web.note_title", lang), f"{' → '.join(each for each in places if each)}, {when}"]
    for item_type, of in by_type.items():
        lines.append(times(sum(line.qty for line in of), visit.type_name(item_type) or unknown, lang))
        lines += [f"  {_printed(line.subject)}" for line in of if line.item]
    if who is not None:
        lines.append(say("page.named", lang, name=say("web.note_who", lang), value=who.name))
    return "\n".join(lines)


def _printed(subject: str) -> str:
    label = read_label(subject)
    return label.code.grouped if isinstance(label, Label) and label.code else subject
