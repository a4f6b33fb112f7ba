"""The parts of a mail: found without recursion, in time that grows with the bytes, however the mail is built. Pure.

The standard library's parser walks down into every level a mail claims to have, line by line at each of them; a mail made
for it takes minutes. Here levels, parts and the size of headers have limits; what lies beyond is a file as it stands.
"""

import binascii
import mimetypes
import re
from dataclasses import dataclass, field
from typing import Final

from qiao.channels.email import headers as fields
from qiao.channels.email.charsets import clean
from qiao.channels.email.headers import Headers

DEEPEST: Final = 10
MOST_PARTS: Final = 400
HEAD_LIMIT: Final = 256 * 1024
NAME_LIMIT: Final = 120
_GAP: Final = re.compile(rb"\r?\n[ \t]*\r?\n")
_HEADER: Final = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")


@dataclass(slots=True)
class Part:
    """One leaf or branch. `body` is as it was sent, encoded."""

    headers: Headers
    mime: str
    params: dict[str, str]
    body: memoryview
    depth: int
    disposition: str = ""
    name: str = ""
    children: "list[Part]" = field(default_factory=list)

    @property
    def content_id(self) -> str:
        return self.headers.raw("content-id").strip("<> \t")[:200]

    def data(self) -> bytes:
        """The body with its transfer encoding undone."""
        encoding = self.headers.raw("content-transfer-encoding").strip().lower()
        raw = bytes(self.body)
        if encoding == "base64":
            return fields.unbase64(raw)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(raw)
        if encoding in ("x-uuencode", "uuencode", "x-uue"):
            return _uudecoded(raw)
        return raw


@dataclass(slots=True)
class Tree:
    """A whole mail. `leaves` are in order; `cut` says that there was more than is looked at."""

    top: Part
    leaves: list[Part]
    cut: bool


def read(raw: bytes) -> Tree:
    """Takes a mail apart."""
    view = memoryview(raw)
    if raw[:5] == b"From ":  # the first line of a mail in an mbox file
        view = view[raw.find(b"\n") + 1 :]
    top = _part(view, 0, "text/plain")
    leaves: list[Part] = []
    cut, seen = False, 1
    waiting = [top]
    while waiting:
        part = waiting.pop()
        boundary = part.params.get("boundary", "")
        if not part.mime.startswith("multipart/") or not boundary or part.depth >= DEEPEST:
            leaves.append(part)
            continue
        inner = "message/rfc822" if part.mime == "multipart/digest" else "text/plain"
        blocks, more = _split(part.body, boundary, MOST_PARTS - seen)
        cut = cut or more
        if not blocks:
            # A multipart without parts: its words stand there in the open.
            part.mime = "text/plain"
            leaves.append(part)
            continue
        part.children = [_part(block, part.depth + 1, inner) for block in blocks]
        seen += len(blocks)
        waiting.extend(reversed(part.children))
    return Tree(top, leaves, cut)


def _part(view: memoryview, depth: int, default: str) -> Part:
    head, body = _halves(view)
    found = fields.read(head)
    mime, params = fields.parameters(found.raw("content-type"))
    if not re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,100}", mime):
        mime = default
    disposition, more = fields.parameters(found.raw("content-disposition"))
    name = file_name(more.get("filename") or params.get("name") or "")
    return Part(found, mime, params, body, depth, disposition, name)


def _halves(view: memoryview) -> tuple[memoryview, memoryview]:
    """Header and body. A part that begins with an empty line, or with no header at all, is all body."""
    start = bytes(view[:HEAD_LIMIT])
    if start.startswith((b"\n", b"\r\n")):
        return view[:0], view[start.index(b"\n") + 1 :]
    if not _HEADER.match(start):
        # Sloppy gateways put a line of their own on top; without any header in sight, everything is text.
        second = start.find(b"\n") + 1
        if not second or not _HEADER.match(start, second):
            return view[:0], view
    gap = _GAP.search(start)
    if gap is None:
        return view[:HEAD_LIMIT], view[HEAD_LIMIT:]
    return view[: gap.start()], view[gap.end() :]


def _split(body: memoryview, boundary: str, most: int) -> tuple[list[memoryview], bool]:
    mark = b"--" + boundary.encode("utf-8", "ignore").rstrip()
    line = re.compile(rb"(?:\A|\n)" + re.escape(mark) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    blocks: list[memoryview] = []
    begin = -1
    for found in line.finditer(body):
        if begin >= 0:
            end = found.start()
            blocks.append(body[begin : end - (end > begin and body[end - 1] == 13)])
        if found[1] is not None:
            return blocks, False
        if len(blocks) >= most:
            return blocks, True
        begin = found.end()
        if begin < len(body) and body[begin] == 13:
            begin += 1
        begin += 1
    if 0 <= begin < len(body):
        blocks.append(body[begin:])  # the end is missing: what there is counts
    return blocks, False


def _uudecoded(raw: bytes) -> bytes:
    data = bytearray()
    inside = False
    for line in raw.splitlines():
        if not inside:
            inside = line.startswith(b"begin ")
        elif line.strip() == b"end":
            break
        else:
            try:
                data += binascii.a2b_uu(line)
            except binascii.Error:
                continue
    return bytes(data)


def file_name(text: str) -> str:
    """A name that is a name and no path."""
    plain = clean(text).replace("\\", "/").rpartition("/")[2]
    plain = " ".join("".join(ch for ch in plain if ch.isprintable() and ch not in '<>:"|?*').split()).strip(". ")
    if len(plain) > NAME_LIMIT:
        stem, dot, ending = plain.rpartition(".")
        plain = stem[: NAME_LIMIT - len(ending) - 1] + dot + ending if dot and len(ending) <= 10 else plain[:NAME_LIMIT]
    return plain


def named(part: Part, number: int) -> str:
    """The name of a file that has come along, made up where it has none."""
    if part.mime == "message/rfc822":
        inner = read_head(part.data())
        subject = file_name(inner.text("subject", 80).replace("/", " "))
        return part.name or f"{subject or 'message'}.eml"
    return part.name or f"file-{number}{mimetypes.guess_extension(part.mime, strict=False) or '.bin'}"


def read_head(raw: bytes) -> Headers:
    """The headers of a mail, without the rest."""
    return fields.read(_halves(memoryview(raw)[:HEAD_LIMIT])[0])
