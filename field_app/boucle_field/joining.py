"""Where a photo that is left over can still go: to what it was taken for, else to what is recorded next there."""

from boucle.visiting import OPERATIONS
from boucle_field import driving
from boucle_field.bench import Next, steps, ticket_of
from boucle_field.phone import Phone
from boucle_field.photos_in_hand import About, Step
from boucle_field.visit import Visit


def goal(phone: Phone, visit: Visit | None, about: About) -> About | None:
    """Give what a photo taken for something can go with now; None while nothing there takes it."""
    if is_open(phone, visit, about):
        return about
    if visit is not None:
        return visit.hand.about if visit.place == about.place else None
    return about if about.step is Step.VISIT and about.action in OPERATIONS else None


def is_open(phone: Phone, visit: Visit | None, about: About) -> bool:
    """Tell whether what a photo was taken for is not recorded yet."""
    match about.step:
        case Step.VISIT:
            return visit is not None and visit.hand.about.key == about.key
        case Step.STOP:
            at = driving.stop_of(phone, about.subject)
            return at is not None and driving.standing(phone, *at).validated is None
        case Step.DIAGNOSIS:
            return Next.DIAGNOSE in steps(phone, ticket_of(phone, about.subject))
