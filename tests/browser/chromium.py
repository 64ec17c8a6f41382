"""A real Chromium that walks through pages and is asked what it saw; `walk.mjs` drives it, npm brings what it needs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

HERE: Final = Path(__file__).parent
CHROMIUM: Final = os.environ.get("BOUCLE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""


class Call(NamedTuple):
    """A page to look at: the name of its findings, where it is, and the login of who looks (`""`: a stranger).

    It is the page at `path`, or the one that the links lead to which these selectors find one after the other, or what
    comes when the form there is sent with what is to `fill` in, by name.
    """

    name: str
    path: str
    login: str = ""
    follow: tuple[str, ...] = ()
    fill: tuple[tuple[str, str], ...] = ()


def looked_at(
    base: str,
    visits: Sequence[Call],
    *,
    people: Mapping[str, str],
    shots: Path | None = None,
    judged: Sequence[str] = (),
) -> dict[str, Any]:
    """Open every page as a phone, light and dark, and as a desktop; give `looks` and Lighthouse `scores` for `judged`.

    `people` are passwords by login; `judged` are Lighthouse's categories; pictures go to `shots`.
    """
    assert CHROMIUM, "these tests need Chromium: apt-get install chromium, or name it by BOUCLE_CHROMIUM"
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
    job = {
        "chromium": CHROMIUM,
        "base": base,
        "people": dict(people),
        "visits": [
            {
                "name": each.name,
                "path": each.path,
                "as": each.login,
                "follow": list(each.follow),
                "fill": dict(each.fill),
            }
            for each in visits
        ],
        "shots": str(shots or ""),
        "lighthouse": list(judged),
    }
    node = Path(sys.executable).with_name("node")
    done = subprocess.run(
        [node, HERE / "walk.mjs"], input=json.dumps(job), capture_output=True, text=True, check=False, cwd=HERE
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
