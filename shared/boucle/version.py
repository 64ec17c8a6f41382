"""The version of the whole product, the one place where it is written."""

VERSION = "0.1.0"


def version_numbers(version: str) -> tuple[int, ...]:
    """Give a version as it is compared; what is no number is passed over."""
    return tuple(int(part) for part in version.split(".") if part.isascii() and part.isdigit())
