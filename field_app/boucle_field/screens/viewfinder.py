"""The viewfinder: what the camera sees, small, so that somebody can aim."""

from io import BytesIO
from typing import TYPE_CHECKING, Final

from kivy.core.image import Image as CoreImage
from kivy.metrics import dp
from kivy.uix.image import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

VIEW_DP: Final = 150
_MOST_PIXELS: Final = (480, 480)


class Viewfinder(Image):
    """No height until there is something to see."""

    def __init__(self, high: float = VIEW_DP) -> None:
        super().__init__(size_hint_y=None, height=0)
        self._high = high

    def show(self, picture: "Picture") -> None:
        """Show a picture."""
        small = picture.convert("RGB")
        small.thumbnail(_MOST_PIXELS)
        data = BytesIO()
        small.save(data, "png")
        data.seek(0)
        self.texture = CoreImage(data, ext="png").texture
        self.height = dp(self._high)
