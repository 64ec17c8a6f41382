"""Words inside a sentence: what begins with a capital on a button has none behind a colon."""


def uncapital(text: str) -> str:
    """Begin a text of ours without a capital, except for an abbreviation."""
    is_abbreviation = text[:2].isupper() and len(text) > 1
    return text if is_abbreviation else text[:1].lower() + text[1:]
