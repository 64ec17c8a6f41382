"""The command line of the field app: the same store, outbox and sync as the screens, without them.

`ACK <event id>` goes to stdout only after the event is durably kept; what a person should know goes to stderr.
Exit 0 done, 1 refused or failed, 2 wrong use.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from boucle.errors import BoucleError
from boucle_field.errors import FieldError
from boucle_field.headless_parser import COMMANDS, parser_of

INTERRUPTED = 130
"""What shells give for Ctrl-C; what was acknowledged is kept."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    words = sys.argv[1:] if argv is None else argv
    args = parser_of(words).parse_args(words)
    function = args.command.replace("-", "_")
    try:
        return int(getattr(import_module(COMMANDS[args.command].module), function)(args))
    except BoucleError as error:
        # Most say themselves in both languages; a broken key or note does in English only.
        said = getattr(error, "said", None)
        print(said(args.lang) if said else error, file=sys.stderr)
        return error.exit_code if isinstance(error, FieldError) else 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away; what was acknowledged is kept.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
