"""In which language the bot answers: that of the page, until the customer writes whole sentences in another."""

import re
from typing import Any, Final

from qiao.bot.understanding.rules import Intent, intent_of
from qiao.core.text import guess_language
from qiao.knowledge.search.service import SearchService

_WORD: Final = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_SAID_BY_ALL: Final = frozenset({Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.YES, Intent.NO, Intent.HEARD})


def spoken_in(turns: list[Any], otherwise: str) -> str:
    """The language of the last answer, or `otherwise` before the first."""
    return next((str(turn["locale"]) for turn in reversed(turns) if turn.get("locale")), otherwise)


def language_of(text: str, otherwise: str) -> str:
    """The language of a message where it shows, else the conversation's."""
    letters = sum(character.isalpha() for character in text)
    return guess_language(text) if letters >= 2 else otherwise


async def language_in(search: SearchService, text: str, otherwise: str) -> str:
    """The language to answer in, in a conversation held in `otherwise`. Among Chinese, hello, OK, thanks, a product's name
    and pinyin are no change to English; an English sentence is. Whoever writes Chinese reads it."""
    guessed = language_of(text, otherwise)
    if guessed != "en" or not otherwise.startswith("zh"):
        return guessed
    if intent_of(text) in _SAID_BY_ALL or not _is_sentence(text):
        return otherwise
    meant = await search.meant(text)
    return otherwise if meant and language_of(meant, otherwise) != "en" else guessed


def _is_sentence(text: str) -> bool:
    """Two ordinary words at least: names (iPhone 15 Pro Max, KP-100) are written with capitals or digits."""
    tokens = text.split()
    if text.isupper():
        return sum(len(word) > 1 for word in _WORD.findall(text)) > 2
    bare = [token.strip("?!.,;:()\"“”'’…，。？！") for token in tokens]
    ordinary = [word for at, word in enumerate(bare) if _WORD.fullmatch(word) and (word.islower() or at == 0)]
    return len(ordinary) > 1 or any(word == "I" or word.startswith("I'") for word in bare[:1] if len(tokens) > 1)
