"""Which encoding a text file is in: UTF-8 if it can be, else the one that makes the most sense of the bytes."""

import codecs
from typing import Final

from charset_normalizer import from_bytes

from qiao.core.text import normalize
from qiao.knowledge.importing.reading.records import refuse

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE: Final = 64 * 1024
# Latin letters with accents; quotes and dashes; Chinese punctuation; full-width forms.
_PLAIN: Final = (("\u00c0", "\u024f"), ("\u2010", "\u2027"), ("\u3000", "\u303f"), ("\uff01", "\uff5e"))


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Raises Invalid for what is no text."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            text = _strict(data, name)
            if text is None:
                raise refuse("import.not_text")
            return _require_text(text), name.removesuffix("-sig")
    text = _strict(data, "utf-8")
    if text is not None:
        return _require_text(text), "utf-8"
    candidates = ["gb18030", "big5", *_utf16(data), *_guess(data)]
    best: tuple[float, str, str] | None = None
    for name in dict.fromkeys(candidates):
        text = _strict(data, name)
        if text is None or _looks_binary(text):
            continue
        score = _sense(text)
        if best is None or score > best[0]:
            best = (score, text, name)
    if best is None or best[0] < 0.5:
        raise refuse("import.not_text")
    return best[1], best[2].replace("_", "-")


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _utf16(data: bytes) -> list[str]:
    sample = data[:_SAMPLE]
    if sample[1::2].count(0) * 4 > len(sample):
        return ["utf-16-le"]
    return ["utf-16-be"] if sample[::2].count(0) * 4 > len(sample) else []


def _guess(data: bytes) -> list[str]:
    found = from_bytes(data[:_SAMPLE], steps=3).best()
    return [found.encoding] if found is not None else []


def _looks_binary(text: str) -> bool:
    sample = text[:_SAMPLE]
    strange = sum(ch < " " and ch not in "\t\n\r\f" for ch in sample)
    return "\x00" in sample or strange * 50 > len(sample)


def _require_text(text: str) -> str:
    if _looks_binary(text):
        raise refuse("import.not_text")
    return text


def _sense(text: str) -> float:
    """How much of what is not ASCII are characters people write: common Han characters, Latin letters, punctuation."""
    strange = [ch for ch in text[:_SAMPLE] if ch > "\x7f"]
    if not strange:
        return 1.0
    han = [ch for ch in strange if "\u3400" <= ch <= "\u9fff"]
    # Level 1 of GB 2312 holds the 3,755 most common characters; traditional ones are folded to it first.
    common = sum(_is_common(ch) for ch in normalize("".join(han)))
    plain = sum(_is_plain(ch) for ch in strange)
    return (common + plain) / len(strange)


def _is_common(ch: str) -> bool:
    try:
        return 0xB0 <= ch.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        return False


def _is_plain(ch: str) -> bool:
    return any(first <= ch <= last for first, last in _PLAIN)
