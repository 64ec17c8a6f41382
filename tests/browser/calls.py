"""Every page that is looked at in a real browser: those of the menu as the table of places has them, those behind."""

from typing import Final

from boucle.roles import Capability
from boucle_server.demo.people import PASSWORD, PEOPLE
from boucle_server.web import places
from boucle_server.web.inbox_case import Heap
from boucle_server.web.register import KINDS
from tests.browser.chromium import Call
from tests.builders import code

ADMINISTRATOR: Final = "administrateur"
MANAGER: Final = "responsable"
ACCOUNTS: Final = {person.login: PASSWORD for person in PEOPLE if person.login}
_FIRST_ROW: Final = "main tbody th a"
_LAST_WEEK: Final = "main a[rel='prev']"
_SLIP: Final = "main a[href^='/tournees/bon']"
_CLOSING: Final = f"main a[href^='{places.MONTH_END.path}']"
_FIRST_CASE: Final = "main .case-act a"
_READY: Final = "main a[href^='/atelier/etape/ranger'], main a[href^='/atelier/etape/remettre']"
_CERTIFIED: Final = (_READY, "main a[href^='/atelier/fiche']", "main a[href^='/atelier/certificat']")
_QUOTED: Final = (
    "main a[href^='/atelier/fiche']",
    "main a[href*='/devis/']:not([href*='/etape/']):not([href^='mailto'])",
)
_SITES: Final = "site;nom;commune\ntoul;Toul;Toul\nbar le duc;Bar-le-Duc, entrepôt des transports réunis;Bar-le-Duc\n"
_UNKNOWN: Final = "Repère;Libellé\ntoul;Toul\n"
_HEAPS: Final = (
    *(Heap.UNKNOWN, Heap.CONTRADICTION, Heap.REPORTED, Heap.OVERDUE, Heap.HELD),
    *(Heap.LOST, Heap.COUNT, Heap.DIFFERENCE, Heap.DRIFT, Heap.GAP, Heap.UNSENT),
)
"""The heaps of which the demonstration has a case with a page of its own."""

