"""Alibaba Cloud SMS: SendSms, signed by version 3 of its signature."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, Sent, Template
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.sms.numbers import mainland
from qiao.channels.sms.settings import ALIYUN, SmsSettings
from qiao.core import clock

VERSION: Final = "2017-05-25"
ALGORITHM: Final = "ACS3-HMAC-SHA256"
MOST_TEMPLATES: Final = 200
_PAGE: Final = 50
_HANDED_BACK: Final = frozenset({429, 500, 502, 503})

AGAIN: Final[dict[str, float | None]] = {
    "isp.SYSTEM_ERROR": None,
    "isp.GATEWAY_ERROR": None,
    "isp.UNKNOWN": None,
    "isv.DATA_NOT_EXIST": None,
    "SignatureNonceUsed": 0.0,
    "Throttling": 1.0,
    "Throttling.User": 1.0,
    "Throttling.Api": 1.0,
    "ServiceUnavailable": None,
    "InternalError": None,
    "BUSINESS_LIMIT_CONTROL_MINUTE": 60.0,
    "isv.BUSINESS_LIMIT_MINUTE": 60.0,
}
"""Worth another try, after so many seconds where the provider's rule tells."""

REFUSED: Final[dict[str, str]] = {
    "isv.MOBILE_NUMBER_ILLEGAL": "number",
    "isv.MOBILE_COUNT_OVER_LIMIT": "number",
    "isv.NOT_SUPPORTED_COUNTRY": "country",
    "isv.COUNTRY_RESTRICTED": "country",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": "country",
    "isv.SMS_SIGNATURE_ILLEGAL": "sign",
    "isv.SMS_SIGN_ILLEGAL": "sign",
    "isv.SMS_SIGN_NAME_ILLEGAL": "sign",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": "sign",
    "isv.SIGN_STATE_ILLEGAL": "sign",
    "isv.SIGN_OVER_LIMIT": "sign",
    "isv.TEST_SIGN_TEMPLATE_LIMIT": "sign",
    "SIGNATURE_BLACKLIST": "sign",
    "isv.SMS_TEMPLATE_ILLEGAL": "template",
    "isv.SMS_CONTENT_CODE_ILLEGAL": "template",
    "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE": "template",
    "isv.TEMPLATE_OVER_LIMIT": "template",
    "isv.TEMPLATE_MISSING_PARAMETERS": "template_parameters",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "template_parameters",
    "isv.CONTENT_MISSING_PARAMETERS": "template_parameters",
    "isv.INVALID_JSON_PARAM": "template_parameters",
    "isv.INVALID_PARAMETERS": "template_parameters",
    "isv.PARAM_LENGTH_LIMIT": "too_long_for_template",
    "isv.PARAM_NOT_SUPPORT_URL": "link",
    "isv.BLACK_KEY_CONTROL_LIMIT": "content",
    "isv.SMS_CONTENT_ILLEGAL": "content",
    "isv.UNSUPPORTED_CONTENT": "content",
    "FILTER": "content",
    "isv.CUSTOMER_REFUSED": "person_refuses",
    "isv.BUSINESS_LIMIT_HOUR": "limit",
    "isv.BUSINESS_LIMIT_DAY": "limit",
    "BUSINESS_LIMIT_CONTROL_PHONE": "limit",
    "isv.DAY_LIMIT_CONTROL": "limit",
    "isv.MONTH_LIMIT_CONTROL": "limit",
    "isv.SMS_SIGN_DAY_LIMIT": "limit",
    "VALVE:D_MC": "limit",
    "VALVE:H_MC": "limit",
    "VALVE:M_MC": "limit",
    "isv.OUT_OF_SERVICE": "balance",
    "isv.AMOUNT_NOT_ENOUGH": "balance",
    "isv.BILLING_DEDUCTION_ERROR": "balance",
    "isv.ACCOUNT_NOT_EXISTS": "account",
    "isv.ACCOUNT_ABNORMAL": "account",
    "isv.SECURITY_FROZEN_ACCOUNT": "account",
    "isv.PRODUCT_UN_SUBSCRIPT": "account",
    "isv.PRODUCT_UNSUBSCRIBE": "account",
    "isv.FORBIDDEN_ACTION": "account",
    "isv.DENY_IP_RANGE": "ip",
    "InvalidAccessKeyId.NotFound": "credentials",
    "InvalidAccessKeyId.Inactive": "credentials",
    "InvalidAccessKeyId": "credentials",
    "SignatureDoesNotMatch": "credentials",
    "IncompleteSignature": "credentials",
    "isp.RAM_PERMISSION_DENY": "permission",
    "isv.RAM_CHECK_FAILED": "permission",
    "Forbidden.RAM": "permission",
    "Forbidden": "permission",
    "NoPermission": "permission",
    "InvalidTimeStamp.Expired": "clock",
    "InvalidTimeStamp.Format": "clock",
    "isv.EXTEND_CODE_ERROR": "extend_code",
    "isv.SENDERID_ERROR": "extend_code",
}


