"""Bytes to text: what a mail says its charset is, is a hint. Pure; never fails."""

import codecs
import re
from functools import lru_cache
from typing import Final

from charset_normalizer import from_bytes

_SAMPLE: Final = 16 * 1024
_SURE: Final = 0.5
_WEAK: Final = frozenset({"ascii", "cp1252", "latin-1", "iso8859-1", "iso8859-15"})
"""Names that programs put there without having looked."""
# What Chinese, Japanese and Korean senders call a subset, they fill from the whole set.
_WIDER: Final = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "gb_2312-80": "gb18030",
    "x-euc-cn": "gb18030", "euc-cn": "gb18030", "chinese": "gb18030", "gb18030-2000": "gb18030",
    "big5": "cp950", "x-big5": "cp950", "hz-gb-2312": "hz",
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932", "x-sjis": "cp932", "shift-jis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext", "iso-2022-jp-ms": "iso2022_jp_ext",
    "us-ascii": "ascii", "iso-8859-1": "cp1252", "latin1": "cp1252",
    "unicode-1-1-utf-7": "utf-7", "utf8": "utf-8", "utf-8-sig": "utf-8",
    "iso-2022-cn": "iso-2022-cn", "iso-2022-cn-ext": "iso-2022-cn",
}  # fmt: skip
_BLOCKED: Final = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"})
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data`, whose sender says it is in `declared`."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return clean(data[len(mark) if name == "utf-8" else 0 :].decode(name, "replace"))
    named = _codec(declared or "")
    if named == "iso-2022-cn":
        return clean(_iso_2022_cn(data))
    if data.isascii():
        stateful = named is not None and named.startswith(("iso2022", "hz", "utf-7"))
        return clean(_lenient(data, named) if named and stateful else data.decode("ascii"))
    best = _trusted(data, named)
    return clean(best if best is not None else _guessed(data, named))


def clean(text: str) -> str:
    """`text` without what cannot be stored or shown; lines end in one way."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _trusted(data: bytes, named: str | None) -> str | None:
    """By the declared charset or as UTF-8, where one of them makes sense."""
    utf8 = _strict(data, "utf-8")
    if named is None or named in _WEAK or named == "utf-8":
        return utf8
    said = _strict(data, named)
    if said is None or utf8 is None:
        return said if said is not None else utf8
    # Both are possible: the one that reads better.
    return said if sense(said) > sense(utf8) else utf8


def _guessed(data: bytes, named: str | None) -> str:
    sample = data[:_SAMPLE]
    usual = [name for name in (named, "utf-8", "gb18030", "cp950", "cp932", "cp1252") if name]
    score, best = max((_likely(sample, name, named), name) for name in dict.fromkeys(usual))
    if score < _SURE:
        # None of those that nearly all mail is in: now every charset there is, which takes a while.
        found = from_bytes(sample, steps=3, chunk_size=1024).best()
        other = found.encoding if found is not None else ""
        # … but those of mainframes, in which no mail is written.
        if other and "Az09" in _lenient(b"Az09", other) and _likely(sample, other, named) > score:
            best = other
    return _lenient(data, best)


def _likely(sample: bytes, name: str, named: str | None) -> float:
    """A charset in which almost anything is a letter has to make more sense than one that says no to most bytes."""
    return sense(_lenient(sample, name)) - (0.3 if name in _WEAK else 0.0) + (0.05 if name == named else 0.0)


def sense(text: str) -> float:
    """How much of what is not ASCII people write: common Han characters, kana, Hangul, accents, punctuation."""
    strange = [ch for ch in text[:_SAMPLE] if ch > "\x7f"]
    if not strange:
        return 1.0
    return sum(_weight(ch) for ch in strange) / len(strange)


@lru_cache(maxsize=20_000)
def _weight(ch: str) -> float:
    if "\u4e00" <= ch <= "\u9fff":
        # Level 1 of GB 2312 and of Big 5 are the characters in daily use.
        for name, low, high in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6)):
            try:
                if low <= ch.encode(name)[0] <= high:
                    return 1.0
            except UnicodeEncodeError:
                continue
        return 0.4
    if "\u3040" <= ch <= "\u30ff" or "\uac00" <= ch <= "\ud7a3":
        return 0.9
    if "\u3000" <= ch <= "\u303f" or "\uff01" <= ch <= "\uff5e" or "\u2010" <= ch <= "\u2027":
        return 1.0
    if ch.isalpha():
        return 0.8
    return -1.0 if ch == "\ufffd" or not ch.isprintable() else 0.3


def _codec(declared: str) -> str | None:
    name = declared.strip().strip("\"'").lower()
    name = _WIDER.get(name, name)
    if name == "iso-2022-cn":
        return name
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # Python's registry also has codecs that are no charsets (base64, zip …).
    if found.name in _BLOCKED or not getattr(found, "_is_text_encoding", True):
        return None
    return name


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, ValueError):
        return None


def _lenient(data: bytes, name: str | None) -> str:
    try:
        return data.decode(name or "utf-8", "replace")
    except (UnicodeError, ValueError, LookupError):
        return data.decode("utf-8", "replace")


def _iso_2022_cn(data: bytes) -> str:
    """RFC 1922, which Python has no codec for: GB 2312 between SO and SI; other sets are shown as unknown."""
    said: list[str] = []
    known = True
    for piece in re.split(rb"(\x1b\$[)*+].|\x0e[^\x0f\n]*|\x0f)", data):
        if piece.startswith(b"\x1b"):
            known = piece[2:4] == b")A"
        elif piece.startswith(b"\x0e"):
            two = bytes(byte | 0x80 for byte in piece[1:])
            said.append(two.decode("gb2312", "replace") if known else "\ufffd" * (len(two) // 2))
        elif piece != b"\x0f":
            said.append(piece.decode("ascii", "replace"))
    return "".join(said)
