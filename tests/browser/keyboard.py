"""Somebody at a real Chromium with a keyboard and nothing else: what has the focus is always seen, and never lost."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.browser.chromium import CHROMIUM, HERE

MOST_STOPS: Final = 400
"""How often Tab is pressed on one page before the search ends."""


class Stop(NamedTuple):
    """What has the focus: its tag, its words as read aloud, its name in a form, what stands in it."""

    tag: str
    words: str
    field: str
    value: str


class Keyboard:
    """Keys of a browser that is open already."""

    def __init__(self, driver: "subprocess.Popen[str]", *, base: str) -> None:
        self._driver = driver
        self.base = base

    def ask(self, command: str, **more: Any) -> Any:
        """Send one command to the browser, give its answer; AssertionError when it fails."""
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        self._driver.stdin.write(json.dumps({"do": command, **more}) + "\n")
        self._driver.stdin.flush()
        line = self._driver.stdout.readline()
        assert line, "the browser ended"
        told = json.loads(line)
        assert "failed" not in told, f"{command} {more}: {told['failed']}"
        return told["is"]

    def open(self, *, scripts: bool = False, width: int = 1280, height: int = 900, **more: Any) -> None:
        """Begin as a stranger in a new window, by default without scripts."""
        self.ask("open", width=width, height=height, scripts=scripts, **more)

    def goto(self, path: str) -> None:
        """Type an address."""
        self.ask("goto", path=path)

    @property
    def url(self) -> str:
        """The address of the page, behind the server's."""
        return str(self.ask("url"))

    @property
    def status(self) -> int:
        """The status of the last page."""
        return int(self.ask("status"))

    @property
    def words(self) -> str:
        """Everything that can be read on the page."""
        return str(self.ask("words"))

    def to(self, words: str, *, field: str = "", key: str = "Tab") -> Stop:
        """Press Tab until what has these words (of that name in its form) has the focus."""
        passed = []
        for _ in range(MOST_STOPS):
            at = self.tab(key)
            if at is None:
                break
            if words in at.words and (not field or at.field == field):
                return at
            passed.append(at.words or at.field)
        raise AssertionError(f"{self.url}: {key} never reaches {words!r}: {passed}")

    def tab(self, key: str = "Tab") -> Stop | None:
        """Go to the next stop, which must be marked as the focus and be in sight; None behind the last of the page."""
        self.ask("press", key=key)
        at = self.ask("focused")
        if at is None:
            return None
        assert at["seen"], f"{self.url}: the focus is out of sight: {at}"
        assert at["ring"], f"{self.url}: nothing shows the focus: {at}"
        return Stop(at["tag"], at["words"], at["field"], at["value"])

    def follow(self, words: str = "", *, field: str = "") -> None:
        """Go to a link or a button (or stay where the focus is) and press Enter; another page must come."""
        if words or field:
            self.to(words, field=field)
        self.ask("follow", key="Enter")

    def follow_back(self, words: str) -> None:
        """Go back to a link or a button that stands before the focus, and press Enter; another page must come."""
        self.to(words, key="Shift+Tab")
        self.ask("follow", key="Enter")

    def scan(self, *codes: str) -> None:
        """Let a scanner type codes into the field that has the focus, which it has again after each of them."""
        for code in codes:
            self.ask("type", text=code)
            self.ask("follow", key="Enter")

    def fetch(self, words: str, file: Path) -> bytes:
        """Go to a link or a button that gives a file; give its bytes."""
        self.to(words)
        self.ask("fetch", key="Enter", file=str(file))
        return file.read_bytes()

    def write(self, text: str, words: str = "", *, field: str = "") -> None:
        """Go to a field, take out what stands there, and type."""
        self._reach(words, field)
        self.ask("press", key="Control+a")
        self.ask("type", text=text)

    def choose(self, value: str, words: str = "", *, field: str = "") -> None:
        """Go to a list and press the arrows until this value is chosen."""
        self._reach(words, field)
        for key in ("ArrowDown", "ArrowUp"):
            before = None
            while (now := self.ask("focused")["value"]) != before:
                if now == value:
                    return
                before = now
                self.ask("press", key=key)
        raise AssertionError(f"{self.url}: {words or field} has no {value!r}")

    def _reach(self, words: str, field: str) -> None:
        """Go to a field, where the page did not begin in it."""
        at = self.ask("focused")
        if at is None or not field or at["field"] != field:
            self.to(words, field=field)

    def date(self, day: str, *, field: str) -> None:
        """Type a day such as 2026-09-15 into a field of dates, in the order that this browser has."""
        self.to("", field=field)
        year, month, date = day.split("-")
        for typed in (date + month + year, month + date + year):
            self.ask("type", text=typed)
            if self.ask("focused")["value"] == day:
                return
            for _ in range(3):
                self.ask("press", key="Shift+Tab" if _ < 2 else "Control+a")
        raise AssertionError(f"{self.url}: {day} cannot be typed")

    def press(self, words: str, *, key: str = "Space") -> None:
        """Go to something that stays on its page, such as a choice or what is folded away, and press a key."""
        self.to(words)
        self.ask("press", key=key)

    def forget(self) -> None:
        """Let the session end, as after a long lunch; the language stays chosen."""
        self.ask("forget", name="boucle_session")

    def sign_in(self, login: str, password: str) -> None:
        """Sign in on the page of signing in."""
        self.goto("/connexion")
        self.write(login, field="login")
        self.write(password, field="password")
        self.ask("follow", key="Enter")
        assert not self.url.startswith("/connexion"), self.words


@contextmanager
def keyboard(base: str) -> Iterator[Keyboard]:
    """Start a Chromium for the length of a block."""
    assert CHROMIUM, "these tests need Chromium: apt-get install chromium, or name it by BOUCLE_CHROMIUM"
    node = Path(sys.executable).with_name("node")
    with subprocess.Popen(
        [node, HERE / "hand.mjs", CHROMIUM, base], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE
    ) as driver:
        try:
            yield Keyboard(driver, base=base)
        finally:
            assert driver.stdin is not None
            driver.stdin.close()
            driver.wait(timeout=30)
