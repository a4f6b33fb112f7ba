"""What Outlook packs into winmail.dat (MS-OXTNEF): files and words. Pure; what is broken ends the reading, not the mail.

Our own reader of the few fields that matter: the libraries for it are no longer looked after.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from qiao.channels.email.charsets import decode
from qiao.channels.email.mime import file_name

_SIGNATURE: Final = 0x223E9F78
_MOST: Final = 5000
_MOST_FILES: Final = 50
_TITLE, _DATA, _RENDERING, _PROPERTIES = 0x8010, 0x800F, 0x9002, 0x9005
_BODY, _MESSAGE, _CODEPAGE = 0x800C, 0x9003, 0x9007
_LONG_NAME, _SHORT_NAME, _MIME, _CONTENT_ID, _BYTES = 0x3707, 0x3704, 0x370E, 0x3712, 0x3701
_TEXT, _HTML = 0x1000, 0x1013
_FIXED: Final = {0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_OBJECT: Final = 0xD
_UNICODE: Final = 0x1F


@dataclass(slots=True)
class Packed:
    """A file in the packet."""

    name: str = ""
    mime: str = ""
    content_id: str = ""
    data: bytes = b""


@dataclass(slots=True)
class Packet:
    files: list[Packed]
    plain: str = ""
    html: str = ""


def unpack(raw: bytes) -> Packet | None:
    """The packet; None for what is none."""
    if len(raw) < 6 or struct.unpack_from("<I", raw)[0] != _SIGNATURE:
        return None
    packet = Packet([])
    charset = "cp1252"
    current: Packed | None = None
    for name, value in _attributes(raw):
        if name == _CODEPAGE and len(value) >= 4:
            charset = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == _RENDERING:
            if len(packet.files) >= _MOST_FILES:
                break
            current = Packed()
            packet.files.append(current)
        elif name == _BODY:
            packet.plain = packet.plain or decode(value.rstrip(b"\0"), charset)
        elif name == _MESSAGE:
            for key, kind, data in _properties(value):
                if key == _TEXT:
                    packet.plain = packet.plain or _text(kind, data, charset)
                elif key == _HTML:
                    packet.html = packet.html or _text(kind, data, charset)
        elif current is not None:
            _fill(current, name, value, charset)
    packet.files = [one for one in packet.files if one.data]
    return packet


def _fill(file: Packed, name: int, value: bytes, charset: str) -> None:
    if name == _TITLE:
        file.name = file.name or file_name(decode(value.rstrip(b"\0"), charset))
    elif name == _DATA:
        file.data = value
    elif name == _PROPERTIES:
        for key, kind, data in _properties(value):
            if key == _LONG_NAME:
                file.name = file_name(_text(kind, data, charset)) or file.name
            elif key == _SHORT_NAME:
                file.name = file.name or file_name(_text(kind, data, charset))
            elif key == _MIME:
                file.mime = _text(kind, data, charset)[:100]
            elif key == _CONTENT_ID:
                file.content_id = _text(kind, data, charset).strip("<>")[:200]
            elif key == _BYTES and kind != _OBJECT:
                file.data = file.data or data


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Level, id with type, length, value, checksum."""
    at = 6
    for _ in range(_MOST):
        if at + 9 > len(raw):
            return
        _, name, length = struct.unpack_from("<BII", raw, at)
        end = at + 9 + length
        if end > len(raw):
            return
        yield name & 0xFFFF, raw[at + 9 : end]
        at = end + 2


def _properties(raw: bytes) -> Iterator[tuple[int, int, bytes]]:
    """MAPI properties: id, type, first value. Stops where the bytes make no sense."""
    try:
        (count,) = struct.unpack_from("<I", raw)
        at = 4
        for _ in range(min(count, _MOST)):
            kind, key = struct.unpack_from("<HH", raw, at)
            at += 4
            if key >= 0x8000:
                (named,) = struct.unpack_from("<I", raw, at + 16)
                at += 20
                if named:
                    (length,) = struct.unpack_from("<I", raw, at)
                    at += 4 + _padded(length)
                else:
                    at += 4
            values = 1
            several, kind = bool(kind & 0x1000), kind & 0x0FFF
            size = _FIXED.get(kind)
            if several or size is None:
                (values,) = struct.unpack_from("<I", raw, at)
                at += 4
            for number in range(min(values, _MOST)):
                length = size
                if length is None:
                    (length,) = struct.unpack_from("<I", raw, at)
                    at += 4
                if at + length > len(raw):
                    return
                if number == 0:
                    yield key, kind, raw[at : at + length]
                at += _padded(length)
    except struct.error:
        return


def _padded(length: int) -> int:
    return (length + 3) & ~3


def _text(kind: int, data: bytes, charset: str) -> str:
    if kind == _UNICODE:
        return data.decode("utf-16-le", "replace").rstrip("\0").replace("\0", "")
    return decode(data.rstrip(b"\0"), charset)
