"""What one browser has seen: sealed by us, kept by the site's own storage. Pure but for the signer.

It holds ids of rules, days and counts; nothing about a person. A memory that is not ours, or of another site, is an empty one
that cannot be used to see more: then this visit's caps begin anew, as with a browser whose storage was cleared.
"""

import base64
import binascii
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec

from qiao.channels.invitations.schemas import Caps
from qiao.core.secrets import Signer

PURPOSE: Final = "invitations"
MOST: Final = 40
A_DAY: Final = 3
"""Of all rules together, one browser sees at most so many a day."""


class Seen(msgspec.Struct, array_like=True):
    """Of one rule: the last day, how often that day, how often at all, silent until, whether accepted since."""

    day: date
    today: int
    total: int
    silent_until: date | None = None


Memory = dict[str, Seen]
_decode: Final = msgspec.json.Decoder(Memory).decode


def seal(signer: Signer, key: str, memory: Memory) -> str:
    """As text, for the browser to keep."""
    newest = dict(sorted(memory.items(), key=lambda one: one[1].day, reverse=True)[:MOST])
    body = base64.urlsafe_b64encode(msgspec.json.encode(newest)).decode().rstrip("=")
    return f"{body}.{signer.sign(PURPOSE, f'{key}.{body}')}"


def unseal(signer: Signer, key: str, text: str) -> Memory:
    """Empty for anything we have not sealed for this site."""
    body, dot, signature = text.rpartition(".")
    if not dot or not signer.verify(PURPOSE, f"{key}.{body}", signature):
        return {}
    try:
        return _decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return {}


def may_show(memory: Memory, rule: UUID, caps: Caps, today: date) -> bool:
    """Whether the rule may speak once more."""
    if sum(one.today for one in memory.values() if one.day == today) >= A_DAY:
        return False
    seen = memory.get(str(rule))
    if seen is None:
        return True
    if seen.silent_until is not None and today < seen.silent_until:
        return False
    return seen.total < caps.total and (seen.day != today or seen.today < caps.per_day)


def shown(memory: Memory, rule: UUID, today: date) -> None:
    seen = memory.get(str(rule))
    if seen is None:
        memory[str(rule)] = Seen(today, 1, 1)
        return
    seen.today = seen.today + 1 if seen.day == today else 1
    seen.day, seen.total = today, seen.total + 1


def dismissed(memory: Memory, rule: UUID, caps: Caps, today: date) -> None:
    """They do not want it: quiet for as long as the rule says."""
    seen = memory.get(str(rule))
    if seen is not None:
        seen.silent_until = today + timedelta(days=caps.rest_days)
