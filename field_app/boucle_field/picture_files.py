"""The pictures of a folder of this computer, for whoever has no camera: what can be chosen, and where it was last."""

from pathlib import Path
from typing import Final, NamedTuple

from boucle_field.store import Store, put

ENDINGS: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})
MOST: Final = 40
"""So many of each are listed; somebody who looks for an older one goes into a folder of its own."""
_FOLDER: Final = "pictures_folder"
_USUAL: Final = ("Images", "Pictures", "Photos", "")


class Listed(NamedTuple):
    """A folder: those in it by name, its pictures from the newest; `is_readable` is False where it cannot be read."""

    path: Path
    folders: list[Path]
    pictures: list[Path]
    is_readable: bool = True


def listed(folder: Path) -> Listed:
    """Give what can be chosen in a folder; hidden things cannot."""
    try:
        found = [each for each in folder.iterdir() if not each.name.startswith(".")]
        folders = sorted((each for each in found if each.is_dir()), key=lambda each: each.name.casefold())
        dated = [(each.stat().st_mtime_ns, each) for each in found if each.suffix.lower() in ENDINGS and each.is_file()]
    except OSError:
        return Listed(folder, [], [], is_readable=False)
    dated.sort(key=lambda pair: (-pair[0], pair[1].name))
    return Listed(folder, folders[:MOST], [each for _, each in dated][:MOST])


def folder(store: Store) -> Path:
    """Give where somebody chose last, else where a computer usually has pictures."""
    kept = Path(store.get(_FOLDER) or "/nowhere")
    usual = (Path.home() / name for name in _USUAL)
    return next((each for each in (kept, *usual) if each.is_dir()), Path.home())


def remember(store: Store, folder: Path) -> None:
    """Begin there the next time."""
    with store.writing() as db:
        put(db, _FOLDER, str(folder))
