"""Rolls of labels: a page for each label, of the label's own size, for printers that print one after the other."""

from boucle_labels.sheet import SheetFormat


def _roll(width_mm: int, height_mm: int) -> SheetFormat:
    return SheetFormat(
        name=f"roll-{width_mm}x{height_mm}",
        columns=1,
        rows=1,
        label_width_mm=width_mm,
        label_height_mm=height_mm,
        left_mm=0,
        top_mm=0,
        pitch_x_mm=width_mm,
        pitch_y_mm=height_mm,
        page_width_mm=width_mm,
        page_height_mm=height_mm,
    )


ROLLS = {form.name: form for form in (_roll(60, 40), _roll(100, 50), _roll(50, 30))}
"""The usual sizes of thermal rolls, by name."""
