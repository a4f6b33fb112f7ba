"""What a mail is stored in: the mail as it came, with a line before it that says how it came. Pure.

`parse` sees one stored payload and no inbox: the line says which addresses are ours, and whose word counts.
"""

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from qiao.channels.email.mime import read_head
from qiao.core.errors import Invalid

MAGIC: Final = b"QIAO-MAIL "
LINE_LIMIT: Final = 64 * 1024


class Way(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a mail came. `own`: the addresses of the inbox. `server`: the authserv-id to believe. `size`: of the whole mail,
    where only its beginning was fetched. `missing`: the server would not give the mail out."""

    own: tuple[str, ...] = ()
    server: str = ""
    at: datetime | None = None
    size: int | None = None
    missing: int | None = None


def seal(raw: bytes, way: Way) -> bytes:
    """The payload to store."""
    return b"%s%s\n%s" % (MAGIC, msgspec.json.encode(way), raw)


def unseal(payload: bytes) -> tuple[Way, bytes]:
    """The way and the mail. A mail without the line is one of unknown way. Raises Invalid."""
    if not payload.startswith(MAGIC):
        return Way(), payload
    end = payload.find(b"\n", 0, LINE_LIMIT)
    if end < 0:
        raise Invalid.field("envelope", "value_invalid")
    try:
        way = msgspec.json.decode(payload[len(MAGIC) : end], type=Way)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Invalid.field("envelope", "json_invalid") from None
    return way, payload[end + 1 :]


def fingerprint(raw: bytes) -> str:
    """The same for the same mail, however often and by whatever way it came; at most 44 characters.

    Message-IDs alone will not do: some programs give all their mails the same. Fields that servers add do not count.
    """
    head = read_head(raw)
    named = [head.raw(name) for name in ("message-id", "date", "from", "subject")]
    digest = hashlib.sha256("\n".join(named).encode("utf-8", "replace"))
    if not named[0]:
        digest.update(b"\n" + hashlib.sha256(raw).digest())  # nothing but the whole of it tells it apart
    return "m-" + digest.hexdigest()[:40]