class Aliyun:
    """The API of dysmsapi; the answer is JSON with Code `OK`, or an error's."""

    def __init__(self, http: ChannelHttp):
        self.http = http

    def configured(self, settings: SmsSettings) -> bool:
        return bool(settings.access_key_id and settings.sign_name)

    async def send(
        self, endpoint: Endpoint, settings: SmsSettings, message_id: UUID, number: str, payload: Mapping[str, Any]
    ) -> Sent:
        code, parameters = _template(settings, payload)
        answer = await self._call(
            endpoint,
            settings,
            "SendSms",
            {
                # The mainland goes without its code, everybody else with theirs and without the plus.
                "PhoneNumbers": number[3:] if mainland(number) else number.removeprefix("+"),
                "SignName": settings.sign_name,
                "TemplateCode": code,
                "TemplateParam": msgspec.json.encode(parameters).decode(),
                "OutId": str(message_id),
            },
        )
        remote = reading.text(answer, "BizId")
        return Sent((remote,) if remote else ())

    async def probe(self, endpoint: Endpoint, settings: SmsSettings) -> Mapping[str, str]:
        answer = await self._call(endpoint, settings, "QuerySmsSign", {"SignName": settings.sign_name})
        state = reading.whole(answer, "SignStatus")
        if state != 1:
            raise DeliveryRefused("sms.refused.sign", said=f"SignStatus {state}")
        return {"sign_name": settings.sign_name}

    async def templates(self, endpoint: Endpoint, settings: SmsSettings) -> Sequence[Template]:
        """The approved ones, at most `MOST_TEMPLATES`."""
        found: list[Template] = []
        page = 1
        while len(found) < MOST_TEMPLATES:
            answer = await self._call(
                endpoint, settings, "QuerySmsTemplateList", {"PageIndex": str(page), "PageSize": str(_PAGE)}
            )
            rows = list(reading.mappings(answer, "SmsTemplateList"))
            found += [_listed(row) for row in rows if reading.text(row, "AuditStatus") == "AUDIT_STATE_PASS"]
            if len(rows) < _PAGE:
                break
            page += 1
        return found[:MOST_TEMPLATES]

    async def _call(
        self, endpoint: Endpoint, settings: SmsSettings, action: str, query: Mapping[str, str]
    ) -> dict[str, Any]:
        secret = endpoint.credentials.get("access_key_secret") or ""
        base = (settings.aliyun_url or ALIYUN).rstrip("/")
        headers = signed(
            settings.access_key_id,
            secret,
            host=urlsplit(base).netloc,
            action=action,
            version=VERSION,
            query=query,
            at=clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            nonce=uuid4().hex,
        )
        response = await self.http.request(
            "POST", f"{base}/?{canonical_query(query)}", headers=headers, answers=_HANDED_BACK
        )
        try:
            answer = reading.mapping(msgspec.json.decode(response.content))
        except msgspec.MsgspecError:
            raise DeliveryFailed(f"dysmsapi answered {response.status_code}") from None
        told = reading.text(answer, "Code", limit=80) or f"HTTP {response.status_code}"
        if told != "OK":
            raise failure(told, reading.text(answer, "Message", limit=300))
        return answer


def failure(code: str, message: str) -> DeliveryFailed | DeliveryRefused:
    """What an error code means for the message."""
    if code == "isv.BUSINESS_LIMIT_CONTROL":
        # One code for three limits; only the sentence tells which ("触发分钟级流控Permits:1").
        if "分钟" in message or "minute" in message.lower():
            return DeliveryFailed(f"{code} {message}", after=60.0)
        return DeliveryRefused("sms.refused.limit", said=code)
    if code in REFUSED:
        return DeliveryRefused(f"sms.refused.{REFUSED[code]}", said=code)
    return DeliveryFailed(f"{code} {message}".strip(), after=AGAIN.get(code))


def _listed(row: Mapping[str, Any]) -> Template:
    """`${name}` is Aliyun's way to mark a variable."""
    content = reading.text(row, "TemplateContent", limit=1000)
    text = re.sub(r"\$\{(\w+)\}", r"{\1}", content)
    fields = tuple(dict.fromkeys(re.findall(r"\$\{(\w+)\}", content)))
    return Template(
        reading.text(row, "TemplateCode", limit=80), reading.text(row, "TemplateName", limit=120), text, fields
    )


def _template(settings: SmsSettings, payload: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    chosen = reading.mapping(payload.get("template"))
    if chosen:
        given = reading.mapping(chosen, "data")
        return reading.text(chosen, "id"), {str(key): reading.text(value) for key, value in given.items()}
    if not settings.reply_template:
        raise DeliveryRefused("sms.refused.no_template")
    return settings.reply_template, {settings.reply_variable or "content": str(payload["text"])}


def canonical_query(query: Mapping[str, str]) -> str:
    """Sorted and percent-encoded the way that is signed."""
    return "&".join(f"{_encoded(key)}={_encoded(query[key])}" for key in sorted(query))


def signed(
    key_id: str,
    secret: str,
    *,
    host: str,
    action: str,
    version: str,
    query: Mapping[str, str],
    at: str,
    nonce: str,
    body: bytes = b"",
) -> dict[str, str]:
    """The headers of a request to `/`, with their signature."""
    hashed = hashlib.sha256(body).hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashed,
        "x-acs-date": at,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join(("POST", "/", canonical_query(query), lines, names, hashed))
    text = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
    return headers


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
