"""Words by which people say that they want no more, or again. Pure."""

import unicodedata
from collections.abc import Iterable
from typing import Final

OUT: Final = frozenset(
    {"TD", "T", "退订", "退订短信", "取消订阅", "取消短信", "拒收", "拒收短信", "不要再发", "不要再发了", "别再发了"}
    | {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
)
IN: Final = frozenset(
    {"START", "UNSTOP", "SUBSCRIBE", "RESUME", "OPTIN", "恢复", "恢复订阅", "重新订阅", "订阅", "恢复短信"}
)
_MARKS: Final = " \t\r\n.。,，!！~～\"'“”‘’「」【】[]()（）-_"


def meaning(text: str, more_out: Iterable[str] = ()) -> str | None:
    """`opted_out`, `opted_in` or None. Only a message that is nothing but the word counts: "please stop by" is not one."""
    word = bare(text)
    if word in OUT or word in {bare(one) for one in more_out}:
        return "opted_out"
    return "opted_in" if word in IN else None


def bare(text: str) -> str:
    """A word without marks, width, case."""
    folded = unicodedata.normalize("NFKC", text[:60]).upper()
    return "".join(letter for letter in folded if letter not in _MARKS)
