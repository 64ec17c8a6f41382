"""Runs benchmarks and writes the page: `python -m benchmarks [NAME ...]`; without a name all of them."""

import argparse
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import benchmarks
from benchmarks import figures, page

NOT_MEASURING = {"__main__", "figures", "page"}


def names() -> list[str]:
    """Give the benchmarks there are: the modules of this package that offer `measure`."""
    modules = sorted(module.name for module in iter_modules(benchmarks.__path__) if module.name not in NOT_MEASURING)
    return [name for name in modules if hasattr(import_module(f"benchmarks.{name}"), "measure")]


def main() -> int:
    """Run what was asked for, then write docs/performance.md from all results there are."""
    known = names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(known)}")
    parser.add_argument("--page", action="store_true", help="measure nothing, only write the page")
    options = parser.parse_args()
    unknown = set(options.name) - set(known)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    for name in [] if options.page else options.name or known:
        print(f"{name} ...", flush=True)
        found = import_module(f"benchmarks.{name}").measure()
        figures.write(name, found)
        for figure in found:
            print(f"  {page.line(figure)}", flush=True)
    path = Path(__file__).parents[1] / "docs" / "performance.md"
    path.write_text(page.write(figures.read_all()), encoding="utf-8")
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
