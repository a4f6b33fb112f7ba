"""What error codes of the Send API mean."""

from typing import Final

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused
from qiao.channels.contract.meta_graph import GraphError

WINDOW: Final = frozenset({(10, 2018278), (10, 2534022), (10, 2018065), (100, 2018278), (200, 2018065)})
"""Outside the window of 24 hours; with the Human Agent tag there may still be a way."""

REFUSED: Final[dict[tuple[int, int], str]] = {
    (10, 2018108): "unavailable",
    (10, 2018300): "unavailable",
    (100, 2018001): "person_gone",
    (100, 2534014): "person_gone",
    (100, 2018034): "too_long",
    (100, 2534001): "thread_gone",
    (100, 2018109): "too_large",
    (100, 2018294): "media",
    (100, 2018008): "media",
    (100, 2018047): "media",
    (100, 2018007): "media",
    (100, 2018074): "media",
    (100, 2534015): "media",
    (100, 2018320): "human_agent",
    (200, 2018028): "permission",
    (200, 2018027): "permission",
    (200, 1545041): "unavailable",
    (551, 1545041): "unavailable",
}
BY_CODE: Final[dict[int, str]] = {
    0: "token",
    3: "permission",
    10: "permission",
    33: "account",
    100: "invalid",
    190: "token",
    230: "permission",
    299: "permission",
    368: "policy",
    551: "unavailable",
    1545041: "unavailable",
    10303: "policy",
    200: "permission",
}
AGAIN: Final[dict[int, float | None]] = {
    1: None,
    2: None,
    4: 60.0,
    17: 60.0,
    32: 60.0,
    613: 60.0,
    1200: None,
    80002: 60.0,
    80006: 60.0,
}


def outside_window(error: GraphError) -> bool:
    return (error.code, error.subcode) in WINDOW


def failure(error: GraphError) -> DeliveryFailed | DeliveryRefused:
    """What a refused call means for the message; an unknown code is tried again."""
    if outside_window(error):
        return DeliveryRefused("messenger.refused.window")
    if error.code in AGAIN or error.transient:
        return DeliveryFailed(str(error), after=AGAIN.get(error.code))
    name = REFUSED.get((error.code, error.subcode)) or BY_CODE.get(error.code)
    if name is None:
        return DeliveryFailed(str(error))
    return DeliveryRefused(f"messenger.refused.{name}", detail=error.message)
