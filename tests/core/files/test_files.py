"""Files: what they are is told by their bytes, pictures are made anew, links end."""

import errno
import io
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, PngImagePlugin

from qiao.core import clock
from qiao.core.errors import Problem
from qiao.core.files import inspect
from qiao.core.files.service import clean_name
from qiao.core.files.store import FolderStore
from tests.conftest import SignIn


def picture(kind: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 10, 10)).save(out, kind, **options)
    return out.getvalue()


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return out.getvalue()


def bomb() -> bytes:
    """A small file that claims to be a picture of 60000 × 60000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


KINDS = [
    ("a.png", picture("PNG"), "image/png"),
    ("a.txt", picture("JPEG"), "image/jpeg"),
    ("a.webp", picture("WEBP"), "image/webp"),
    ("a.gif", picture("GIF"), "image/gif"),
    ("a.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n", "application/pdf"),
    ("a.txt", "退货说明".encode(), "text/plain"),
    ("a.txt", "退货说明".encode("gb18030"), "text/plain"),
    ("a.csv", b"a,b\n1,2\n", "text/csv"),
    ("a.md", b"# title\n<script>alert(1)</script>", "text/plain"),
    ("a.zip", archive("x.txt"), "application/zip"),
    (
        "a.docx",
        archive("[Content_Types].xml", "word/document.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("a.xlsx", archive("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
]
REFUSED = [
    ("a.html", b"<html><script>alert(1)</script>"),
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    ("a.js", b"alert(1)"),
    ("page.html", b"%PDF-1.7\n<script>alert(1)</script>"),
    ("invoice.exe", b"%PDF-1.7\n"),
    ("photo.hta", picture("PNG")),
    ("a", b"\x7fELF\x02\x01\x01" + b"\0" * 60),
    ("a.txt", b"MZ\x90\x00\x03\0\0\0"),
    ("a.txt", b"text\x00more"),
]


@pytest.mark.parametrize(("name", "content", "mime"), KINDS)
def test_bytes_tell_what_it_is(tmp_path: Path, name: str, content: bytes, mime: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert inspect.kind_of(path, name) == mime


@pytest.mark.parametrize(("name", "content"), REFUSED)
def test_what_a_browser_or_system_would_run_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    with pytest.raises(Problem):
        inspect.kind_of(path, name)


@pytest.mark.parametrize(
    ("kind", "mime", "options"),
    [
        ("JPEG", "image/jpeg", {"comment": b"SECRET", "exif": b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00SECRET"}),
        ("PNG", "image/png", {}),
        ("WEBP", "image/webp", {"exif": b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00SECRET"}),
        ("GIF", "image/gif", {"comment": b"SECRET"}),
    ],
)
def test_pictures_lose_everything_but_their_pixels(
    tmp_path: Path, kind: str, mime: str, options: dict[str, Any]
) -> None:
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("note", "SECRET")
        options = {"pnginfo": info}
    path = tmp_path / "f"
    path.write_bytes(picture(kind, **options) + b"<script>SECRET</script>")
    made = inspect.harmless_picture(path, mime, tmp_path)
    assert b"SECRET" not in made.path.read_bytes() + made.thumb.read_bytes()
    assert (made.width, made.height) == (40, 30)


def test_an_animation_moves_on_without_its_comment(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), (n * 40, 0, 0)) for n in range(5)]
    path = tmp_path / "f"
    frames[0].save(path, "GIF", save_all=True, append_images=frames[1:], comment=b"SECRET", duration=50)
    made = inspect.harmless_picture(path, "image/gif", tmp_path)
    assert b"SECRET" not in made.path.read_bytes()
    with Image.open(made.path) as again:
        assert getattr(again, "n_frames", 1) == 5


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_broken_pictures_and_bombs_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "f"
    whole = picture(kind, (300, 300))
    for content in (whole[: len(whole) // 2], whole[:20], bomb() if kind == "PNG" else whole[:30] + b"\xff" * 200):
        path.write_bytes(content)
        with pytest.raises(Problem):
            inspect.harmless_picture(path, f"image/{kind.lower()}", tmp_path)
        assert not list(tmp_path.glob("*.clean")) and not list(tmp_path.glob("*.thumb"))


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\报告.pdf", "报告.pdf"),
        ("a\x00b\n.txt", "a_b_.txt"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("  ..  ", "file"),
        ("", "file"),
        ("\ud800.png", "_.png"),
    ],
)
def test_names(name: str, clean: str) -> None:
    assert clean_name(name) == clean


def test_long_names_keep_their_ending() -> None:
    assert re.fullmatch(r"x{100,}\.png", clean_name("x" * 500 + ".png"))
    assert len(clean_name("x" * 500 + "." + "y" * 500)) <= 120


async def test_upload_and_signed_links(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    admin = await sign_in()
    form = await admin.post("/api/v1/files", files={"file": ("照片.png", picture("PNG"), "text/html")})
    raw = await admin.post("/api/v1/files", content=b"hello", headers={"X-Filename": "n%20ote.txt"})
    assert (form.status_code, raw.status_code) == (201, 201), raw.text
    shown, text = form.json(), raw.json()
    assert (shown["mime"], shown["width"], text["name"]) == ("image/png", 40, "n ote.txt")
    for url in (shown["url"], shown["thumb_url"], text["url"]):
        got = await client.get(url)
        assert got.status_code == 200
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in got.headers["content-security-policy"]
    assert (await client.get(text["url"])).headers["content-disposition"].startswith("attachment")
    query = text["url"].partition("?")[2]
    for bad in (
        text["url"].replace("s=", "s=x"),
        re.sub(r"e=\d+", "e=99999", text["url"]),
        f"/api/v1/files/{shown['id']}/x.png?{query}",
        f"/api/v1/files/{text['id']}/thumb?{query}",
    ):
        assert (await client.get(bad)).status_code == 404, bad
    with clock.frozen(clock.now() + __import__("datetime").timedelta(days=9)):
        assert (await client.get(text["url"])).status_code == 404
    assert (await admin.post("/api/v1/files", content=b"", headers={"X-Filename": "a.txt"})).status_code == 422
    assert (await admin.post("/api/v1/files", content=b"x")).status_code == 422
    assert (await admin.post("/api/v1/files", content=b"<html>", headers={"X-Filename": "a.html"})).status_code == 415


async def test_a_file_from_another_disk_is_copied_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, real = tmp_path / "made", Path.replace
    source.write_bytes(b"rows")

    def across(one: Path, other: Path) -> Path:
        if one == source:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(one, other)

    monkeypatch.setattr(Path, "replace", across)
    store = FolderStore(tmp_path / "files")
    await store.adopt(source, "abcdef")
    found = store.local_path("abcdef")
    assert found is not None
    assert found.read_bytes() == b"rows"
    assert not source.exists()
    assert [path.name for path in found.parent.iterdir()] == ["abcdef"]
