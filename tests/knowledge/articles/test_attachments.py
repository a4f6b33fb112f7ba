"""Files beside the words of a text."""

import httpx

from tests.conftest import SignIn

API = "/api/v1/knowledge"


async def test_a_text_links_to_files_its_readers_can_open(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    editor = await sign_in("wen", role="knowledge_editor")
    headers = {"X-Filename": "%E4%BF%9D%E4%BF%AE%E5%8D%A1.txt", "Content-Type": "application/octet-stream"}
    uploaded = (await editor.post("/api/v1/files", content="保修两年。".encode(), headers=headers)).json()
    kept = await editor.post(f"{API}/files", json={"file_id": uploaded["id"]})
    assert kept.status_code == 201, kept.text
    found = kept.json()
    assert (found["name"], found["mime"], found["size"]) == ("保修卡.txt", "text/plain", 15)
    made = await editor.post(
        f"{API}/articles", json={"title": "保修说明", "body": f"请填写[保修卡.txt (15 B)]({found['url']})。"}
    )
    assert made.status_code == 201, made.text
    assert (await editor.post(f"{API}/articles/{made.json()['id']}/publish")).is_success
    page = await client.get("/help/zh-CN/articles/baoxiu-shuoming")
    assert found["url"].replace("&", "&amp;") in page.text
    opened = await client.get(found["url"])
    assert (opened.status_code, opened.text) == (200, "保修两年。")
    assert opened.headers["content-disposition"].startswith("attachment")

    somebody = await sign_in("li", role="knowledge_editor")
    refused = await somebody.post(f"{API}/files", json={"file_id": uploaded["id"]})
    assert refused.status_code == 422, "only what one has uploaded oneself"
