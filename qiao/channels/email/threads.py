"""Names of exchanges: our Message-IDs, and tokens that survive programs which forget what they answer. Pure."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from qiao.channels.email.headers import Headers

OWN_ID: Final = re.compile(r"<qiao\.([0-9a-f]{32})@[^<>\s@]{1,200}>")
_NAME_LIMIT: Final = 180
_TOKEN: Final = re.compile(r"\[#(T[A-Z2-7]{16})\]", re.IGNORECASE)
_PLUS: Final = re.compile(r"\+(t[a-z2-7]{16})@", re.IGNORECASE)
_PREFIX: Final = re.compile(
    r"\s*(?:re|fw|fwd|aw|wg|sv|antw|rif|tr|rv|回复|回覆|答复|答覆|转发|轉寄|返信|회신)\s*(?:\[\d{1,3}\])?\s*[:：]",
    re.IGNORECASE,
)
_SHORTEST_SUBJECT: Final = 4
_LISTED: Final = re.compile(r"<[!-;=?-~]{1,100}@[!-;=?-~]{1,78}>")


def own_id(message_id: UUID, address: str) -> str:
    """The Message-ID of a message of ours: the same on every try."""
    return f"<qiao.{message_id.hex}@{address.rpartition('@')[2] or 'localhost'}>"


def token(secret: str, conversation_id: UUID) -> str:
    """A word only we can make, by which an answer finds its conversation."""
    digest = hmac.new(secret.encode(), b"qiao.mail\n" + conversation_id.bytes, hashlib.sha256).digest()
    return "T" + base64.b32encode(digest[:10]).decode()


def name_of(message_id: str) -> str:
    """A Message-ID as it is kept: very long ones by their fingerprint."""
    if len(message_id) <= _NAME_LIMIT:
        return message_id
    return f"<{hashlib.sha256(message_id.encode('utf-8', 'replace')).hexdigest()}>"


def base_subject(subject: str) -> str:
    """The subject without our token and without any number of `Re:`, `回复：` and the like."""
    text = _TOKEN.sub("", subject)
    for _ in range(20):
        found = _PREFIX.match(text)
        if found is None:
            break
        text = text[found.end() :]
    return " ".join(text.split())


def without_token(subject: str) -> str:
    return " ".join(_TOKEN.sub("", subject).split())


def answering_subject(subject: str) -> str:
    """`subject` with exactly one `Re:`, which every program of every country understands."""
    return f"Re: {base_subject(subject)}" if subject else ""


def names(
    head: Headers, subject: str, sender: str, recipients: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The exchanges a mail may belong to, best first, and what else it is called from now on.

    What it says it answers comes first, the newest before the older ones; then tokens; then, for answers of programs
    that keep nothing but the subject, subject and sender together.
    """
    own = head.ids("message-id")[:1]
    answered = [*head.ids("in-reply-to"), *reversed(head.ids("references"))]
    tokens = [found.upper() for found in _TOKEN.findall(subject[:2000])]
    tokens += [found.upper() for address in recipients for found in _PLUS.findall(address)]
    known = [*dict.fromkeys([*map(name_of, answered), *tokens])][:50]
    known = [name for name in known if name not in own]
    base = base_subject(subject).casefold()
    by_subject = []
    if len(base) >= _SHORTEST_SUBJECT and sender:
        by_subject = ["S" + hashlib.sha256(f"{sender}\n{base}".encode("utf-8", "replace")).hexdigest()[:40]]
    if by_subject and _PREFIX.match(_TOKEN.sub("", subject)):
        known += by_subject
    begins = tuple(dict.fromkeys([*map(name_of, own), *by_subject]))
    # A mail that answers nothing begins an exchange of its own, whatever its sender has asked before.
    return tuple(known) or begins[:1], begins


def references(known: Sequence[str], answered: str = "", most: int = 20) -> list[str]:
    """The Message-IDs among the names of an exchange, as a References field lists them: the one that is answered last."""
    ids = [name for name in dict.fromkeys((*known, answered)) if _LISTED.fullmatch(name)]
    if answered in ids:
        ids = [name for name in ids if name != answered] + [answered]
    return ids if len(ids) <= most else [ids[0], *ids[-(most - 1) :]]
