"""Headers as they come: folded, encoded, broken. Pure, linear, never fails."""

import base64
import binascii
import re
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from qiao.channels.email.charsets import decode

VALUE_LIMIT: Final = 32 * 1024
_MOST: Final = 1000
_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,20000})\?=")
_ADDRESS: Final = re.compile(r"[^\s<>()@,;:\"\[\]\\]{1,64}@[^\s<>()@,;:\"\[\]\\]{1,190}")
_ID: Final = re.compile(r"<([^<>\s]{1,900})>")
_PARAM: Final = re.compile(r';\s*([^\s=;"]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.){0,4000})"?|([^;]{0,4000}))', re.DOTALL)
_CONTINUED: Final = re.compile(r"(.+?)\*(\d{1,3})?(\*)?$")


class Mailbox(NamedTuple):
    """A name and an address in lower case."""

    name: str
    address: str


class Headers:
    """The fields of a mail or of one of its parts, in order."""

    def __init__(self, fields: list[tuple[str, bytes]]):
        self.fields = fields

    def __contains__(self, name: str) -> bool:
        return any(field == name for field, _ in self.fields)

    def raw(self, name: str) -> str:
        """The first field of this name (lower case), unfolded, not decoded; empty when there is none."""
        return next((_text(value) for field, value in self.fields if field == name), "")

    def every(self, name: str) -> list[str]:
        return [_text(value) for field, value in self.fields if field == name][:50]

    def text(self, name: str, limit: int = 1000) -> str:
        """The first field as people read it."""
        return words(self.raw(name))[:limit]

    def mailboxes(self, name: str, limit: int = 50) -> list[Mailbox]:
        found: list[Mailbox] = []
        for value in self.every(name):
            found.extend(mailboxes(value))
        return list({box.address: box for box in reversed(found)}.values())[::-1][:limit]

    def ids(self, name: str) -> list[str]:
        """Message ids with their brackets."""
        return [f"<{found}>" for value in self.every(name) for found in _ID.findall(value)][-100:]


def read(block: bytes | memoryview) -> Headers:
    """The fields of a block of lines. Lines that are no fields are passed over."""
    fields: list[tuple[str, bytes]] = []
    name, value = "", bytearray()
    for line in bytes(block).split(b"\n"):
        line = line.rstrip(b"\r")
        if line[:1] in (b" ", b"\t"):
            if name and len(value) < VALUE_LIMIT:
                value += b" " + line.strip()
            continue
        found = _FIELD.fullmatch(line)
        if found is None:
            continue
        if name:
            fields.append((name, bytes(value[:VALUE_LIMIT])))
            if len(fields) >= _MOST:
                return Headers(fields)
        name, value = found[1].decode("ascii").lower(), bytearray(found[2].strip())
    if name:
        fields.append((name, bytes(value[:VALUE_LIMIT])))
    return Headers(fields)


def _text(value: bytes) -> str:
    return value.decode("ascii") if value.isascii() else decode(value)


def words(value: str) -> str:
    """`value` with its encoded words (RFC 2047) in clear.

    Words next to each other in one charset are decoded together: Chinese programs cut characters in two.
    """
    if "=?" not in value:
        return _line(value)
    said: list[str] = []
    held: list[tuple[str, bytes]] = []

    def flush() -> None:
        while held:
            charset = held[0][0]
            same = 0
            while same < len(held) and held[same][0] == charset:
                same += 1
            said.append(decode(b"".join(data for _, data in held[:same]), charset))
            del held[:same]

    end = 0
    for found in _WORD.finditer(value):
        between = value[end : found.start()]
        if between.strip() or not held:
            flush()
            said.append(between)
        held.append((found[1].partition("*")[0].lower(), _unworded(found[2], found[3])))
        end = found.end()
    flush()
    said.append(value[end:])
    return _line("".join(said))


def _unworded(how: str, text: str) -> bytes:
    if how in "bB":
        return unbase64(text.encode("ascii", "ignore"))
    return binascii.a2b_qp(text.encode("ascii", "ignore"), header=True)


def unbase64(data: bytes) -> bytes:
    """What is readable of base64, whatever stands between or is missing at the end."""
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(letters + b"=" * (-len(letters) % 4))


def _line(text: str) -> str:
    return " ".join(text.split())


def mailboxes(value: str) -> list[Mailbox]:
    """The people a field names. What cannot be understood is searched for addresses."""
    found: list[Mailbox] = []
    try:
        # The newer, stricter reading gives up on a whole field for one odd comma.
        read_all: Any = getaddresses
        pairs = read_all([value], strict=False) if _STRICT else read_all([value])
    except Exception:  # the reader of the standard library has stumbled over odd fields in many ways
        pairs = []
    for name, address in pairs[:200]:
        address = re.sub(r"\s+", "", words(address))
        if _ADDRESS.fullmatch(address):
            found.append(Mailbox(words(name).strip("'\" ")[:80], address.lower()))
    if not found:
        found = [Mailbox("", address.lower()) for address in _ADDRESS.findall(words(value))[:50]]
    return found


def _strict() -> bool:
    try:
        getaddresses([""], strict=False)  # type: ignore[call-arg,unused-ignore]  # newer interpreters have it
    except TypeError:
        return False
    return True


_STRICT: Final = _strict()


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """The value of Content-Type and its like, and its parameters: RFC 2231, and the ways programs got it wrong."""
    main = value.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for number, found in enumerate(_PARAM.finditer(value[len(value.partition(";")[0]) :])):
        if number >= 100:
            break
        name = found[1].lower()
        text = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else (found[3] or "").strip()
        split = _CONTINUED.fullmatch(name) if "*" in name else None
        if split is None:
            plain.setdefault(name, text)
        else:
            pieces.setdefault(split[1], {})[int(split[2] or 0)] = (text, split[3] is not None or split[2] is None)
    result = {name: words(text) for name, text in plain.items()}
    for name, numbered in pieces.items():
        result[name] = _joined([numbered[key] for key in sorted(numbered)])
    return main, result


def _joined(parts: list[tuple[str, bool]]) -> str:
    charset = ""
    raw = b""
    for number, (text, quoted) in enumerate(parts):
        if quoted and number == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw += unquote_to_bytes(text) if quoted else text.encode("utf-8", "ignore")
    return _line(decode(raw, charset))


def date(value: str) -> datetime | None:
    """The moment of a Date field; None for what is none."""
    try:
        found = parsedate_to_datetime(value[:100])
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        return found.astimezone(UTC) if 1990 <= found.year <= 2200 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
