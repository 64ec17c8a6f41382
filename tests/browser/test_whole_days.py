"""Whole days at the warehouse and at the bench, in a real Chromium, without scripts, by keyboard alone."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from boucle_server import verify
from boucle_server.db import Database
from boucle_server.demo.people import PASSWORD
from boucle_server.demo.year import ORG
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.settings import Settings
from tests.browser.keyboard import Keyboard
from tests.browser.test_station import rows
from tests.e2e.commands import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PARTNER, HOME, DEPOT = "rhin-plasturgie", "strasbourg", "molsheim"
BENCH = "schiltigheim"
CRATE, ESD_BOX = "bac-600x400", "bac-esd"
_JOINED = sa.select(BINDING.c.code, ITEM.c.state).join(
    ITEM, (ITEM.c.org == BINDING.c.org) & (ITEM.c.item == BINDING.c.item)
)


def stock(house: House, item_type: str, stage: str, *, site: str, place: str = "", work: str = "") -> list[str]:
    """Give the codes of what has this type and stands so, with a repair behind it or without."""
    found = []
    for code, state in rows(house, _JOINED):
        told = json.loads(state)
        stands = (told.get("type"), told.get("stage"), told.get("site"), told.get("place") or "")
        if (
            stands == (item_type, stage, site, place)
            and (told.get("work_stage") or "") == work
            and not told.get("hold")
        ):
            found.append(code.partition("/")[2])
    return found


def state_of(house: House, code: str) -> dict[str, object]:
    """Give the state of the item that a code names."""
    (found,) = rows(house, _JOINED.where(BINDING.c.code == f"C/{code}"))
    told: dict[str, object] = json.loads(found.state)
    return told


def sound(house: House) -> None:
    """Derive everything anew from what was recorded: nothing stands otherwise."""
    database = Database.open(Settings(data=house.data))
    try:
        with database.reading() as connection:
            assert list(verify.faults(connection, ORG)) == []
    finally:
        database.close()


def grouped(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def told(keys: Keyboard) -> str:
    """Give everything that can be read on the page, its spaces that do not break as plain ones."""
    return keys.words.replace("\u202f", " ").replace("\u00a0", " ")


def come_in(keys: Keyboard, login: str) -> None:
    """Let somebody else sign in on the same machine."""
    keys.forget()
    keys.sign_in(login, PASSWORD)


def begin(keys: Keyboard, job: str, *, at: str = "") -> None:
    """Choose a job at the scan station, and another place than one's own."""
    keys.follow_back("Poste de scan")
    keys.follow(job)
    if at:
        keys.follow_back("Changer de lieu")
        keys.choose(at, field="lieu")
        keys.follow("Commencer")


def collect(keys: Keyboard, codes: list[str]) -> None:
    """Drive the first stop of the round of today: so many crates, signed for by name."""
    keys.follow("Tournées")
    keys.follow("Alsace sud")
    keys.follow("Saisir cet arrêt")
    keys.follow("Reprendre")
    keys.scan(*codes)
    keys.follow_back("Terminer")
    keys.choose("done", field="ending")
    keys.write("Mme Ünal-Roth", field="signer")
    keys.follow("Valider l’arrêt")
    assert "Arrêt validé" in keys.words


def unload(keys: Keyboard, codes: list[str]) -> None:
    """Receive the round with a verdict that stays, one crate for the wash, and one that did not come."""
    keys.follow("Tournées")
    keys.follow("Alsace sud")
    keys.follow("Voir la réception")
    keys.follow("Continuer à scanner")
    keys.follow("Bon")
    keys.scan(*codes[:-2])
    assert "Reçu · bon" in keys.words
    keys.follow("À laver")
    keys.scan(codes[-2])
    assert "Reçu · à laver" in keys.words
    assert f"{len(codes) - 1} / {len(codes)}" in keys.words
    keys.follow_back("Terminer")
    assert grouped(codes[-1]) in keys.words
    keys.choose("not_found", "Motif – Bac 600×400")
    keys.write("Cherché deux fois sur le quai.", field="note")
    keys.follow("Valider la réception")
    assert "Réception validée" in keys.words
    assert "Introuvable" in keys.words


