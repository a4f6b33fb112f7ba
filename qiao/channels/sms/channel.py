"""Text messages as a channel: numbers are addresses, words are all there is."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from qiao.channels.contract import reading
from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.contract.messages import Happening, Incoming, Item, Outbound, Receipt, Sender
from qiao.channels.sms import words
from qiao.channels.sms.numbers import canonical
from qiao.channels.sms.segments import JOINED, SINGLE, segments
from qiao.channels.sms.settings import SmsSettings
from qiao.core.errors import Invalid
from qiao.people.customers.policy import e164

LONGEST: Final = 1340  # twenty parts, the most an inbox may allow
_CHINA: Final = timezone(timedelta(hours=8))
_REASONS: Final = (
    (("UNDELIV", "MK:0004", "CB:0001", "UNREACH", "MI:", "ID:0012"), "unreachable"),
    (("MK:0001", "MK:0000", "UNKNOWN_NUMBER", "EMPTY", "DB:0318"), "number_unknown"),
    (("BLACK", "REJECT", "BWLISTS", "CUSTOMER_REFUSED", "DB:0108", "BLACKLIST"), "refused_by_person"),
    (("EXPIRED", "TIMEOUT"), "expired"),
    (("KEYWORD", "CONTENT", "SENSITIVE"), "content"),
    (("LIMIT", "FREQUENCY", "VALVE"), "limit"),
)

MANIFEST: Final = Manifest(
    name="sms",
    title={"zh-CN": "短信", "en": "SMS"},
    summary={
        "zh-CN": "收发手机短信：阿里云短信，或任何 HTTP 短信服务商。",
        "en": "Text messages to and from phones: Alibaba Cloud SMS or any HTTP provider.",
    },
    identity_kind="sms",
    capabilities=Capabilities(
        receives=frozenset({"text"}),
        sends=frozenset({"text"}),
        delivery="push",
        longest_text=LONGEST,
        templates=True,
        starts=True,
        receipts=True,
    ),
    settings=SmsSettings,
    docs="channel-sms",
    limits={
        "per_second": 20,
        "burst": 40,
        "segment_gsm7": SINGLE["gsm7"],
        "segment_gsm7_joined": JOINED["gsm7"],
        "segment_ucs2": SINGLE["ucs2"],
        "segment_ucs2_joined": JOINED["ucs2"],
    },
    group="phone",
    reaches={"phone": e164},
)


def parse(raw: bytes) -> list[Item]:
    """One item of what a provider posted, as the hook keeps it: `{provider, country, stop_words, item}`."""
    kept = reading.document(raw)
    country = reading.text(kept, "country") or "86"
    item = reading.mapping(kept, "item")
    if reading.text(kept, "provider") == "aliyun":
        if "success" in item:
            return [_aliyun_report(item)]
        at = _local_time(reading.text(item, "send_time"))
        number = reading.required(item, "phone_number")
        own = reading.text(item, "sequence_id") or reading.text(item, "dest_code")
        stamp = "" if at is None else str(int(at.timestamp()))
        return _said(
            kept, number, country, reading.text(item, "content"), reading.name_of("up", number, own, stamp), at
        )
    match reading.text(item, "kind"):
        case "report":
            return _report(item)
        case "text":
            number = reading.required(item, "from")
            return _said(kept, number, country, reading.text(item, "text"), reading.required(item, "id"), None)
    raise Invalid.field("item.kind", "value_invalid")


def _said(kept: dict[str, Any], written: str, country: str, body: str, own: str, at: datetime | None) -> list[Item]:
    number = canonical(written, country)
    if number is None:
        raise Invalid.field("item.phone_number", "value_invalid")
    sender = Sender(number, phone=number if number.startswith("+") else None)
    if not body.strip():
        raise Invalid.field("item.content", "field_missing")
    more = [reading.clean(word, 60) for word in kept.get("stop_words") or () if isinstance(word, str)][:50]
    wish = words.meaning(body, more)
    own = reading.name_of(own)
    if wish is not None:
        return [Happening(own, wish, sender, {"text": body[:60]})]
    return [Incoming(own, "text", body, {}, sender, at=at)]


def _aliyun_report(item: dict[str, Any]) -> Receipt:
    remote = reading.required(item, "biz_id")
    if item.get("success") is True or item.get("success") == "true":
        return Receipt(remote, "delivered")
    code = reading.text(item, "err_code", limit=80)
    return Receipt(remote, "failed", reason(code), f"{code} {reading.text(item, 'err_msg', limit=200)}".strip())


def _report(item: dict[str, Any]) -> list[Item]:
    remote = reading.required(item, "id")
    match reading.text(item, "state"):
        case "delivered":
            return [Receipt(remote, "delivered")]
        case "failed":
            error = reading.text(item, "error", limit=200)
            return [Receipt(remote, "failed", reason(error), error)]
    return []  # on its way: nothing to tell yet


def reason(code: str) -> str:
    """The catalogue's key for an operator's code."""
    upper = code.upper()
    for marks, name in _REASONS:
        if any(mark in upper for mark in marks):
            return f"sms.failed.{name}"
    return "sms.failed.unknown"


def render(message: Outbound) -> dict[str, Any]:
    """What is sent; how many parts it takes is told, because parts cost."""
    counted = segments(message.body)
    template = message.payload.get("template")
    return {
        "to": message.address,
        "text": message.body,
        "alphabet": counted.alphabet,
        "segments": counted.count,
        **({"template": template} if isinstance(template, dict) else {}),
    }


def _local_time(written: str) -> datetime | None:
    """Aliyun tells the time of Shanghai without saying so."""
    try:
        return datetime.fromisoformat(written[:19]).replace(tzinfo=_CHINA).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
