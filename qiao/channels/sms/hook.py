"""What providers of texts post: delivery reports and people's replies."""

import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import Answer, Endpoint, Request, Taken
from qiao.channels.sms.settings import SmsSettings, plain
from qiao.core.errors import Invalid, Unauthenticated

MOST_ITEMS: Final = 1000
_ALIYUN_ANSWER: Final = Answer('{"code":0,"msg":"成功"}'.encode(), "application/json")


class SmsHook:
    """None of these providers signs what it posts; the token in the address is what it knows and nobody else."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        expected = endpoint.credentials.get("hook_token") or ""
        if not expected or not hmac.compare_digest(_given(request).encode(), expected.encode()):
            raise Unauthenticated("channel_signature_invalid")
        settings = plain(endpoint.settings)
        found = _read(request)
        if settings.provider == "aliyun":
            items = _aliyun_items(found)
            return Taken([_kept(settings, item, _aliyun_id(item)) for item in items], _ALIYUN_ANSWER)
        mapped = [_mapped(settings, item) for item in _items(found, settings.items_path)]
        payloads = [_kept(settings, item, _own_id(item)) for item in mapped]
        return Taken(payloads, Answer(settings.hook_answer.encode()))


def _given(request: Request) -> str:
    bearer = request.headers.get("authorization", "")
    if bearer[:7].lower() == "bearer ":
        return bearer[7:].strip()
    return request.headers.get("x-qiao-token") or request.query.get("token") or ""


def _read(request: Request) -> Any:
    """JSON, a form, or the query of a GET."""
    if request.method == "GET" or not request.body.strip():
        return {key: value for key, value in request.query.items() if key != "token"}
    if "form-urlencoded" in request.headers.get("content-type", ""):
        try:
            pairs = parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=200)
        except (UnicodeDecodeError, ValueError):
            raise Invalid.field("body", "value_invalid") from None
        return dict(pairs)
    return reading.anything(request.body)


def _items(found: Any, path: str) -> list[dict[str, Any]]:
    if path:
        found = reading.at(found, *path.split("."))
    many = found if isinstance(found, list) else [found]
    items = [one for one in many if isinstance(one, dict)]
    if not items or len(many) > MOST_ITEMS:
        raise Invalid.field("body", "value_invalid")
    return items


def _aliyun_items(found: Any) -> list[dict[str, Any]]:
    # An empty list is how the console tries out the address.
    return [] if found in ([], {}) else _items(found, "")


def _aliyun_id(item: Mapping[str, Any]) -> str | None:
    parts: tuple[str, ...]
    if "success" in item:
        parts = ("report", reading.text(item, "biz_id"), reading.text(item, "phone_number"))
    else:
        parts = ("up", reading.text(item, "phone_number"), reading.text(item, "sequence_id"))
        parts = (*parts, reading.text(item, "send_time"))
    return reading.name_of(*parts) if all(parts) else None


def _mapped(settings: SmsSettings, item: dict[str, Any]) -> dict[str, Any]:
    """An item by the operator's mapping: a text where there are words, else a report."""

    def at(path: str) -> str:
        found = reading.at(item, *path.split(".")) if path else None
        return str(found).lower() if isinstance(found, bool) else reading.text(found)

    words = at(settings.in_text)
    if words:
        number = at(settings.in_from)
        own = at(settings.in_id) or reading.name_of("text", number, words, at(settings.report_state))
        return {"kind": "text", "id": own, "from": number, "text": words}
    state = at(settings.report_state)
    if not state:
        return {"kind": "unknown", "posted": item}  # kept for the dead letters: the mapping does not fit it
    told = state.lower()
    if told in {value.lower() for value in settings.delivered_values}:
        known = "delivered"
    elif told in {value.lower() for value in settings.failed_values}:
        known = "failed"
    else:
        known = ""
    return {"kind": "report", "id": at(settings.report_id), "state": known, "error": at(settings.report_error)}


def _own_id(item: Mapping[str, Any]) -> str | None:
    own = reading.text(item, "id")
    return reading.name_of(reading.text(item, "kind"), own, reading.text(item, "state")) if own else None


def _kept(settings: SmsSettings, item: Mapping[str, Any], own: str | None) -> tuple[str | None, bytes]:
    kept: dict[str, Any] = {"provider": settings.provider, "country": settings.country, "item": item}
    if settings.opt_out_words:
        kept["stop_words"] = list(settings.opt_out_words)
    return own, msgspec.json.encode(kept)