def control(keys: Keyboard, box: str) -> None:
    """Go through the checklist of an ESD box: a measure that is no number first, nothing of it lost."""
    begin(keys, "Contrôler", at=DEPOT)
    keys.scan(box)
    keys.write("beaucoup", field="q.surface")
    keys.choose("yes", field="q.mousse")
    keys.follow("Bon")
    assert (keys.status, "« beaucoup » n’est pas un nombre" in keys.words) == (422, True)
    assert keys.to("", field="q.surface").value == "beaucoup"
    keys.ask("press", key="Control+a")
    keys.ask("type", text="0,05")
    assert keys.to("", field="q.mousse").value == "yes"
    keys.follow("Abîmé")
    assert "Contrôlé" in keys.words, keys.words


def hold(keys: Keyboard, code: str) -> None:
    """Put a crate aside for a doubt."""
    begin(keys, "Mettre en quarantaine")
    keys.choose("doubt", field="d.reason")
    keys.follow("Commencer")
    keys.scan(code)
    assert "quarantaine" in keys.words


def release(keys: Keyboard, code: str) -> None:
    """Let a crate serve again that was put aside."""
    begin(keys, "Sortir de quarantaine")
    keys.scan(code)
    assert "Peut de nouveau servir" in keys.words


def count(keys: Keyboard, codes: list[str]) -> None:
    """Count a place; a scan is taken back and made again."""
    begin(keys, "Inventaire")
    keys.scan(codes[0])
    assert "ne désigne pas un seul lieu" in keys.words
    keys.scan("strasb")
    keys.scan(*codes)
    keys.follow("Annuler le dernier")
    assert "Annulé" in keys.words
    keys.scan(codes[-1])
    keys.follow_back("Terminer")
    assert "Attendus et non vus" in keys.words
    assert "ne sont pas affichés" in keys.words
    keys.follow("Terminer")


def new_labels(keys: Keyboard, n: int) -> list[str]:
    """Make blank labels; give their codes."""
    keys.follow_back("Étiquettes")
    keys.write(str(n), field="count")
    keys.follow("Créer les étiquettes")
    keys.press("Les 2 codes" if n > 1 else "Le code", key="Enter")
    return [each.replace("-", "") for each in keys.ask("texts", selector="main details .code")]


def relabel(keys: Keyboard, old: str) -> str:
    """Print a label and hang it on a crate whose own cannot be read any more; give its code."""
    (new,) = new_labels(keys, 1)
    begin(keys, "Étiquette abîmée")
    keys.scan(old)
    assert "Étiquette déjà liée" in keys.words
    keys.scan(new, old)
    return new


def weigh(keys: Keyboard) -> None:
    """Weigh a bale: a word instead of a mass, then its mass, then one that no scale of theirs shows, which is asked."""
    keys.follow_back("Poste de scan")
    keys.follow("Peser ce qui arrive")
    keys.choose("film-pe", field="type")
    keys.choose(PARTNER, field="de")
    keys.write("douze", field="mass")
    keys.follow("Enregistrer")
    assert (keys.status, "Écrivez par exemple 12,5" in keys.words) == (422, True)
    assert keys.to("", field="mass").value == "douze"
    keys.write("12,5", field="mass")
    keys.follow("Enregistrer")
    assert "1 × Film PE, balle · 12,5 kg" in told(keys)
    keys.write("90000", field="mass")
    keys.follow("Enregistrer")
    assert (keys.status, "Plus de 40 tonnes" in keys.words) == (409, True)


def retire(keys: Keyboard, code: str) -> None:
    """Take a crate out for good, with what becomes of it and who takes it."""
    begin(keys, "Mettre au rebut")
    keys.choose("R4", field="d.treatment")
    keys.write("Recycleur du Rhin", field="d.outlet")
    keys.follow("Commencer")
    keys.scan(code)
    assert "Au rebut" in keys.words
    assert "R4 · Recyclage des métaux" in keys.words


