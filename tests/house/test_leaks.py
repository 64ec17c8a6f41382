"""What is committed speaks of the product: no path of one machine, no host that packages are fetched from."""

import re

from tests.house.tree import files, name

# Each is put together here, so that this file does not hold what it looks for.
FOLDERS = ("work", "farm", "root", "home/[a-z]+")
HOSTS = tuple(
    rf"{host}\.{domain}"
    for host, domain in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "(?:org|com)"),
        ("debian", "(?:org|net)/(?:debian|security)"),
        ("crates", "io"),
        (r"proxy\.golang", "org"),
        ("maven", "org"),
    )
)
LEAK = re.compile(rf"(?:^|[^a-z])/(?:{'|'.join(FOLDERS)})/|{'|'.join(HOSTS)}", re.MULTILINE)


def test_the_pattern_finds_what_it_is_for() -> None:
    slash, dot = "/", "."
    for leak in (
        f"see {slash}{FOLDERS[0]}/main/x",
        f'"{slash}{FOLDERS[1]}/y"',
        f"https://files{dot}pythonhosted{dot}org/",
    ):
        assert LEAK.search(leak), leak
    for fine in ("docs/network/x", "benchmarks/work/x", "GET /v1/items/x", "a framework/base"):
        assert not LEAK.search(fine), fine


def test_no_committed_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            text = path.read_bytes().decode("latin-1")
        found += [f"{name(path)}: {leak[0].strip()}" for leak in LEAK.finditer(text)]
    assert found == []
