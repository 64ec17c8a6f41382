"""From the text of a code to the modules of its symbol."""

from __future__ import annotations

import barcode
import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import ALPHA_NUM, MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

Rows = tuple[tuple[bool, ...], ...]
"""A square symbol, row by row from the top, True for a dark module, without its quiet zone."""

QUIET_MODULES = 4
"""Light modules around a QR code (ISO/IEC 18004, 6.3.8)."""

BARS_QUIET_MODULES = 10
"""Light modules on either side of a Code 128 (ISO/IEC 15417, 4.5)."""

# Looking for the best of the eight masks takes five times as long as the symbol itself, and decoders read
# them all alike (measured).
_MASK = 3


def qr_rows(text: str) -> Rows:
    """A QR code, error correction level M, of the smallest version that holds the text."""
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=_MASK, border=0)
    data = text.encode()
    # Told the mode, qrcode does not cut the text into segments.
    symbol.add_data(QRData(data, mode=MODE_ALPHA_NUM if set(data) <= set(ALPHA_NUM) else MODE_8BIT_BYTE))
    symbol.make(fit=True)
    return tuple(tuple(bool(dark) for dark in row) for row in symbol.modules)


def code128_bars(text: str) -> tuple[bool, ...]:
    """A Code 128, module by module, True for a bar; the fallback for laser scanners."""
    return tuple(module == "1" for module in barcode.Code128(text).build()[0])
