"""Fetching pages politely: what robots.txt allows, one at a time with a pause, bounded, from the public internet only."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpcore
import httpx

from qiao.core.errors import Invalid
from qiao.core.outbound import AddressRefused, GuardedTransport
from qiao.knowledge.importing.addresses import canonical

AGENT: Final = "QiaoBot/1.0 (+knowledge import)"
_ROBOTS_NAME: Final = "QiaoBot"
PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0
SECONDS: Final = 20.0
MOST_REDIRECTS: Final = 5
LARGEST_PAGE: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A fetched thing; `url` is where it was in the end. Status 304: it is as it was."""

    url: str
    status: int
    data: bytes = b""
    kind: str = ""
    charset: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Web:
    """`async with Web() as web: answer = await web.get(url)`."""

    def __init__(self, *, allow_private: bool = False, pause: float = PAUSE):
        self.pause = pause
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(allow_private), timeout=SECONDS, trust_env=False, follow_redirects=False,
            headers={"User-Agent": AGENT, "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"},
        )  # fmt: skip
        self._robots: dict[str, RobotFileParser | None] = {}
        self._last = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, limit: int = LARGEST_PAGE, robots: bool = True
    ) -> Answer:
        """What is at an address. Raises Invalid with the reason for what may not be fetched or cannot be."""
        seen: set[str] = set()
        sent = dict(headers or {})
        for _ in range(MOST_REDIRECTS + 1):
            if url in seen:
                raise Invalid("import.page_loops", url=url[:200])
            seen.add(url)
            if canonical(url) is None:
                raise Invalid("import.address_unfit", url=url[:200])
            if robots and not await self._allowed(url):
                raise Invalid("import.page_robots", url=url[:200])
            answer = await self._once(url, sent, limit)
            location = answer.headers.get("location")
            if answer.status in (301, 302, 303, 307, 308) and location:
                url, sent = urljoin(url, location).split("#")[0], {}
                continue
            return answer
        raise Invalid("import.page_redirects", url=url[:200])

    async def sitemaps(self, url: str) -> list[str]:
        """The maps that robots.txt names."""
        found = await self._rules(url)
        return list((found.site_maps() if found is not None else None) or [])

    async def _allowed(self, url: str) -> bool:
        rules = await self._rules(url)
        if rules is None:
            return True
        delay = rules.crawl_delay(_ROBOTS_NAME)
        if delay is not None:
            self.pause = max(self.pause, min(float(delay), LONGEST_PAUSE))
        return rules.can_fetch(_ROBOTS_NAME, url)

    async def _rules(self, url: str) -> RobotFileParser | None:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            self._robots[site] = None
            try:
                answer = await self.get(f"{site}/robots.txt", limit=512 * 1024, robots=False)
            except Invalid as problem:
                if problem.code == "import.address_refused":
                    raise
                return None
            if answer.status == 200 and answer.kind not in ("text/html", "application/xhtml+xml"):
                rules = RobotFileParser()
                rules.parse(answer.data.decode("utf-8", "replace").splitlines())
                self._robots[site] = rules
        return self._robots[site]

    async def _once(self, url: str, headers: Mapping[str, str], limit: int) -> Answer:
        wait = self._last + self.pause - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        try:
            async with asyncio.timeout(SECONDS), self._client.stream("GET", url, headers=dict(headers)) as response:
                said = response.headers.get("content-length", "")
                if said.isdigit() and int(said) > limit:
                    raise Invalid("import.page_too_large", url=url[:200])
                parts, size = [], 0
                async for part in response.aiter_bytes():
                    size += len(part)
                    if size > limit:
                        raise Invalid("import.page_too_large", url=url[:200])
                    parts.append(part)
                kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                return Answer(
                    url, response.status_code, b"".join(parts), kind, response.charset_encoding, dict(response.headers)
                )
        except AddressRefused:
            raise Invalid("import.address_refused", url=url[:200]) from None
        except (TimeoutError, httpx.TimeoutException):
            raise Invalid("import.page_slow", url=url[:200]) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.ConnectError, OSError, ValueError):
            raise Invalid("import.page_unreachable", url=url[:200]) from None
        finally:
            self._last = time.monotonic()
