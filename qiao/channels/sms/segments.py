"""What a text costs: how many short messages it takes on its way, and in which alphabet. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_TWICE: Final = frozenset("\f^{}\\[~]|€")
"""Characters of the extension table: each takes two places."""
SINGLE: Final = {"gsm7": 160, "ucs2": 70}
JOINED: Final = {"gsm7": 153, "ucs2": 67}
"""A part of a longer message loses room to the header that joins them."""


@dataclass(frozen=True, slots=True)
class Segments:
    """`units` are places used (septets or 16-bit units); `left` are those still free in the last part."""

    alphabet: Literal["gsm7", "ucs2"]
    units: int
    count: int
    left: int


def segments(text: str) -> Segments:
    """How `text` travels. A part never ends within a character, so a joined message may take more than it adds up to."""
    plain = all(letter in GSM7 or letter in GSM7_TWICE for letter in text)
    alphabet: Literal["gsm7", "ucs2"] = "gsm7" if plain else "ucs2"
    sizes = [_size(letter, plain) for letter in text]
    units = sum(sizes)
    if units <= SINGLE[alphabet]:
        return Segments(alphabet, units, 1 if units else 0, SINGLE[alphabet] - units)
    room, count, used = JOINED[alphabet], 1, 0
    for size in sizes:
        if used + size > room:
            count, used = count + 1, 0
        used += size
    return Segments(alphabet, units, count, room - used)


def _size(letter: str, plain: bool) -> int:
    if plain:
        return 2 if letter in GSM7_TWICE else 1
    return 2 if ord(letter) > 0xFFFF else 1