def take_back(keys: Keyboard, code: str) -> None:
    """Receive a product that another partner brings than it was sent to, grade it, say what becomes of it."""
    keys.follow("Retours")
    keys.follow("Réceptionner sans annonce")
    keys.choose(BENCH, field="site")
    keys.choose(PARTNER, field="from")
    keys.write(code, field="codes")
    keys.follow("Réceptionner sans annonce")
    assert "vu chez un autre partenaire que prévu" in keys.words
    keys.press("C’est bien ce qui s’est passé")
    keys.follow("Réceptionner sans annonce")
    assert "expédié à Vosges Mécanique, rendu par Rhin Plasturgie" in keys.words
    keys.follow("Classer")
    keys.choose("B", field="grade")
    keys.follow("Classer")
    keys.follow("Affecter")
    assert "La règle propose : réparer" in told(keys)
    keys.follow("Affecter")
    assert "Faire : réparer" in told(keys)


def test_a_warehouse_worker_does_a_whole_day(keys: Keyboard, house: House) -> None:
    driven = stock(house, CRATE, "at_partner", site=HOME, place=PARTNER)[:5]
    shelf = stock(house, CRATE, "available", site=HOME)
    box = stock(house, ESD_BOX, "available", site=DEPOT)[0]
    motor = stock(house, "moteur", "outbound", site=BENCH, place="vosges-mecanique")[0]
    come_in(keys, "chauffeur")
    collect(keys, driven)
    come_in(keys, "magasinier")
    unload(keys, driven)
    control(keys, box)
    hold(keys, shelf[0])
    count(keys, shelf[1:4])
    new = relabel(keys, shelf[5])
    weigh(keys)
    take_back(keys, motor)
    come_in(keys, "responsable")
    release(keys, shelf[0])
    retire(keys, shelf[6])

    stages = [state_of(house, each)["stage"] for each in (*driven, box, shelf[0], shelf[6])]
    assert stages == [*["available"] * 3, "cleaning", "inbound", "in_repair", "available", "retired"]
    assert state_of(house, motor)["grade"] == "B"
    assert state_of(house, new) == state_of(house, shelf[5])
    sound(house)


def open_repair(keys: Keyboard, code: str) -> None:
    """Open a repair by the code of a thing."""
    keys.follow("Atelier")
    keys.follow("Ouvrir une réparation")
    keys.write(code, field="code")
    keys.write("Bruit au démarrage", field="reason")
    keys.choose("urgent", field="priority")
    keys.follow("Ouvrir une réparation")
    assert "La réparation est ouverte" in keys.words


def step(keys: Keyboard, words: str, /, **chosen: str) -> None:
    """Follow a step of a repair, fill in its form, and send it."""
    keys.follow(words)
    for name, value in chosen.items():
        field = name.replace("__", ".")
        if keys.ask("is_list", name=field):
            keys.choose(value, field=field)
        else:
            keys.write(value, field=field)
    keys.follow(words)


def ticket(keys: Keyboard, code: str) -> None:
    """Find a repair by the label of its thing."""
    keys.follow("Atelier")
    keys.write(code, field="code")
    keys.follow("Chercher")


def consent(keys: Keyboard, code: str) -> None:
    """Quote a repair to whose thing it is, who says yes by the link, as a stranger."""
    come_in(keys, "responsable")
    ticket(keys, code)
    step(keys, "Faire un devis", owner="vosges-mecanique", amount="150,5")
    link = str(keys.ask("href", selector="main a[href^='http'][href*='/devis/']"))
    keys.forget()
    keys.goto("/devis/" + link.partition("/devis/")[2])
    assert "150,50 €" in told(keys)
    keys.write("Mme Haffner", field="by")
    keys.follow("Accepter le devis")
    assert "Ce devis a été accepté" in keys.words


