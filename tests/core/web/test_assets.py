"""Built files: compressed for whoever can read that, kept once read, and never more than the folder holds."""

from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from qiao.core.web.site import Assets

SCRIPT = "console.log('桥');\n" * 200


async def test_a_file_is_compressed_once_and_kept(tmp_path: Path) -> None:
    (tmp_path / "built" / "deep").mkdir(parents=True)
    (tmp_path / "built" / "a-1.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "built" / "deep" / "b-2.png").write_bytes(b"\x89PNG" * 100)
    (tmp_path / "secret.txt").write_text("no")
    app = Starlette(routes=[Mount("/assets", Assets(tmp_path / "built"))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as browser:
        first = await browser.get("/assets/a-1.js", headers={"accept-encoding": "br, gzip"})
        assert first.headers["content-encoding"] == "gzip"
        assert int(first.headers["content-length"]) < len(SCRIPT) / 5
        assert (first.text, first.headers["vary"]) == (SCRIPT, "accept-encoding")
        assert "immutable" in first.headers["cache-control"]
        assert first.headers["content-type"] == "text/javascript; charset=utf-8"

        plain = await browser.get("/assets/a-1.js", headers={"accept-encoding": "identity"})
        assert (plain.text, plain.headers.get("content-encoding")) == (SCRIPT, None)
        assert plain.headers["etag"] != first.headers["etag"]
        picture = await browser.get("/assets/deep/b-2.png", headers={"accept-encoding": "gzip"})
        assert (picture.content, picture.headers.get("content-encoding")) == (b"\x89PNG" * 100, None)

        part = await browser.get("/assets/a-1.js", headers={"range": "bytes=0-6"})
        assert (part.status_code, part.text) == (206, SCRIPT[:7])
        known = await browser.get("/assets/a-1.js", headers={"if-none-match": plain.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
        head = await browser.head("/assets/a-1.js")
        assert (head.status_code, head.content) == (200, b"")

        # A newer build is in place, and a page of the older one still asks for its files.
        (tmp_path / "built" / "a-1.js").unlink()
        assert (await browser.get("/assets/a-1.js", headers={"accept-encoding": "gzip"})).text == SCRIPT
        for strange in ("%00", "../secret.txt", "%2e%2e/secret.txt", "deep", "x" * 400, "c-3.js"):
            assert (await browser.get(f"/assets/{strange}")).status_code == 404, strange
