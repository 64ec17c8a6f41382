"""What a device can say about time by itself: its wall clock, its boot, and milliseconds counted since that boot."""

import os
import time
from functools import cache
from pathlib import Path
from typing import Protocol

from boucle.anchor import Reading

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Ticks(Protocol):
    """Where readings come from; a simulation hands in its own."""

    def reading(self) -> Reading:
        """Give the wall clock, the boot and the milliseconds since the boot, taken together."""
        ...


class DeviceTicks:
    """The clocks of this machine."""

    def reading(self) -> Reading:
        """Give the wall clock, the boot and the milliseconds since the boot, taken together."""
        boot = _boot_id()
        return Reading(wall_ms=time.time_ns() // 1_000_000, boot=boot or _process_id(), mono_ms=_counted_ms(boot))


def _counted_ms(boot: str) -> int:
    # CLOCK_BOOTTIME goes on while the device sleeps; without a boot's name the count is this process's own.
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    ns = time.monotonic_ns() if clock is None or not boot else time.clock_gettime_ns(clock)
    return ns // 1_000_000


@cache
def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()[:64]
    except (OSError, UnicodeDecodeError):
        return ""


@cache
def _process_id() -> str:
    """Name this process as a boot of its own where the system does not name its boots: honest, less exact."""
    return f"process-{os.urandom(8).hex()}"
