"""Our commands as a person types them: each a real process, with what it says and how it ends."""

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MODULES = {"boucle": "boucle_server.cli", "boucle-field": "boucle_field.headless", "boucle-labels": "boucle_labels.cli"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def acks(self) -> list[str]:
        """The ids of the events that were acknowledged."""
        return [line.split()[1] for line in self.out.splitlines() if line.startswith("ACK ")]


def run(program: str, *words: object, code: int = 0, given: str = "", **environment: str) -> Done:
    """Run a command to its end; it must end with this exit code."""
    done = subprocess.run(
        _line(program, words), capture_output=True, text=True, check=False, input=given, env=_environment(environment)
    )
    assert done.returncode == code, f"{program} {words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return Done(code=done.returncode, out=done.stdout, err=done.stderr)


def _line(program: str, words: Sequence[object]) -> list[str]:
    return [sys.executable, "-W", "error", "-m", MODULES[program], *map(str, words)]


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "BOUCLE_JOBS": "false", "PYTHONWARNINGS": "", **more}


def free_port() -> int:
    """Give a port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True, kw_only=True)
class House:
    """An organisation with its data directory, served or not, and a token that may do anything but administer."""

    data: Path
    port: int = field(default_factory=free_port)
    address: str = ""
    token: str = ""
    database_url: str = ""

    def boucle(self, *words: object, code: int = 0) -> Done:
        """Run `boucle` on this data."""
        return run("boucle", *words, "--data", self.data, code=code, BOUCLE_DATABASE_URL=self.database_url)

    def get(self, path: str) -> Any:
        """Ask the running server; the answer must be 200."""
        host = self.address.removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=60)) as connection:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            body = answer.read()
        assert answer.status == 200, f"{path}: {answer.status} {body[:2000]!r}"
        return json.loads(body)

    def phone(self, directory: Path, *, name: str, role: str, site: str = "") -> "Phone":
        """Enrol a phone at the running server."""
        invited = json.loads(
            self.boucle("admin", "device", "enrol", "--name", name, "--role", role, "--site", site).out
        )
        phone = Phone(data=directory)
        phone.run("enrol", invited["uri"])
        return phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A field client with its data directory."""

    data: Path

    def run(self, *words: object, code: int = 0) -> Done:
        """Run `boucle-field` on this phone."""
        return run("boucle-field", "--data", self.data, *words, code=code)

    @property
    def status(self) -> Any:
        """What the phone says of itself."""
        return json.loads(self.run("status", "--json").out)


@contextmanager
def served(house: House) -> Iterator[House]:
    """Serve the data of a house until the block ends, always under the address that its phones know."""
    line = _line("boucle", ("serve", "--data", house.data, "--port", house.port))
    environment = _environment({"BOUCLE_DATABASE_URL": house.database_url})
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            ready = next((row for row in server.stdout if row.startswith("ready ")), "")
            assert ready, "the server ended before it was ready"
            house.address = ready.split()[1]
            yield house
        finally:
            server.terminate()
            server.communicate(timeout=60)


def founded(data: Path) -> House:
    """Found an organisation with a small network, and a token to ask with."""
    house = House(data=data)
    house.boucle("admin", "init", "--org", "Éco-Retour", "--admin", "ada")
    tables = {
        "partners": "partenaire;nom\nrhin;Rhin Plasturgie\nnancy;Nancy Électronique\n",
        "sites": "site;nom;partenaire;fuseau\n"
        "strasbourg;Strasbourg – Port du Rhin;;Europe/Paris\n"
        "metz;Metz-Nord;;Europe/Paris\n"
        "mulhouse;Rhin Plasturgie, Mulhouse;rhin;Europe/Paris\n"
        "nancy;Nancy Électronique, Nancy;nancy;Europe/Paris\n",
        "item-types": "type;nom;numéroté;matière;tare (kg);délai de retour (j)\n"
        "bac-600x400;Bac 600×400;oui;plastique;1,9;30\n"
        "roll;Roll;oui;acier;32;30\n",
        "lanes": "origine;destination;type;boucle\nstrasbourg;mulhouse;bac-600x400;alsace\n",
    }
    for kind, text in tables.items():
        file = data.parent / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        house.boucle("import", kind, file)
    made = json.loads(house.boucle("admin", "token", "add", "--name", "essai", "--scopes", "read", "--json").out)
    house.token = made["token"]
    return house
