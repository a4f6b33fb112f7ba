"""Who serves a customer, as WeCom sees it: the five states and the moves between them."""

from typing import Final

from qiao.channels.contract.channel import Endpoint
from qiao.channels.contract.reading import text, whole
from qiao.channels.wecom.api import WecomApi
from qiao.channels.wecom.channel import split_address

NEW: Final = 0
ASSISTANT: Final = 1
POOL: Final = 2
PERSON: Final = 3
OVER: Final = 4

MOVES: Final = {
    NEW: frozenset({ASSISTANT, POOL, PERSON, OVER}),
    ASSISTANT: frozenset({POOL, PERSON, OVER}),
    POOL: frozenset({PERSON, OVER}),
    PERSON: frozenset({POOL, PERSON, OVER}),
    OVER: frozenset(),
}
"""Where each state may go by the API; out of `OVER` only the customer leads, by writing."""
SPEAKING: Final = frozenset({NEW, ASSISTANT})
"""Where the API may send."""


def may_move(now: int, to: int, *, same_person: bool = False) -> bool:
    """Whether WeCom will take this move; staying where one is is none."""
    return to in MOVES.get(now, frozenset()) and not (now == to and same_person)


async def state(api: WecomApi, endpoint: Endpoint, address: str) -> tuple[int, str]:
    """The state, and who serves in it. Raises WecomError and DeliveryFailed."""
    account, customer = split_address(address)
    answer = await api.call(endpoint, "kf/service_state/get", {"open_kfid": account, "external_userid": customer})
    found = whole(answer, "service_state")
    return (NEW if found is None else found), text(answer, "servicer_userid", limit=100)


async def move(api: WecomApi, endpoint: Endpoint, address: str, to: int, servicer: str = "") -> bool:
    """Puts the session to `to`. False where it is there already or cannot get there. Raises as `state` does."""
    now, serving = await state(api, endpoint, address)
    if not may_move(now, to, same_person=serving == servicer):
        return False
    account, customer = split_address(address)
    body: dict[str, object] = {"open_kfid": account, "external_userid": customer, "service_state": to}
    if to == PERSON:
        body["servicer_userid"] = servicer
    await api.call(endpoint, "kf/service_state/trans", body)
    return True
