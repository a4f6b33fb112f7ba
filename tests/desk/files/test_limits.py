"""How large a file may be: the company's limit within the installation's, felt while the file arrives."""

from collections.abc import AsyncIterator

import httpx
import pytest

from qiao.core.runtime import Runtime
from qiao.core.settings import Settings
from tests.conftest import SignIn

KIB = 1024


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"upload_max_bytes": 3 * 1024 * KIB})


async def test_the_smaller_limit_holds(sign_in: SignIn, runtime: Runtime) -> None:
    admin = await sign_in("admin")
    li = await sign_in("li", role="agent", locale="zh-CN")
    sent = 0

    async def stream(size: int) -> AsyncIterator[bytes]:
        nonlocal sent
        sent = 0
        while sent < size:
            sent += 16 * KIB
            yield b"x" * (16 * KIB)

    async def send(browser: httpx.AsyncClient, size: int) -> httpx.Response:
        return await browser.post("/api/v1/files", content=stream(size), headers={"X-Filename": "a.txt"})

    async def form(browser: httpx.AsyncClient, size: int) -> httpx.Response:
        return await browser.post("/api/v1/files", files={"file": ("a.txt", b"x" * size, "text/plain")})

    assert (await send(admin, 300 * KIB)).status_code == 201
    changed = await admin.patch("/api/v1/workspace", json={"settings": {"upload_max_bytes": 256 * KIB}})
    assert changed.status_code == 200, changed.text
    assert (await send(admin, 256 * KIB)).status_code == 201
    assert (await form(admin, 256 * KIB)).status_code == 201
    for response in (await send(li, 2 * 1024 * KIB), await form(li, 257 * KIB)):
        assert response.status_code == 413, response.text
        assert response.headers["content-type"] == "application/problem+json"
        body = response.json()
        assert body["code"] == "file.too_large"
        assert "0.25 MB" in body["detail"] and "文件" in body["detail"]
    assert "0.25 MB" in (await send(admin, 257 * KIB)).json()["detail"]
    # Nothing of what was refused is left.
    assert list((runtime.settings.files_dir / "incoming").iterdir()) == []

    # What the installation cannot bear no company can allow.
    await admin.patch("/api/v1/workspace", json={"settings": {"upload_max_bytes": 100 * 1024 * KIB}})
    assert (await send(admin, 3 * 1024 * KIB)).status_code == 201
    assert (await send(admin, 3 * 1024 * KIB + 16 * KIB)).status_code == 413
