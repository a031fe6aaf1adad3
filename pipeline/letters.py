"""What `re` leaves out of `\\w`: the marks that belong to letters, vowel signs of Hindi among them."""

import unicodedata

_LAST = 0x1FFFF
"""No mark of a living script lies behind it."""
MARKS = "".join(
    character for character in map(chr, range(_LAST + 1)) if unicodedata.category(character).startswith("M")
)
"""For a class of a regular expression (Unicode category M)."""


def composed(text: str) -> str:
    """In normal form C: an "é" of two characters is that of one."""
    return unicodedata.normalize("NFC", text)
