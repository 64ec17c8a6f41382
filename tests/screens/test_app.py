"""The command that opens the app: Kivy only then, and calm words where it is missing."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

NO_KIVY = """
import sys
{before}
from boucle_field.headless import main
code = main({words!r})
print("kivy" in sys.modules, code)
"""


def run(*words: str, before: str = "") -> subprocess.CompletedProcess[str]:
    script = NO_KIVY.format(before=before, words=list(words))
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("command", ["status", "actions"])
def test_no_other_command_loads_kivy(data: Path, command: str) -> None:
    done = run("--data", str(data), command)
    assert done.stdout.splitlines()[-1] == "False 0", done.stderr


def test_without_kivy_it_says_what_to_do(tmp_path: Path) -> None:
    done = run("--data", str(tmp_path / "phone"), "run", before="sys.modules['kivy'] = None")
    assert done.stdout.splitlines()[-1].endswith(" 1"), done.stderr
    assert "make phone" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_window_opens_and_ends_with_its_process(data: Path) -> None:
    window = subprocess.Popen(
        [sys.executable, "-m", "boucle_field.headless", "--data", str(data), "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(3)
    still = window.poll()
    window.terminate()
    _, said = window.communicate(timeout=30)
    assert still is None, said
    assert "Traceback" not in said
