"""The OpenAI-compatible protocol over HTTP, as little of it as the product needs. One call is one request; who retries
decides elsewhere. Everything that can come back wrong becomes a `CallFailed`."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
import msgspec

from qiao.bot.llm.schemas import Outcome

LONGEST_REPLY: Final = 200_000
_THOUGHTS: Final = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
OnText = Callable[[str], Awaitable[None]]


class CallFailed(Exception):
    """`outcome` says how; `retry_after` is what the endpoint asked for."""

    def __init__(self, outcome: Outcome, status: int | None = None, retry_after: float | None = None):
        super().__init__(f"{outcome} {status or ''}".strip())
        self.outcome = outcome
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Said:
    """Who says what to the model: role is system, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Tool:
    """Something the model may choose. `inputs` is a JSON schema of an object."""

    name: str
    description: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tool a model chose, with its arguments as it wrote them."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Request:
    model: str
    messages: Sequence[Said]
    temperature: float
    max_tokens: int
    plain: bool = False
    """Only what every server and model understands."""
    tools: Sequence[Tool] = ()

    def body(self, *, stream: bool) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": said.role, "content": said.text} for said in self.messages],
        }
        if stream:
            body["stream"] = True
        if self.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.inputs},
                }
                for tool in self.tools
            ]
            body["tool_choice"] = "auto"
        if not self.plain:
            body |= {"temperature": self.temperature, "max_tokens": self.max_tokens}
            if stream:
                body["stream_options"] = {"include_usage": True}
        return body


@dataclass(frozen=True, slots=True)
class Completion:
    """`complete` is false when the model stopped at its limit, in the middle of something."""

    text: str
    tokens_in: int
    tokens_out: int
    complete: bool = True
    chosen: Chosen | None = None


def visible(text: str) -> str:
    """What the model says without what it thinks aloud."""
    return _THOUGHTS.sub("", text).lstrip()


def estimate(text: str) -> int:
    """Tokens of a text where the endpoint does not count them: about one a Han character, one for four letters."""
    han = len(_HAN.findall(text))
    return han + (len(text) - han + 3) // 4


