"""The pages made from the code say what the code says, and the same on every machine."""

import os
import subprocess
import sys

import pytest

from tests.house.tree import ROOT


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_generated_pages_are_up_to_date_whatever_the_order_of_sets(hash_seed: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
