"""Colours of the help centre from the company's one, readable on both grounds (WCAG AA). Pure."""

from functools import lru_cache
from typing import Final

Rgb = tuple[int, int, int]
LIGHT: Final[Rgb] = (255, 255, 255)
LIGHT_GROUND: Final[Rgb] = (246, 247, 249)
DARK: Final[Rgb] = (31, 35, 41)
DARK_GROUND: Final[Rgb] = (20, 23, 28)
_ENOUGH: Final = 4.6


def parse(colour: str) -> Rgb:
    """`#rrggbb`. Raises ValueError."""
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(colour)
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def hexed(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _luminance(colour: Rgb) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = map(linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, two: Rgb) -> float:
    """From 1 (the same) to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: Rgb, other: Rgb, share: float) -> Rgb:
    """`colour` with `share` of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def readable_on(colour: Rgb, grounds: tuple[Rgb, ...], towards: Rgb) -> Rgb:
    """`colour`, moved towards black or white until its words can be read on all `grounds`."""
    for step in range(51):
        found = mixed(colour, towards, step / 50)
        if min(contrast(found, ground) for ground in grounds) >= _ENOUGH:
            return found
    return towards


@lru_cache(maxsize=64)
def stylesheet(accent: str) -> str:
    """The variables that hang on the accent. Raises ValueError for what is no colour."""
    colour = parse(accent)
    on_accent = max(((255, 255, 255), (0, 0, 0)), key=lambda ink: contrast(ink, colour))
    soft_light, soft_dark = mixed(colour, LIGHT, 0.9), mixed(colour, DARK, 0.82)
    link_light = readable_on(colour, (LIGHT, LIGHT_GROUND, soft_light), (0, 0, 0))
    link_dark = readable_on(colour, (DARK, DARK_GROUND, soft_dark), (255, 255, 255))
    both = f"--accent:{hexed(colour)};--on-accent:{hexed(on_accent)};"
    light = f"--link:{hexed(link_light)};--soft:{hexed(soft_light)};"
    dark = f"--link:{hexed(link_dark)};--soft:{hexed(soft_dark)};"
    return (
        f":root{{{both}{light}}}\n"
        f':root[data-theme="dark"]{{{dark}}}\n'
        f'@media (prefers-color-scheme:dark){{:root[data-theme="auto"]{{{dark}}}}}\n'
        f"@media print{{:root{{{light}}}}}\n"
    )
