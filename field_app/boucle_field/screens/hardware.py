"""What a device has beside a window: a motor that vibrates, a lamp, a camera, a map. Not having them is normal.

The side of Android is written from the platform's documentation; no device has run it yet.
"""

import os
import shutil
from contextlib import suppress
from subprocess import DEVNULL, Popen
from threading import Thread
from typing import Any, Final, Protocol
from urllib.parse import quote

_OPENERS: Final = ("xdg-open", "open")
"""What opens a file as the person would by hand: on Linux, and on macOS."""
_CAMERA_LEAVE = "android.permission.CAMERA"


class Hardware(Protocol):
    """What the screens ask of a device; nothing of it may ever stop a scan."""

    def vibrate(self, pattern_ms: tuple[int, ...]) -> None:
        """Vibrate for the first number of milliseconds, rest for the second, and so on."""
        ...

    def has_torch(self, camera: Any) -> bool:
        """Tell whether a camera that Kivy opened has a lamp."""
        ...

    def torch(self, camera: Any, *, on: bool) -> None:
        """Light the lamp of a camera, or put it out."""
        ...

    def may_look(self) -> bool:
        """Tell whether the camera may be used; where nobody was asked yet, ask, for the next time."""
        ...

    def is_line_free(self) -> bool:
        """Tell whether what is sent costs nothing by its size: Wi-Fi, a cable; where nobody says, it may cost."""
        ...

    def show_map(self, address: str) -> bool:
        """Show an address on whatever map the device has; False where it has none."""
        ...

    @property
    def sends_texts(self) -> bool:
        """Whether there are messages to send a text with."""
        ...

    @property
    def picks_files(self) -> bool:
        """Whether its folders are open to whoever looks for a picture."""
        ...

    def open_file(self, path: str) -> bool:
        """Open a file with whatever the person opens such files with; False where the device offers nothing."""
        ...

    def share(self, text: str) -> bool:
        """Offer a text to whatever the person sends messages with; False where the device offers nothing."""
        ...


class Desktop:
    """A computer: nothing vibrates, no lamp, and nobody has to be asked."""

    def vibrate(self, pattern_ms: tuple[int, ...]) -> None:
        """Do nothing."""

    def has_torch(self, camera: Any) -> bool:
        """Tell that there is none."""
        del camera
        return False

    def torch(self, camera: Any, *, on: bool) -> None:
        """Do nothing."""

    def may_look(self) -> bool:
        """Tell that it may."""
        return True

    def is_line_free(self) -> bool:
        """Tell that it is."""
        return True

    def show_map(self, address: str) -> bool:
        """Tell that there is no map: nothing here is to send an address to a service nobody chose."""
        del address
        return False

    @property
    def sends_texts(self) -> bool:
        """Tell that there are none: a text is copied."""
        return False

    @property
    def picks_files(self) -> bool:
        """Tell that they are."""
        return True

    def open_file(self, path: str) -> bool:
        """Hand the file to the desktop; it is not waited for."""
        start: Any = getattr(os, "startfile", None)  # on Windows alone
        with suppress(OSError):
            if start is not None:
                start(path)
                return True
        opener = next((found for name in _OPENERS if (found := shutil.which(name))), None)
        if opener is None:
            return False
        with suppress(OSError):
            # Our own file, by its whole path; nothing of it is read by a shell.
            opening = Popen([opener, path], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True)  # noqa: S603
            Thread(target=opening.wait, name="opening", daemon=True).start()
            return True
        return False

    def share(self, text: str) -> bool:
        """Tell that nothing is offered: the text can be copied."""
        del text
        return False


class Android:
    """A phone; every failure of its platform is the lack of what was asked for."""

    def vibrate(self, pattern_ms: tuple[int, ...]) -> None:
        """Vibrate, where there is a motor."""
        with suppress(Exception):
            activity = _java("org.kivy.android.PythonActivity").mActivity
            motor = activity.getSystemService(_java("android.content.Context").VIBRATOR_SERVICE)
            motor.vibrate([0, *pattern_ms], -1)

    def has_torch(self, camera: Any) -> bool:
        """Tell whether the camera knows the mode of a torch."""
        with suppress(Exception):
            modes = camera._android_camera.getParameters().getSupportedFlashModes()  # noqa: SLF001 - Kivy has no other
            return bool(modes is not None and modes.contains("torch"))
        return False

    def torch(self, camera: Any, *, on: bool) -> None:
        """Switch the lamp."""
        with suppress(Exception):
            settings = camera._android_camera.getParameters()  # noqa: SLF001 - as above
            settings.setFlashMode("torch" if on else "off")
            camera._android_camera.setParameters(settings)  # noqa: SLF001 - as above

    def may_look(self) -> bool:
        """Tell whether the person has allowed it; the system's question comes up once."""
        with suppress(Exception):
            from android.permissions import (  # type: ignore[import-not-found]  # noqa: PLC0415 - on Android only
                check_permission,
                request_permissions,
            )

            if check_permission(_CAMERA_LEAVE):
                return True
            request_permissions([_CAMERA_LEAVE])
        return False

    def is_line_free(self) -> bool:
        """Ask the system whether the network in use is metered."""
        with suppress(Exception):
            activity = _java("org.kivy.android.PythonActivity").mActivity
            network = activity.getSystemService(_java("android.content.Context").CONNECTIVITY_SERVICE)
            return not network.isActiveNetworkMetered()
        return False

    def show_map(self, address: str) -> bool:
        """Hand the address to the application that the person has chosen for maps."""
        with suppress(Exception):
            intents, uris = _java("android.content.Intent"), _java("android.net.Uri")
            intent = intents(intents.ACTION_VIEW, uris.parse(geo_uri(address)))
            _java("org.kivy.android.PythonActivity").mActivity.startActivity(intent)
            return True
        return False

    @property
    def sends_texts(self) -> bool:
        """Tell that there are."""
        return True

    @property
    def picks_files(self) -> bool:
        """Tell that they are not: an app sees its own folder alone."""
        return False

    def open_file(self, path: str) -> bool:
        """Tell that nothing is offered: the file of one app is closed to the others, and no provider is declared."""
        del path
        return False

    def share(self, text: str) -> bool:
        """Let the person choose the application that sends it."""
        with suppress(Exception):
            intents, words = _java("android.content.Intent"), _java("java.lang.String")
            intent = intents(intents.ACTION_SEND)
            intent.setType("text/plain")
            intent.putExtra(intents.EXTRA_TEXT, words(text))
            _java("org.kivy.android.PythonActivity").mActivity.startActivity(intents.createChooser(intent, words("")))
            return True
        return False


def geo_uri(address: str) -> str:
    """Write an address as a link that any map understands (RFC 5870, with the query that maps agreed upon)."""
    return f"geo:0,0?q={quote(address)}"


def hardware() -> Hardware:
    """Give what this machine has."""
    from kivy.utils import platform  # noqa: PLC0415 - the tones are read without a window

    return Android() if platform == "android" else Desktop()


def _java(name: str) -> Any:
    from jnius import autoclass  # type: ignore[import-not-found]  # noqa: PLC0415 - exists on Android only

    return autoclass(name)
