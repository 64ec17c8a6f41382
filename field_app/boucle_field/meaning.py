"""What a scanned text means on this phone, by what it knows, whatever screen is open. Nothing is recorded here."""

from boucle import meaning as meanings
from boucle.meaning import Meaning
from boucle_field.phone import Phone


def meaning(text: str, phone: Phone) -> Meaning:
    """Give what a text means, from a camera, a keyboard-wedge scanner or a person."""
    return meanings.meaning(text, book=phone.mirror.book(), is_linked=lambda subject: phone.mirror.look(subject).known)
