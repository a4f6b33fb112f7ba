"""What a file really is, from its bytes; pictures made harmless."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import filetype
import structlog
from PIL import Image, ImageOps

from qiao.core.errors import Invalid, Unsupported

logger = structlog.get_logger(__name__)

PICTURES: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
DOCUMENTS: Final = frozenset(
    {
        "application/pdf",
        "application/zip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "text/plain",
        "text/csv",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "audio/x-wav",
        "audio/aac",
        "audio/m4a",
        "audio/amr",  # what voice messages of chat apps are
        "video/mp4",
        "video/webm",
        "video/quicktime",
        "application/x-7z-compressed",
        "application/x-rar-compressed",
        "application/vnd.rar",
    }
)
_OFFICE: Final = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
MAX_PIXELS: Final = 50_000_000
LONGEST_SIDE: Final = 4096
THUMB: Final = (480, 480)
MAX_FRAMES: Final = 200
# Endings that a system would run or a browser would show as a page, whatever the bytes are.
# fmt: off
_DANGEROUS: Final = frozenset((
    "html", "htm", "xhtml", "xht", "shtml", "svg", "svgz", "xml", "xsl", "xslt", "js", "mjs", "hta", "htc",
    "mht", "mhtml", "exe", "com", "scr", "bat", "cmd", "ps1", "vbs", "vbe", "jse", "wsf", "wsh", "msi", "msp",
    "jar", "lnk", "url", "reg", "dll", "sys", "apk", "app", "dmg", "pkg", "deb", "rpm", "sh", "swf",
))
# fmt: on


@dataclass(frozen=True, slots=True)
class Picture:
    """A re-encoded picture and its thumbnail on disk."""

    mime: str
    width: int
    height: int
    path: Path
    thumb: Path


def kind_of(path: Path, name: str) -> str:
    """The MIME type the bytes show. Raises Unsupported for anything not listed."""
    if name.rpartition(".")[2].lower() in _DANGEROUS:
        raise Unsupported("file.type_not_allowed", name=name)
    guess = filetype.guess(path)
    mime = str(guess.mime) if guess is not None else None
    if mime == "application/zip":
        mime = _zip_kind(path)
    if mime is None:
        mime = _text_kind(path, name)
    if mime in PICTURES or mime in DOCUMENTS:
        return mime
    raise Unsupported("file.type_not_allowed", name=name)


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:200]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "application/octet-stream"
    for prefix, mime in _OFFICE.items():
        if any(entry.startswith(prefix) for entry in names):
            return mime
    return "application/zip"


def _text_kind(path: Path, name: str) -> str:
    """Plain text, if every byte of its start could be text. HTML, SVG and scripts are sent as plain text or not at all."""
    with path.open("rb") as handle:
        head = handle.read(64 * 1024)
    if not head or b"\x00" in head:
        return "application/octet-stream"
    suffix = name.rpartition(".")[2].lower()
    for encoding in ("utf-8", "gb18030"):
        try:
            head.decode(encoding, errors="strict" if len(head) < 64 * 1024 else "ignore")
        except UnicodeDecodeError:
            continue
        return "text/csv" if suffix == "csv" else "text/plain"
    return "application/octet-stream"


def harmless_picture(path: Path, mime: str, folder: Path) -> Picture:
    """Decodes and encodes anew: no metadata, no hidden payload, bounded size. Animated GIFs keep their movement.

    Raises Invalid for a picture that is broken or claims absurd dimensions.
    """
    out, thumb = folder / (path.name + ".clean"), folder / (path.name + ".thumb")
    try:
        with Image.open(path, formats=[PICTURES[mime]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Invalid.field("file", "file.picture_too_large")
            animated = getattr(image, "is_animated", False) and mime == "image/gif"
            if animated and _bearable(image):
                # Comments and other blocks are not written again.
                image.save(out, "GIF", save_all=True, comment=b"")
                width, height = image.size
                image.seek(0)
                still = image.convert("RGBA")
            else:
                upright = ImageOps.exif_transpose(image)
                still = upright.convert("RGBA" if "A" in upright.getbands() or upright.mode == "P" else "RGB")
                # What came beside the pixels (comments, profiles, EXIF) would be saved again from here.
                still.info.clear()
                still.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                width, height = still.size
                if mime == "image/jpeg":
                    still.convert("RGB").save(out, "JPEG", quality=88, optimize=True)
                elif mime == "image/webp":
                    still.save(out, "WEBP", quality=88)
                else:
                    mime = "image/png"
                    still.save(out, "PNG", optimize=False)
            small = still.copy()
            small.info.clear()
            small.thumbnail(THUMB)
            small.save(thumb, "WEBP", quality=80)
    except Exception as error:
        out.unlink(missing_ok=True)
        thumb.unlink(missing_ok=True)
        if isinstance(error, Invalid):
            raise
        # Decoders meet broken bytes with any error there is.
        logger.info("picture_refused", mime=mime, error=repr(error))
        raise Invalid.field("file", "file.picture_broken") from None
    return Picture(mime, width, height, out, thumb)


def _bearable(image: Image.Image) -> bool:
    """Whether an animation can be decoded whole without taking the server's memory or a minute of it."""
    frames = getattr(image, "n_frames", 1)
    return frames <= MAX_FRAMES and frames * image.width * image.height <= 2 * MAX_PIXELS
