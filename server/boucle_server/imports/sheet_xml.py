"""XML of packed spreadsheets, taken part by part: no document is held whole, and what is cut short is read so far."""

from xml.parsers import expat


class Handler:
    """What is done with the parts of an XML document."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def text(self, data: str) -> None:
        """Take text within an element."""


def parse(content: bytes, handler: Handler) -> None:
    """Lead a handler through a document, as far as it can be read."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        return  # what the reader of values makes of it stands


def local(name: str) -> str:
    """Give the name of an element or an attribute without its prefix."""
    return name.rpartition(":")[2]
