"""The question asked inside a package's own environment: does all of it import there, with nobody else at hand?

Run by `make alone` as `python tests/alone.py FOLDER`; no test by itself.
"""

import importlib
import importlib.util
import pkgutil
import sys

PACKAGES = {
    "shared": ["boucle"],
    "labels": ["boucle", "boucle_labels"],
    "server": ["boucle", "boucle_labels", "boucle_server"],
    "field_app": ["boucle", "boucle_labels", "boucle_field"],
}
EVERY = sorted({name for names in PACKAGES.values() for name in names})
# The screens need Kivy, which a phone's command line does not; migrations are run by Alembic, not imported.
NOT_HERE = ("boucle_field.screens", "boucle_server.migrations")


def main(folder: str) -> str | None:
    """Import every module of one package; give what is wrong, or None."""
    own = PACKAGES[folder]
    strangers = [name for name in EVERY if name not in own and importlib.util.find_spec(name)]
    if strangers:
        return f"{folder} is not alone: {', '.join(strangers)} can be imported beside it"
    package = importlib.import_module(own[-1])
    for module in pkgutil.walk_packages(package.__path__, f"{own[-1]}.", onerror=_raise):
        if not module.name.startswith(NOT_HERE):
            importlib.import_module(module.name)
    return None


def _raise(name: str) -> None:
    raise ImportError(f"{name} cannot be imported") from sys.exc_info()[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