STRANGERS: Final = (
    Call("connexion", places.SIGN_IN.path),
    Call("connexion-refusee", places.SIGN_IN.path, fill=(("login", "nobody"), ("password", "not the password"))),
    Call("aide", places.HELP.path),
    Call("inconnu", "/nulle-part"),
    Call("code-inconnu", "/C/0000000000"),
    *(Call(f"application-{letter.lower()}", f"/{letter}/0000000000") for letter in "PRTXBE"),
)
BEHIND: Final = (
    Call("chiffres", "/tableau/chiffres", ADMINISTRATOR),
    Call("mois-arret", places.DASHBOARD.path, MANAGER, follow=(_CLOSING,)),
    Call("chiffre", "/tableau/chiffre/K2", ADMINISTRATOR),
    Call("sans-donnee", "/tableau?loop=moteurs-epinal&type=roll", ADMINISTRATOR),
    Call("objet", places.ITEMS.path, ADMINISTRATOR, follow=(_FIRST_ROW,)),
    Call("preuve", places.ITEMS.path, ADMINISTRATOR, follow=(_FIRST_ROW, ".timeline a[href^='/preuves/']")),
    Call("corriger", places.ITEMS.path, ADMINISTRATOR, follow=(_FIRST_ROW, ".timeline a[href^='/objets/corriger/']")),
    Call("code-mal-lu", places.ITEMS.path, ADMINISTRATOR, fill=(("code", "7K3M9QX2T4HDC9"),)),
    Call("partenaire", places.PARTNERS.path, ADMINISTRATOR, follow=(_FIRST_ROW,)),
    *(Call(f"cas-{heap}", f"{places.INBOX.path}?kind={heap}", ADMINISTRATOR, follow=(_FIRST_CASE,)) for heap in _HEAPS),
    Call(
        "retards", f"{places.INBOX.path}?kind={Heap.OVERDUE}", MANAGER, follow=("main a[href^='/a-traiter/retards/']",)
    ),
    Call("appareil-nouveau", places.ENROL.path, ADMINISTRATOR),
    Call("appareil-code", places.ENROL.path, ADMINISTRATOR, fill=(("name", "Téléphone du quai Nord"),)),
    Call("appareil-retirer", places.DEVICES.path, ADMINISTRATOR, follow=(f"a[href^='{places.REVOKE.path}/']",)),
    Call("etiquettes-lot", places.LABELS.path, ADMINISTRATOR, fill=(("count", "24"), ("name", "Bac 600×400"))),
    Call("etiquettes-reimprimer", f"{places.LABELS.path}/reimprimer?code={code(30)}", ADMINISTRATOR),
    Call("etiquettes-commandes", "/etiquettes/commandes", ADMINISTRATOR),
    Call("etiquettes-lieux", places.PLACE_LABELS.path, ADMINISTRATOR),
    Call("etiquettes-badges", places.BADGES.path, ADMINISTRATOR),
    *(Call(f"registre-{kind}", f"{places.REGISTER.path}/{kind}", ADMINISTRATOR) for kind in KINDS),
    Call("registre-ligne", f"{places.REGISTER.path}/sites", ADMINISTRATOR, follow=(_FIRST_ROW,)),
    Call("registre-nouveau", f"{places.REGISTER.path}/item-types/ligne", ADMINISTRATOR),
    Call("import", places.IMPORT.path, ADMINISTRATOR),
    Call("import-apporter", f"{places.IMPORT.path}/apporter/items", ADMINISTRATOR),
    Call("import-essai", f"{places.IMPORT.path}/apporter/sites", ADMINISTRATOR, fill=(("cells", _SITES),)),
    Call("import-colonnes", f"{places.IMPORT.path}/apporter/sites", ADMINISTRATOR, fill=(("cells", _UNKNOWN),)),
    Call("personnes", places.PEOPLE.path, ADMINISTRATOR),
    Call("personne", places.PEOPLE.path, ADMINISTRATOR, follow=(_FIRST_ROW,)),
    Call("personne-arret", places.PEOPLE.path, ADMINISTRATOR, follow=("main tbody td a",)),
    Call("personne-nouvelle", f"{places.PEOPLE.path}/nouveau", ADMINISTRATOR),
    Call("listes-de-controle", places.CHECKLISTS.path, MANAGER),
    Call("liste-de-controle", places.CHECKLISTS.path, MANAGER, follow=(_FIRST_ROW,)),
    Call("liste-de-controle-nouvelle", f"{places.CHECKLISTS.path}/liste", MANAGER),
    Call("habilitations", places.QUALIFIED.path, MANAGER),
    Call("habilitation", places.QUALIFIED.path, MANAGER, follow=(_FIRST_ROW,)),
    Call("jetons", places.TOKENS.path, ADMINISTRATOR),
    Call("jeton-nouveau", f"{places.TOKENS.path}/nouveau", ADMINISTRATOR),
    Call(
        "jeton-fait",
        f"{places.TOKENS.path}/nouveau",
        ADMINISTRATOR,
        fill=(("name", "Tableur du siège"), ("scope", Capability.READ.value)),
    ),
    Call("jeton-retirer", places.TOKENS.path, ADMINISTRATOR, follow=(f"a[href^='{places.TOKENS.path}/retirer/']",)),
    Call("roles", f"{places.ADMIN.path}/roles", ADMINISTRATOR),
    Call("page-publique", places.DASHBOARD.path, ADMINISTRATOR, follow=(".steps a[href^='/C/']",)),
    Call(
        "page-publique-signalee",
        places.DASHBOARD.path,
        ADMINISTRATOR,
        follow=(".steps a[href^='/C/']",),
        fill=(("problem", "damaged"), ("words", "Un coin est fendu.")),
    ),
    Call("tournee", places.ROUNDS.path, ADMINISTRATOR, follow=(_LAST_WEEK, _FIRST_ROW)),
    Call("tournee-nouvelle", places.ROUND_PLAN.path, ADMINISTRATOR),
    Call(
        "tournee-plan",
        places.ROUNDS.path,
        ADMINISTRATOR,
        follow=(_LAST_WEEK, _FIRST_ROW, "a[href^='/tournees/plan?cle']"),
    ),
    Call("bon", places.ROUNDS.path, ADMINISTRATOR, follow=(_LAST_WEEK, _FIRST_ROW, _SLIP)),
    Call(
        "bon-partage",
        places.ROUNDS.path,
        ADMINISTRATOR,
        follow=(_LAST_WEEK, _FIRST_ROW, _SLIP, "main a[href^='http']"),
    ),
    Call("bon-perdu", f"{places.SLIP.path}/rien"),
    Call(
        "bon-livraison",
        places.PARTNERS.path,
        MANAGER,
        follow=("main a[href^='/partenaires/']", "main a[href^='/expeditions/bon']"),
    ),
    Call("atelier-liste", f"{places.WORKSHOP.path}?vue=liste", MANAGER),
    Call("atelier-fiche", places.WORKSHOP.path, MANAGER, follow=("main a[href^='/atelier/fiche']",)),
    Call("atelier-ouvrir", f"{places.WORKSHOP.path}/ouvrir", MANAGER),
    Call("atelier-etape", places.WORKSHOP.path, MANAGER, follow=("main a[href^='/atelier/etape']",)),
    Call("atelier-devis", f"{places.WORKSHOP.path}?vue=liste&stage=approval", MANAGER, follow=_QUOTED[:1]),
    Call("devis", f"{places.WORKSHOP.path}?vue=liste&stage=approval", MANAGER, follow=_QUOTED),
    Call("devis-perdu", f"{places.QUOTE.path}/rien"),
    Call("certificat", f"{places.WORKSHOP.path}?vue=liste&stage=to_leave", MANAGER, follow=_CERTIFIED),
    Call(
        "certificat-public",
        f"{places.WORKSHOP.path}?vue=liste&stage=to_leave",
        MANAGER,
        follow=(*_CERTIFIED, f"a[href^='{places.CERTIFICATES.path}/']"),
    ),
    Call("retour", places.RETURNS.path, MANAGER, follow=(_FIRST_ROW,)),
    Call(
        "retour-annonce",
        "/retours/annoncer",
        MANAGER,
        fill=(("from", "rhin-plasturgie"), ("l1.type", "bac-600x400"), ("l1.n", "5")),
    ),
    Call(
        "retour-acte",
        f"{places.RETURNS.path}?state=open",
        MANAGER,
        follow=(_FIRST_ROW, "main a[href^='/retours/acte']"),
    ),
    Call(
        "retour-classer",
        places.RETURNS.path,
        MANAGER,
        follow=("main tbody a[href$='F1L7']", "main a[href*='/acte/classer/']"),
    ),
    Call("retour-confirmer", f"{places.INBOX.path}?kind={Heap.RETURN_VALUED}", MANAGER, follow=(_FIRST_CASE,)),
    Call("registre-regle", f"{places.REGISTER.path}/return-rules", ADMINISTRATOR, follow=(_FIRST_ROW,)),
    Call("poste-lecteur", f"{places.STATION.path}/lecteur?essai=HTTPSM!!BOUCLE", MANAGER),
    Call("poste-rebut", f"{places.STATION.path}/rebut", MANAGER),
    Call("poste-peser", f"{places.STATION.path}/peser/depart", MANAGER),
    Call("poste-peser-arrivee", f"{places.STATION.path}/peser/arrivee", MANAGER),
    Call("poste-bilan", f"{places.STATION.path}/inventaire/bilan?lieu=molsheim&tache=bilan", MANAGER),
    Call(
        "poste-arret",
        places.ROUNDS.path,
        MANAGER,
        follow=(_LAST_WEEK, _FIRST_ROW, f"main a[href^='{places.STATION.path}/arret']"),
    ),
    Call(
        "poste-correction",
        places.ROUNDS.path,
        MANAGER,
        follow=(
            _LAST_WEEK,
            _FIRST_ROW,
            f"main a[href^='{places.STATION.path}/arret']",
            f"main a[href^='{places.STATION.path}/arret/corriger']",
        ),
    ),
    Call(
        "poste-reception",
        places.ROUNDS.path,
        MANAGER,
        follow=(_LAST_WEEK, _FIRST_ROW, f"main a[href^='{places.STATION.path}/reception']"),
    ),
    Call("poste-controle", f"{places.STATION.path}/controler/objet?lieu=strasbourg&code={code(30)}", MANAGER),
    Call("poste-lieu", f"{places.STATION.path}/expedier", MANAGER),
    Call("poste-scan", f"{places.STATION.path}/receptionner", MANAGER),
    Call(
        "poste-code-inconnu", f"{places.STATION.path}/receptionner?lieu=strasbourg&vu=LOT-2026&dernier=LOT-26", MANAGER
    ),
    Call("retour-annoncer", "/retours/annoncer", MANAGER),
    Call("retour-sans-annonce", "/retours/sans-annonce", MANAGER),
    Call("interdit", places.DEVICES.path, "lecteur"),
    Call("inconnu-chez-nous", "/objets/C/0000000000", ADMINISTRATOR),
)
_STOP: Final = (_LAST_WEEK, _FIRST_ROW, f"main a[href^='{places.STATION.path}/arret']")
_MINUS: Final = (("type", "film-pe"), ("n", "-1"), ("mass", "-12,5"))
REFUSED: Final[tuple[tuple[Call, int], ...]] = (
    (
        Call(
            "refus-correction",
            places.ITEMS.path,
            ADMINISTRATOR,
            follow=(_FIRST_ROW, ".timeline a[href^='/objets/corriger/']"),
            fill=(("reason", ""),),
        ),
        422,
    ),
    (Call("refus-import", f"{places.IMPORT.path}/apporter/sites", ADMINISTRATOR, fill=(("cells", "site;nom"),)), 422),
    (Call("refus-tournee", places.ROUND_PLAN.path, ADMINISTRATOR, fill=(("day", ""), ("s0.l0.collect", "-1"))), 422),
    (Call("refus-atelier-ouvrir", f"{places.WORKSHOP.path}/ouvrir", MANAGER, fill=(("code", "LOT-2026"),)), 422),
    (Call("refus-mois", places.DASHBOARD.path, MANAGER, follow=(_CLOSING,), fill=(("reason", "Fin de mois"),)), 422),
    (
        Call(
            "refus-personne",
            f"{places.PEOPLE.path}/nouveau",
            ADMINISTRATOR,
            fill=(("name", "Ada"), ("pin", "12"), ("badge", "B/7"), ("login", MANAGER), ("password", "court")),
        ),
        422,
    ),
    (
        Call(
            "refus-objectif",
            f"{places.REGISTER.path}/goals",
            ADMINISTRATOR,
            follow=(_FIRST_ROW,),
            fill=(("goal_micro", "-140"),),
        ),
        422,
    ),
    (Call("refus-site", f"{places.REGISTER.path}/sites/ligne", ADMINISTRATOR, fill=(("key", "Été !"),)), 422),
    (
        Call("refus-type", f"{places.REGISTER.path}/item-types/ligne", ADMINISTRATOR, fill=(("key", ""),)),
        422,
    ),
    (
        Call(
            "refus-liste", f"{places.CHECKLISTS.path}/liste", MANAGER, fill=(("name", ""), ("s1.question", "Bruit ?"))
        ),
        422,
    ),
    (
        Call(
            "refus-habilitation", places.QUALIFIED.path, MANAGER, follow=(_FIRST_ROW,), fill=(("until", "2020-01-01"),)
        ),
        422,
    ),
    (Call("refus-jeton", f"{places.TOKENS.path}/nouveau", ADMINISTRATOR, fill=(("name", ""),)), 422),
    (Call("refus-appareil", places.ENROL.path, ADMINISTRATOR, fill=(("name", ""), ("address", "nulle part"))), 422),
    (Call("refus-etiquettes", places.LABELS.path, ADMINISTRATOR, fill=(("count", "0"),)), 422),
    (Call("refus-reimprimer", f"{places.LABELS.path}/reimprimer", ADMINISTRATOR, fill=(("codes", "LOT-2026"),)), 200),
    (Call("illisible", places.LABELS.path, ADMINISTRATOR, fill=(("name", "Bac\0 gris"),)), 422),
    (Call("refus-poste", places.STATION.path, MANAGER, fill=(("codes", "LOT-2026"),)), 422),
    (Call("refus-peser", f"{places.STATION.path}/peser/arrivee", MANAGER, fill=_MINUS), 422),
    (Call("refus-arret", places.ROUNDS.path, MANAGER, follow=_STOP, fill=(("ending", ""),)), 422),
    (
        Call(
            "refus-arret-ligne",
            places.ROUNDS.path,
            MANAGER,
            follow=(*_STOP, f"main a[href^='{places.STATION.path}/arret/corriger']"),
            fill=(("fix", ""),),
        ),
        422,
    ),
    (
        Call(
            "refus-retards",
            f"{places.INBOX.path}?kind={Heap.OVERDUE}",
            MANAGER,
            follow=("main a[href^='/a-traiter/retards/']",),
            fill=(("reason", ""),),
        ),
        422,
    ),
    (
        Call(
            "refus-cas",
            f"{places.INBOX.path}?kind={Heap.OVERDUE}",
            MANAGER,
            follow=(_FIRST_CASE,),
            fill=(("until", "2020-01-01"),),
        ),
        422,
    ),
    (Call("refus-retour", "/retours/annoncer", MANAGER, fill=(("l1.n", "-1"),)), 422),
    (Call("refus-retour-recu", "/retours/sans-annonce", MANAGER, fill=(("l1.n", "beaucoup"),)), 422),
    (
        Call(
            "refus-retour-acte",
            f"{places.RETURNS.path}?state=open",
            MANAGER,
            follow=(_FIRST_ROW, "main a[href^='/retours/acte/refuser']"),
            fill=(("reason", ""),),
        ),
        422,
    ),
    (
        Call(
            "refus-devis",
            f"{places.WORKSHOP.path}?vue=liste&stage=approval",
            MANAGER,
            follow=_QUOTED,
            fill=(("by", ""),),
        ),
        422,
    ),
    (
        Call(
            "refus-signalement",
            places.DASHBOARD.path,
            ADMINISTRATOR,
            follow=(".steps a[href^='/C/']",),
            fill=(("words", "Un coin est fendu."),),
        ),
        422,
    ),
    (Call("question-etiquettes", "/etiquettes/commandes/planche.pdf", ADMINISTRATOR), 409),
    (
        Call(
            "question-peser",
            f"{places.STATION.path}/peser/arrivee",
            MANAGER,
            fill=(("type", "film-pe"), ("n", "1"), ("mass", "250000"), ("lieu", "strasbourg")),
        ),
        409,
    ),
)
"""Forms that are filled in wrongly, and pages that ask whether somebody is sure, each with the status of its answer."""
HEAVIEST: Final = {"dashboard": 120_000, "code-inconnu": 50_000, "page-publique": 50_000}
"""Bytes over the wire of a page with all that it needs, with an empty cache."""


def calls() -> list[Call]:
    """Give every page: what a stranger sees, the menu of an administrator, what lies behind it, and what is refused."""
    inside = [
        Call(place.key, place.path, ADMINISTRATOR) for place in places.PLACES if place.in_menu and not place.public
    ]
    return [*STRANGERS, *inside, *BEHIND, *(call for call, _ in REFUSED)]
