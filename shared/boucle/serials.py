"""Makers' serial numbers as they are compared: people write spaces, hyphens and capitals as they like."""


def compared(serial: str) -> str:
    """Write a serial number as it is compared: its letters and digits, in capitals."""
    return "".join(character for character in serial.upper() if character.isalnum())
