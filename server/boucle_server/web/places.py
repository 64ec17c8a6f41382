"""Which pages there are, under which path, and who may see each: the one table that says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from boucle.codes import PRINTED_KINDS, Kind
from boucle.roles import Capability

_C = Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page, or a few that belong together.

    `needs` are the capabilities of which any one is enough; none means everybody who is signed in. A `public` place
    answers to everybody. What has a place in the menu has `in_menu`.
    """

    key: str
    path: str
    needs: frozenset[Capability] = frozenset()
    public: bool = False
    in_menu: bool = False

    @property
    def words(self) -> str:
        """Give the key of its name."""
        return f"web.page_{self.key}"

    @property
    def permission(self) -> str:
        """Give its permission as the tests of rights read it."""
        if self.public:
            return "public"
        return " or ".join(sorted(each.value for each in self.needs)) or "signed in"

    def allows(self, held: Iterable[Capability]) -> bool:
        """Tell whether somebody with these capabilities may see it."""
        return self.public or not self.needs or not self.needs.isdisjoint(held)


_READ: Final = frozenset({_C.READ})
_RUN: Final = frozenset({_C.MANAGE, _C.DECIDE})
_MANAGE: Final = frozenset({_C.MANAGE})
_ADMINISTER: Final = frozenset({_C.ADMINISTER})
_DEVICES: Final = _MANAGE | _ADMINISTER
"""Which roles of devices each of them may let in and cut off says `boucle.roles.may_give`."""

HOME: Final = Place(key="home", path="/", public=True)
SIGN_IN: Final = Place(key="sign_in", path="/connexion", public=True)
SIGN_OUT: Final = Place(key="sign_out", path="/deconnexion")
STATIC: Final = Place(key="static", path="/fichiers", public=True)
PUBLIC: Final = Place(key="public", path="/C", public=True)
APP_LABELS: Final = tuple(
    Place(key=f"label_{kind.name.lower()}", path=f"/{kind.value}", public=True)
    for kind in PRINTED_KINDS
    if kind is not Kind.CONTAINER
)
"""What the application reads and a camera may open."""

DASHBOARD: Final = Place(key="dashboard", path="/tableau", needs=_READ, in_menu=True)
MONTH_END: Final = Place(key="month_end", path="/tableau/arreter", needs=_MANAGE)
ITEMS: Final = Place(key="items", path="/objets", needs=_READ, in_menu=True)
CORRECT: Final = Place(key="correct", path="/objets/corriger", needs=_RUN)
INBOX: Final = Place(key="inbox", path="/a-traiter", needs=_RUN, in_menu=True)
STATION: Final = Place(
    key="station",
    path="/saisie",
    needs=frozenset({_C.COLLECT, _C.RECEIVE, _C.SORT, _C.REPAIR, _C.TEST, _C.CERTIFY, _C.DECIDE}),
    in_menu=True,
)
PARTNERS: Final = Place(key="partners", path="/partenaires", needs=_READ, in_menu=True)
ROUNDS: Final = Place(key="rounds", path="/tournees", needs=_READ, in_menu=True)
ROUND_PLAN: Final = Place(key="round_plan", path="/tournees/plan", needs=_MANAGE)
DELIVERIES: Final = Place(key="deliveries", path="/expeditions", needs=_READ)
SLIP: Final = Place(key="slip", path="/bon", public=True)
QUOTE: Final = Place(key="quote", path="/devis", public=True)
DEVICES: Final = Place(key="devices", path="/appareils", needs=_DEVICES, in_menu=True)
ENROL: Final = Place(key="enrol", path="/appareils/nouveau", needs=_DEVICES)
REVOKE: Final = Place(key="revoke", path="/appareils/retirer", needs=_DEVICES)
LABELS: Final = Place(key="labels", path="/etiquettes", needs=frozenset({_C.RECEIVE, _C.MANAGE}), in_menu=True)
PLACE_LABELS: Final = Place(key="place_labels", path="/etiquettes/lieux", needs=_MANAGE)
BADGES: Final = Place(key="badges", path="/etiquettes/badges", needs=_ADMINISTER)
ADMIN: Final = Place(key="admin", path="/administration", needs=frozenset({_C.MANAGE, _C.ADMINISTER}), in_menu=True)
REGISTER: Final = Place(key="register", path="/administration/registre", needs=_MANAGE)
IMPORT: Final = Place(key="import", path="/administration/import", needs=_MANAGE)
PEOPLE: Final = Place(key="people", path="/administration/personnes", needs=_ADMINISTER)
CHECKLISTS: Final = Place(key="checklists", path="/administration/listes", needs=_MANAGE)
QUALIFIED: Final = Place(key="qualified", path="/administration/habilitations", needs=_MANAGE)
TOKENS: Final = Place(key="tokens", path="/administration/jetons", needs=_ADMINISTER)
WORKSHOP: Final = Place(key="workshop", path="/atelier", needs=_READ, in_menu=True)
RETURNS: Final = Place(key="returns", path="/retours", needs=_READ, in_menu=True)
CERTIFICATES: Final = Place(key="certificates", path="/certificats", public=True)
PROOFS: Final = Place(key="proofs", path="/preuves", needs=_READ)
PHOTOS: Final = Place(key="photos", path="/photos", needs=_READ)
DOCUMENTS: Final = Place(key="documents", path="/documents", needs=_READ)
HELP: Final = Place(key="help", path="/aide", public=True, in_menu=True)

PLACES: Final = (
    HOME,
    SIGN_IN,
    SIGN_OUT,
    STATIC,
    PUBLIC,
    *APP_LABELS,
    DASHBOARD,
    MONTH_END,
    INBOX,
    STATION,
    ITEMS,
    CORRECT,
    PARTNERS,
    ROUNDS,
    ROUND_PLAN,
    DELIVERIES,
    SLIP,
    QUOTE,
    WORKSHOP,
    RETURNS,
    CERTIFICATES,
    PROOFS,
    PHOTOS,
    DOCUMENTS,
    DEVICES,
    ENROL,
    REVOKE,
    LABELS,
    PLACE_LABELS,
    BADGES,
    ADMIN,
    REGISTER,
    IMPORT,
    PEOPLE,
    CHECKLISTS,
    QUALIFIED,
    TOKENS,
    HELP,
)
"""Every place, those of the menu in its order."""


def menu(held: Iterable[Capability]) -> list[Place]:
    """Give the places of the menu for somebody with these capabilities."""
    known = frozenset(held)
    return [place for place in PLACES if place.in_menu and place.allows(known)]


def home_of(held: Iterable[Capability]) -> Place:
    """Give the place where somebody with these capabilities begins."""
    return menu(held)[0]
