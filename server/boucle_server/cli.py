"""The command line of the server, `boucle COMMAND`: each command is imported only when it is asked."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

from boucle.command_lines import WRONG_USE
from boucle.errors import BoucleError
from boucle.version import VERSION
from boucle.words import say
from boucle_labels.messages import language
from boucle_server.command_help import Parser, words
from boucle_server.errors import said_of

COMMANDS: Final[Mapping[str, str]] = {
    "serve": "boucle_server.serve",
    "demo": "boucle_server.demo.command",
    "admin": "boucle_server.admin",
    "backup": "boucle_server.backup",
    "restore": "boucle_server.restore",
    "import": "boucle_server.imports.command",
    "export": "boucle_server.exports.command",
    "verify": "boucle_server.verify_command",
    "rebuild": "boucle_server.rebuild_command",
    "month": "boucle_server.month_command",
    "doctor": "boucle_server.doctor",
}
"""Each command: the module that offers `configure(parser)` and `run(args) -> int`; its words are `cli.about_<name>`."""
REFUSED: Final = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0 when done, 1 when refused or failed, 2 for wrong use; one line on stderr says why."""
    typed = list(sys.argv[1:] if argv is None else argv)
    name = typed[0] if typed else "--help"
    if name in ("-h", "--help"):
        print(_overview())
        return 0 if typed else WRONG_USE
    if name in ("-V", "--version"):
        print(f"boucle {VERSION}")
        return 0
    if name not in COMMANDS:
        print(say("cli.no_command", language(), name=name), file=sys.stderr)
        return WRONG_USE
    return _run(name, typed[1:])


def _run(name: str, typed: Sequence[str]) -> int:
    module = import_module(COMMANDS[name])
    parser = Parser(prog=f"boucle {name}", description=words(f"cli.about_{name}"))
    module.configure(parser)
    args = parser.parse_args(typed)
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
    lines = [f"  {name:<{width}}{words(f'cli.about_{name}')}" for name in COMMANDS]
    return "\n".join([words("cli.overview_head"), "", *lines, "", words("cli.overview_tail")])


if __name__ == "__main__":
    sys.exit(main())