class Endpoint:
    """One address with its key."""

    def __init__(self, http: httpx.AsyncClient, address: str, key: str | None):
        self._http = http
        self._address = address
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    async def chat(self, request: Request) -> Completion:
        answer = await self._post("/chat/completions", request.body(stream=False))
        try:
            choice = answer["choices"][0]
            message = choice["message"]
            complete = choice.get("finish_reason") != "length"
            if request.tools:
                return self._choice(request, message, answer.get("usage"), complete)
            text = message["content"]
        except (KeyError, IndexError, TypeError, AttributeError):
            raise CallFailed("bad_reply") from None
        if not isinstance(text, str) or not visible(text).strip():
            raise CallFailed("bad_reply")  # a call of tools nobody offered, or nothing at all
        return self._completion(request, text, answer.get("usage"), complete)

    async def stream(self, request: Request, on_text: OnText) -> Completion:
        """Like `chat`; `on_text` hears everything visible so far, each time there is more."""
        text, shown = "", ""
        usage: Any = None
        finish: str | None = None
        done = False
        try:
            async with self._http.stream(
                "POST",
                self._address + "/chat/completions",
                json=request.body(stream=True),
                headers=self._headers,
            ) as response:
                await self._check(response)
                if "application/json" in response.headers.get("content-type", ""):
                    raise CallFailed("bad_reply")  # it does not stream; nothing was shown
                async for line in _lines(response):
                    if not line.startswith("data:"):
                        continue
                    data = line[5:].strip()
                    if data == "[DONE]":
                        done = True
                        break
                    piece, finish_now, usage_now = _chunk(data)
                    finish, usage = finish_now or finish, usage_now or usage
                    if not piece:
                        continue
                    text += piece
                    if len(text) > LONGEST_REPLY:
                        raise CallFailed("bad_reply")
                    now = visible(text)
                    if now != shown:
                        shown = now
                        await on_text(shown)
        except httpx.TimeoutException:
            raise CallFailed("timeout") from None
        except httpx.RemoteProtocolError:
            raise CallFailed("truncated" if text else "unreachable") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise CallFailed("unreachable") from None
        if not done and finish is None:
            raise CallFailed("truncated" if text else "bad_reply")
        if not visible(text).strip():
            raise CallFailed("bad_reply")
        return self._completion(request, text, usage, finish != "length")

    async def models(self) -> list[str]:
        """What the endpoint offers. CallFailed says why it does not say."""
        try:
            response = await self._http.get(self._address + "/models", headers=self._headers)
            await self._check(response)
            found = msgspec.json.decode(response.content)["data"]
            return sorted(str(item["id"])[:120] for item in found)[:200]
        except httpx.TimeoutException:
            raise CallFailed("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise CallFailed("unreachable") from None
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
            raise CallFailed("bad_reply", 200) from None

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            async with self._http.stream("POST", self._address + path, json=body, headers=self._headers) as response:
                await self._check(response)
                raw = bytearray()
                async for part in response.aiter_bytes():
                    raw += part
                    if len(raw) > 40 * LONGEST_REPLY:
                        raise CallFailed("bad_reply", response.status_code)
        except httpx.TimeoutException:
            raise CallFailed("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise CallFailed("unreachable") from None
        try:
            answer = msgspec.json.decode(bytes(raw))
        except (msgspec.MsgspecError, ValueError):
            raise CallFailed("bad_reply", 200) from None
        if not isinstance(answer, dict):
            raise CallFailed("bad_reply", 200)
        return answer

    async def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        after = response.headers.get("retry-after", "")
        wait = float(after) if after.replace(".", "", 1).isdigit() and after.isascii() else None
        if status == 429:
            raise CallFailed("rate_limited", status, wait)
        raise CallFailed("server_error" if status >= 500 else "refused", status, wait)

    def _choice(self, request: Request, message: Any, usage: Any, complete: bool) -> Completion:
        """The first tool it calls, or none: words, or nothing at all, mean that no tool fits."""
        calls = message.get("tool_calls") or []
        chosen = Chosen(calls[0]["function"]["name"], calls[0]["function"]["arguments"]) if calls else None
        if chosen is None:
            text = message.get("content") or ""
        else:
            text = f"{chosen.name} {chosen.arguments}"
            if not isinstance(chosen.name, str) or not isinstance(chosen.arguments, str) or not complete:
                raise CallFailed("bad_reply")
        if not isinstance(text, str) or len(text) > LONGEST_REPLY:
            raise CallFailed("bad_reply")
        return replace(self._completion(request, text, usage, complete), chosen=chosen)

    def _completion(self, request: Request, text: str, usage: Any, complete: bool) -> Completion:
        asked = sum(estimate(said.text) for said in request.messages)
        asked += sum(estimate(f"{t.name} {t.description} {t.inputs}") for t in request.tools)
        return Completion(
            visible(text).strip(),
            _counted(usage, "prompt_tokens") or asked,
            _counted(usage, "completion_tokens") or estimate(text),
            complete,
        )


async def _lines(response: httpx.Response) -> Any:
    """Lines of a stream; a line without end does not grow without bound."""
    rest = b""
    async for part in response.aiter_bytes():
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").strip()
        if len(rest) > 4 * LONGEST_REPLY:
            raise CallFailed("bad_reply")
    if rest:
        yield rest.decode("utf-8", "replace").strip()


def _chunk(data: str) -> tuple[str, str | None, Any]:
    """Text, reason to stop and token counts of one piece of a stream."""
    try:
        piece = msgspec.json.decode(data)
        if piece.get("error"):
            raise CallFailed("server_error")
        choices = piece.get("choices") or []
        if not choices:
            return "", None, piece.get("usage")
        text = (choices[0].get("delta") or {}).get("content") or ""
        finish = choices[0].get("finish_reason")
    except (msgspec.MsgspecError, AttributeError, TypeError, KeyError, IndexError):
        raise CallFailed("bad_reply") from None
    if not isinstance(text, str):
        raise CallFailed("bad_reply")
    return text, finish if isinstance(finish, str) else None, piece.get("usage")


def _counted(usage: Any, key: str) -> int:
    value = usage.get(key) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and 0 <= value < 10_000_000 else 0
