"""A stand-in for the providers' servers: dysmsapi with its error codes, and a plain HTTP one."""

import hashlib
import hmac
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY, SECRET = "LTAI-test", "aliyun-secret"


class FakeSms:
    """Checks signatures as the provider does and answers what it is told to (`answers`, first in first out)."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.answers: list[tuple[int, Any]] = []
        self.app = Starlette(
            routes=[
                Route("/", self.dysmsapi, methods=["POST", "HEAD"]),
                Route("/send", self.plain, methods=["POST", "GET"]),
            ]
        )

    async def dysmsapi(self, request: Request) -> Response:
        if request.method == "HEAD":
            return Response()
        query = dict(request.query_params)
        if self.answers:
            status, answer = self.answers.pop(0)
            return JSONResponse(answer, status)
        if not self._signed(request):
            return JSONResponse({"Code": "SignatureDoesNotMatch", "Message": "no", "RequestId": "1"}, 400)
        if request.headers["x-acs-action"] == "QuerySmsSign":
            return JSONResponse({"Code": "OK", "Message": "OK", "SignStatus": 1, "SignName": query["SignName"]})
        if request.headers["x-acs-action"] == "QuerySmsTemplateList":
            content = "验证码 ${code}，${minutes} 分钟内有效"
            good = {"TemplateCode": "SMS_9", "TemplateName": "code", "TemplateContent": content}
            rows = [good | {"AuditStatus": "AUDIT_STATE_PASS"}, good | {"AuditStatus": "AUDIT_STATE_NOT_PASS"}]
            return JSONResponse({"Code": "OK", "SmsTemplateList": rows})
        self.sent.append(query)
        return JSONResponse(
            {"Message": "OK", "RequestId": "F655A8D5", "Code": "OK", "BizId": f"90061971584436{len(self.sent)}^0"}
        )

    def _signed(self, request: Request) -> bool:
        """The provider's side of the signature, worked out from the request as it came."""
        names = request.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
        lines = "".join(f"{name}:{request.headers[name]}\n" for name in names)
        pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in request.query_params.multi_items())
        hashed = hashlib.sha256(b"").hexdigest()
        query = "&".join(f"{k}={v}" for k, v in pairs)
        asked = "\n".join([request.method, request.url.path, query, lines, ";".join(names), hashed])
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(asked.encode()).hexdigest()
        good = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        return request.headers["authorization"].endswith(f"Signature={good}")

    async def plain(self, request: Request) -> Response:
        body = (await request.body()).decode()
        self.sent.append({"body": body, "headers": dict(request.headers), "query": dict(request.query_params)})
        if self.answers:
            status, answer = self.answers.pop(0)
            return answer if isinstance(answer, Response) else JSONResponse(answer, status)
        return JSONResponse({"data": [{"id": f"m-{len(self.sent)}"}], "error": 0})
