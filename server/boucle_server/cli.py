"""The command line of the server, `boucle COMMAND`: each command is imported only when it is asked."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final, Never

from boucle.complaints import said
from boucle.errors import BoucleError
from boucle.version import VERSION
from boucle.words import say
from boucle_labels.messages import language
from boucle_server.errors import said_of

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "serve": ("boucle_server.serve", "servir la base par HTTP / serve the database over HTTP"),
    "demo": ("boucle_server.demo.command", "un an de données fictives, servi / a year of invented data, served"),
    "admin": ("boucle_server.admin", "organisations, personnes, appareils, jetons / who may do what"),
    "backup": ("boucle_server.backup", "sauvegarder pendant le service / back up while serving"),
    "restore": ("boucle_server.restore", "restaurer une sauvegarde / restore a backup"),
    "import": ("boucle_server.imports.command", "tableurs et événements / spreadsheets and events"),
    "export": (
        "boucle_server.exports.command",
        "événements, état, indicateurs, soldes / events, state, figures, balances",
    ),
    "verify": ("boucle_server.verify_command", "tout recalculer, nommer la première faute / name the first fault"),
    "rebuild": (
        "boucle_server.rebuild_command",
        "refaire ou comparer les tables de lecture / rebuild or compare read tables",
    ),
    "month": ("boucle_server.month_command", "où en est un mois, l’arrêter / where a month stands, close it"),
    "doctor": ("boucle_server.doctor", "vérifier l’installation / check the installation"),
}
"""Each command: the module that offers `configure(parser)` and `run(args) -> int`, and its line of help."""
WRONG_USE: Final = 2
REFUSED: Final = 1


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> Never:
        """Leave with code 2 and one line that says what is wrong and how to find out more."""
        line = say("cli.wrong_use", language(), command=self.prog, message=said(message, language()))
        self.exit(WRONG_USE, f"{line}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0 when done, 1 when refused or failed, 2 for wrong use; one line on stderr says why."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = words[0] if words else "--help"
    if name in ("-h", "--help"):
        print(_overview())
        return 0 if words else WRONG_USE
    if name in ("-V", "--version"):
        print(f"boucle {VERSION}")
        return 0
    if name not in COMMANDS:
        print(say("cli.no_command", language(), name=name), file=sys.stderr)
        return WRONG_USE
    return _run(name, words[1:])


def _run(name: str, words: Sequence[str]) -> int:
    module_name, text = COMMANDS[name]
    module = import_module(module_name)
    parser = Parser(prog=f"boucle {name}", description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    module.configure(parser)
    args = parser.parse_args(words)
    try:
        code: int = module.run(args)
        sys.stdout.flush()
        return code
    except BoucleError as error:
        print(f"boucle {name}: {said_of(error, language())}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        # Whoever read our output has enough; there is nobody left to tell.
        sys.stderr.close()
        return REFUSED
    except KeyboardInterrupt:
        return 130


def _overview() -> str:
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{width}}{text}" for name, (_, text) in COMMANDS.items()]
    head = "boucle COMMANDE [OPTIONS]    logistique inverse et réparation / reverse logistics and repair"
    tail = "boucle COMMANDE --help       options et exemple / options and an example"
    return "\n".join([head, "", *lines, "", tail])


if __name__ == "__main__":
    sys.exit(main())
