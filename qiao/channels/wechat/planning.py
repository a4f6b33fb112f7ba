"""Making do with few answers: which of the waiting replies go out, and which go out as one. Pure."""

import itertools
from collections.abc import Sequence
from typing import Final

import msgspec

from qiao.channels.contract.messages import Outbound
from qiao.channels.wechat.rendering import render_official
from qiao.channels.wechat.window import LONGEST

MOST: Final = 50
"""Replies looked at in one go."""


def cost(message: Outbound) -> int:
    """How many answers of the quota a message takes. What goes out as a template takes none."""
    return 0 if message.payload.get("template") else len(render_official(message)["messages"])


def plan(pending: Sequence[Outbound], left: int) -> list[Outbound]:
    """What to send now of the replies that wait for one customer, oldest first, when `left` more are allowed.

    As long as there are answers enough, nothing changes. When they run short, texts that follow each other are put together
    into one message, the nearest pairs first, and stay in order with pictures and cards between them. A message made of
    several has the first one's id and names all in `payload.merged`. What still does not fit is left out, from the end;
    templates always go.
    """
    waiting = list(pending)
    if len(waiting) > MOST:  # nobody has that many answers
        waiting = waiting[:MOST]
    left = max(left, 0)
    while _total(waiting) > left:
        pair = _best_pair(waiting)
        if pair is None:
            break
        waiting[pair : pair + 2] = [_joined(waiting[pair], waiting[pair + 1])]
    planned: list[Outbound] = []
    full = False
    for message in waiting:
        price = cost(message)
        if price == 0:
            planned.append(message)
        elif not full and price <= left:
            left -= price
            planned.append(message)
        else:
            full = True  # later ones would be read without what they follow
    return planned


def _total(messages: Sequence[Outbound]) -> int:
    return sum(cost(message) for message in messages)


def _plain(message: Outbound) -> bool:
    payload = message.payload
    return message.kind == "text" and not payload.get("template") and not payload.get("attachments")


def _best_pair(messages: Sequence[Outbound]) -> int | None:
    """Where two texts stand side by side whose union takes fewer answers; the two written closest to each other."""
    best: tuple[float, int] | None = None
    for at, (one, next_) in enumerate(itertools.pairwise(messages)):
        if not _plain(one) or not _plain(next_) or one.address != next_.address:
            continue
        both = _joined(one, next_)
        if len(both.body) > LONGEST or cost(both) >= cost(one) + cost(next_):
            continue
        apart = abs((next_.created_at - one.created_at).total_seconds())
        if best is None or apart < best[0]:
            best = (apart, at)
    return best[1] if best else None


def _joined(one: Outbound, next_: Outbound) -> Outbound:
    merged = [*one.payload.get("merged", (str(one.id),)), *next_.payload.get("merged", (str(next_.id),))]
    return msgspec.structs.replace(
        one, body=f"{one.body.rstrip()}\n\n{next_.body.strip()}", payload={**one.payload, "merged": merged}
    )
