"""What personal data looks like in free text: patterns shared by everything that takes it out. Pure.

Numbers stand alone: digits or Latin letters on either side mean that it is something else.
"""

import re
from typing import Final

ALONE: Final = (r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])")
"""Joined around a pattern: `pattern.join(ALONE)`."""
_DAY: Final = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
GROUPED_CARD: Final = r"(?:\d{4}[ -]){3}\d{4}(?:[ -]\d{1,3})?"

# Chinese words stand right before an address without a space: only ASCII belongs to it.
EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
CHINESE_ID: Final = re.compile(rf"[1-9]\d{{5}}{_DAY}\d{{3}}[0-9Xx]".join(ALONE))
CARD_IN_GROUPS: Final = re.compile(GROUPED_CARD.join(ALONE))
CARD: Final = re.compile(rf"(?:{GROUPED_CARD}|(?:62|4|5[1-5]|3[47])\d{{13,17}})".join(ALONE))
MOBILE: Final = re.compile(r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}".join(ALONE))
