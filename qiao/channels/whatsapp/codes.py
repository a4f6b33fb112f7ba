"""What WhatsApp's error codes mean, in answers and in receipts alike."""

from typing import Final

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused
from qiao.channels.contract.meta_graph import GraphError

AGAIN: Final[dict[int, float | None]] = {
    1: None,
    2: None,
    4: 60.0,
    80007: 60.0,
    130429: 5.0,
    131000: None,
    131016: None,
    131056: 6.0,
    131057: 300.0,
    132069: 60.0,
    133004: None,
    133016: 3600.0,
    135000: None,
}
"""Worth another try, after so many seconds where that is known."""

REFUSED: Final[dict[int, str]] = {
    0: "token",
    3: "permission",
    10: "permission",
    33: "number_id",
    100: "invalid",
    190: "token",
    368: "account",
    130472: "experiment",
    130497: "country",
    131005: "permission",
    131008: "invalid",
    131009: "invalid",
    131021: "self",
    131026: "undeliverable",
    131030: "test_number",
    131031: "account",
    131037: "display_name",
    131042: "payment",
    131044: "payment",
    131045: "registration",
    131047: "window",
    131048: "spam",
    131049: "engagement",
    131050: "marketing_refused",
    131051: "unsupported",
    131052: "media",
    131053: "media",
    131055: "invalid",
    131062: "undeliverable",
    131063: "template",
    131064: "limit",
    132000: "template_parameters",
    132001: "template",
    132005: "template_parameters",
    132007: "template",
    132008: "template_parameters",
    132012: "template_parameters",
    132015: "template_paused",
    132016: "template",
    132018: "template_parameters",
    132068: "template",
    133000: "registration",
    133005: "registration",
    133006: "registration",
    133008: "registration",
    133009: "registration",
    133010: "registration",
    133015: "registration",
    134011: "account",
    137000: "undeliverable",
}


def name_of(code: int) -> str:
    """The catalogue's key for a code of a failed receipt."""
    if 200 <= code < 300:
        return "whatsapp.refused.permission"
    return f"whatsapp.refused.{REFUSED.get(code, 'unknown')}"


def failure(error: GraphError) -> DeliveryFailed | DeliveryRefused:
    """What a refused call means for the message; an unknown code is tried again."""
    code = error.code
    if code in AGAIN:
        return DeliveryFailed(str(error), after=AGAIN[code])
    if code in REFUSED and not (code == 0 and error.status >= 500):
        return DeliveryRefused(f"whatsapp.refused.{REFUSED[code]}", detail=error.message, number=code)
    if 200 <= code < 300:
        return DeliveryRefused("whatsapp.refused.permission", detail=error.message, number=code)
    return DeliveryFailed(str(error))
