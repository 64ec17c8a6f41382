"""What holds for every test: no network, no window, no luck."""

import os

# Kivy reads these when it is first imported, so they come before any import of ours.
os.environ.update(
    SDL_VIDEODRIVER="offscreen",
    SDL_AUDIODRIVER="dummy",
    KIVY_NO_ARGS="1",
    KIVY_NO_CONFIG="1",
    KIVY_NO_FILELOG="1",
    KIVY_NO_CONSOLELOG="1",
    KIVY_CLIPBOARD="dummy",
)
# No setting of the person who runs the tests may reach into them.
for _name in [name for name in os.environ if name.startswith("BOUCLE_") and name != "BOUCLE_CAMPAIGN"]:
    del os.environ[_name]

import pytest  # noqa: E402
from hypothesis import HealthCheck, Phase, settings  # noqa: E402

from tests.campaign import campaign, examples  # noqa: E402
from tests.postgres import fresh_postgres, postgres_server  # noqa: E402
from tests.sockets import close_the_network  # noqa: E402

__all__ = ["fresh_postgres", "postgres_server"]

# Searches through histories, and tests that start a process for each case: not for a quick check.
LONG = (
    "tests/e2e/",
    "tests/fault/",
    "tests/property/",
    "tests/docs/test_operations.py",
    "tests/field_app/test_kill.py",
    "tests/field_app/test_schedules.py",
    "tests/server/test_serve.py",
)

close_the_network()

# CI tries the same examples every time, so that a red run is somebody's change; the night looks for new ones.
settings.register_profile(
    "boucle",
    max_examples=examples(ci=100, night=2_000),
    deadline=None,
    derandomize=campaign() != "night",
    database=None,
    print_blob=True,
    phases=tuple(phase for phase in Phase if phase is not Phase.explain),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("boucle")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a PostgreSQL server and what takes long, so that a quick check can leave both out."""
    for item in items:
        if item.nodeid.startswith(LONG):
            item.add_marker("slow")
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")