def mend(keys: Keyboard, code: str, *, part: str, label: str) -> None:
    """Wait for a part, put in a reclaimed one, take another out under a label of its own, and test."""
    come_in(keys, "technicien")
    ticket(keys, code)
    step(keys, "Attendre des pièces", parts="Stator bobiné")
    assert "En attente de : Stator bobiné" in told(keys)
    keys.follow("Pièces reçues")
    step(keys, "Poser une pièce", origin="reclaimed", part=part)
    step(keys, "Déposer une pièce", part_type="roulement", label=label, mass="0,2")
    assert f"{grouped(label)} · Roulement 6205 · 0,20 kg" in told(keys)
    keys.follow("Réparé")
    step(keys, "Tester", q__isolement="4,8", q__courant="beaucoup", q__bruit="1", passed="yes")
    assert (keys.status, "« beaucoup » n’est pas un nombre" in keys.words) == (422, True)
    assert keys.to("", field="q.isolement").value == "4,8"
    keys.write("1,9", field="q.courant")
    keys.follow("Tester")
    assert "4,8 MΩ" in told(keys)


def certify(keys: Keyboard, code: str, papers: Path) -> None:
    """Let another person requalify it, take the certificate away, and verify it as a stranger does."""
    come_in(keys, "controleur")
    ticket(keys, code)
    step(keys, "Requalifier", q__aspect="yes", q__etiquette="yes")
    keys.follow("Certificat CR-")
    assert "Essais d’un moteur" in keys.words
    assert "4,8 MΩ" in told(keys)
    keys.follow("Imprimer (PDF)")
    paper = papers / "certificat.pdf"
    keys.ask("keep", file=str(paper))
    assert paper.read_bytes().startswith(b"%PDF-")
    keys.ask("back")
    page = keys.ask("href", selector="main a[href*='/certificats/']")
    keys.forget()
    keys.goto(f"/certificats/{page.partition('/certificats/')[2]}")
    assert "en vigueur" in keys.words
    assert "Atelier mutualisé" not in keys.words
    keys.goto(f"/certificats/{page.partition('/certificats/')[2][:-2]}00")
    assert (keys.status, "en vigueur" in keys.words) == (404, False)


def take_apart(keys: Keyboard, code: str, *, label: str) -> None:
    """Give up on a thing for what stands in the way, then say what each part of it weighs."""
    come_in(keys, "technicien")
    open_repair(keys, code)
    step(keys, "Diagnostiquer", found="yes", fault="dead", q__complet="no", q__propre="yes")
    step(keys, "Non réparable", barrier="no_part")
    assert "Pièce introuvable" in keys.words
    keys.follow("Démonter")
    keys.write("12", field="whole")
    keys.press("Prélevée")
    keys.write("0,35", field="p1.mass")
    keys.write(label, field="p1.label")
    keys.write("3,9", field="p3.mass")
    keys.write("quatre", field="rest")
    keys.follow("Démonter")
    assert (keys.status, "Rien n’est enregistré" in keys.words) == (422, True)
    assert keys.to("", field="p1.label").value == label
    keys.write("7,7", field="rest")
    keys.follow("Démonter")
    assert "les masses s’équilibrent" in keys.words
    assert f"{grouped(label)} · Roulement 6205 · 0,35 kg" in told(keys)


def test_a_bench_does_a_whole_day(keys: Keyboard, house: House, tmp_path: Path) -> None:
    first, second = stock(house, "moteur", "received", site=BENCH)[:2]
    part, *_ = stock(house, "stator", "available", site=BENCH, work="requalified")
    come_in(keys, "responsable")
    labels = new_labels(keys, 2)
    come_in(keys, "technicien")
    take_apart(keys, second, label=labels[1])
    open_repair(keys, first)
    step(keys, "Diagnostiquer", found="yes", fault="noise", estimate="120", q__complet="yes", q__propre="yes")
    consent(keys, first)
    mend(keys, first, part=part, label=labels[0])
    certify(keys, first, tmp_path)
    assert state_of(house, first)["work_stage"] == "requalified"
    assert state_of(house, second)["work_stage"] == "harvested"
    assert state_of(house, labels[0])["type"] == state_of(house, labels[1])["type"] == "roulement"
    sound(house)
