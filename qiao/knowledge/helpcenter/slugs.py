"""The readable part of an address: words in Latin letters, Chinese by its sound."""

import re
from functools import lru_cache
from uuid import UUID

from qiao.core.text import normalize, words
from qiao.knowledge.search import spelling

LONGEST = 80
_PART = re.compile(r"[a-z0-9]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
VALID = re.compile(r"[a-z0-9-]{1,120}")


@lru_cache(maxsize=4096)
def _sound(word: str) -> str:
    """A word by its sound."""
    return "".join(_PART.findall("".join(spelling.read_aloud(word)).lower()))


def _parts(title: str) -> list[str]:
    found: list[str] = []
    for run in re.findall(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+", normalize(title)):
        if _HAN.match(run):
            found.extend(_sound(word) for word in words(run))
        else:
            found.extend(_PART.findall(run.replace("'", "").replace("\u2019", "")))
    return [part for part in found if part]


def slug_of(title: str) -> str:
    """`怎么申请退货？` → `zenme-shenqing-tuihuo`. Cut at a word; `text` when nothing in it can be spelled."""
    slug = "-".join(_parts(title)) or "text"
    if len(slug) > LONGEST:
        slug = slug[: LONGEST + 1].rpartition("-")[0] or slug[:LONGEST]
    return slug


def apart(slug: str, item_id: UUID, length: int = 6) -> str:
    """`slug` for a text whose own is taken."""
    return f"{slug}-{item_id.hex[-length:]}"


def sounds_of(title: str) -> str:
    """What people type on the way to a title: the title itself, its pinyin, its initials; one space between."""
    normal = normalize(title)
    spelled: list[str] = []
    initials: list[str] = []
    for run in re.findall(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+", normal):
        if _HAN.match(run):
            each = [_sound(character) for character in run]
            spelled.append("".join(each))
            initials.append("".join(sound[:1] for sound in each))
        else:
            spelled.append("".join(_PART.findall(run)))
            initials.append("".join(part[:1] for part in _PART.findall(run)))
    return f"{normal} {''.join(spelled)} {''.join(initials)}"
