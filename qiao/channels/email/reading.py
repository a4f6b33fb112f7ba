"""One stored mail as neutral items: the channel's `parse`. Pure."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from qiao.channels.contract.messages import Incoming, Item, Media, Sender
from qiao.channels.email import automatic, envelope, markup, mime, quotes, threads, tnef, vouching
from qiao.channels.email.charsets import decode
from qiao.channels.email.headers import Headers, Mailbox, date
from qiao.channels.email.mime import Part, Tree
from qiao.core.errors import Invalid
from qiao.desk.conversations.schemas import TEXT_LIMIT

QUOTED_LIMIT: Final = 4000
SIGNATURE_LIMIT: Final = 600
PAYLOAD_LIMIT: Final = 20 * 1024
MOST_FILES: Final = 50
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_KANA: Final = re.compile(r"[\u3040-\u30ff\uac00-\ud7a3]")


class Texts(msgspec.Struct):
    """What a mail says, and what it carries."""

    plain: str
    html: str
    files: list[Media]
    dropped: int


def parse(payload: bytes) -> Sequence[Item]:
    """A letter, or receipts when it is a report about letters of ours. Raises Invalid for what is no mail."""
    way, raw = envelope.unseal(payload)
    if way.missing is not None:
        raise Invalid.field("mail", "mail_not_given_out", uid=way.missing)
    if not raw.strip():
        raise Invalid.field("mail", "field_missing")
    tree = mime.read(raw)
    head = tree.top.headers
    own = frozenset(way.own)
    sender = writer(head, own)
    told = automatic.receipts(tree, raw, sender.address)
    if told is not None:
        return told
    if sender.address in own and any(threads.OWN_ID.fullmatch(name) for name in head.ids("message-id")):
        return []  # a letter of ours that came back to us
    return [_letter(tree, raw, way, sender)]


def writer(head: Headers, own: frozenset[str]) -> Mailbox:
    """Who writes. Forms of web sites write in our own name, and name the customer where answers go."""
    writers = head.mailboxes("from", 5) or head.mailboxes("sender", 2)
    if not writers:
        return (head.mailboxes("reply-to", 2) or head.mailboxes("return-path", 2) or [Mailbox("", "")])[0]
    first = writers[0]
    if first.address in own or automatic.reason(Headers([]), first.address, "", frozenset()) == "no_reply":
        others = [box for box in head.mailboxes("reply-to", 5) if box.address not in own]
        return others[0] if others else first
    return first


def _letter(tree: Tree, raw: bytes, way: envelope.Way, sender: Mailbox) -> Incoming:
    head = tree.top.headers
    own = frozenset(way.own)
    whole_subject = head.text("subject", 2000)
    subject = threads.without_token(whole_subject)[:300]
    recipients = _recipients(head)
    names, begins = threads.names(head, whole_subject, sender.address, [box.address for box in recipients["all"]])
    mark = envelope.fingerprint(raw)
    names = names or (mark,)
    texts = _texts(tree)
    split = quotes.split(texts.plain) if texts.plain else quotes.split(markup.to_text(texts.html) if texts.html else "")
    files = texts.files
    page = markup.safe(texts.html) if texts.html else None
    if page is not None and (markup.says_more(page.html) or page.remote_images):
        data = page.html.encode()
        files = [Media("html", "message.html", "text/html", len(data), data), *files]
    words = split.words or (split.quoted if not texts.files else "")
    body = words or subject  # and when there is neither, whoever takes it in says so in the reader's language
    if len(body) > TEXT_LIMIT:
        data = body.encode()
        files = [*files, Media("text", "message.txt", "text/plain", len(data), data)]
        body = body[: TEXT_LIMIT - 1] + "…"
    mail: dict[str, Any] = {
        "subject": subject,
        "from": _shown(sender),
        "to": [_shown(box) for box in recipients["to"][:20]],
        "cc": [_shown(box) for box in recipients["cc"][:20]],
        "message_id": (head.ids("message-id")[:1] or [mark])[0][:200],
        "quoted": split.quoted[:QUOTED_LIMIT] if split.words else "",
        "signature": split.signature[:SIGNATURE_LIMIT],
        "html": bool(files) and files[0].ref == "html",
        "automatic": automatic.reason(head, sender.address, subject, own),
    }
    answers = [box for box in head.mailboxes("reply-to", 5) if box.address not in own and box.address != sender.address]
    written_by = _sender(head, sender, way, mark)
    if answers:
        mail["reply_to"] = [_shown(box) for box in answers]
        if written_by.vouched or all(_same_house(box.address, sender.address) for box in answers):
            # A sender nobody has checked does not get what we know about them sent to somebody else.
            mail["answers_to"] = [box.address for box in answers]
    received_as = next((box.address for box in recipients["all"] if box.address in own), None)
    if received_as is not None:
        mail["received_as"] = received_as
    if page is not None and page.remote_images:
        mail["remote_images"] = page.remote_images
    if way.size is not None:
        mail["cut"], mail["size"] = True, way.size
    elif tree.cut or texts.dropped:
        mail["cut"], mail["dropped"] = True, texts.dropped
    if not words:
        mail["empty"] = True
    return Incoming(
        client_id=mark,
        kind="text",
        body=body,
        payload={"mail": _fitting(mail), **({"cut": True} if mail.get("cut") else {})},
        sender=written_by,
        locale=_locale(f"{subject}\n{body[:2000]}"),
        media=tuple(files),
        threads=names,
        begins=begins,
        at=way.at or date(head.raw("date")),
        unattended=mail["automatic"] == "auto_reply",
    )


def _sender(head: Headers, box: Mailbox, way: envelope.Way, mark: str) -> Sender:
    if not box.address:
        # Nobody to answer, and nobody to be taken for somebody else.
        return Sender(address=f"unknown-{mark[2:18]}")
    trusted = vouching.vouched(head, box.address, way.server) and head.mailboxes("from", 2)[0].address == box.address
    return Sender(
        address=box.address[:254],
        name=box.name or None,
        email=box.address[:254],
        vouched=frozenset({"email"}) if trusted else frozenset(),
    )


def _same_house(one: str, other: str) -> bool:
    return one.rpartition("@")[2] == other.rpartition("@")[2]


def _recipients(head: Headers) -> dict[str, list[Mailbox]]:
    to, cc = head.mailboxes("to"), head.mailboxes("cc")
    others = [box for name in ("delivered-to", "x-original-to", "envelope-to") for box in head.mailboxes(name, 5)]
    return {"to": to, "cc": cc, "all": [*to, *cc, *others]}


def _shown(box: Mailbox) -> dict[str, str]:
    return {"name": box.name[:60], "address": box.address[:254]}


def _texts(tree: Tree) -> Texts:
    plains: list[str] = []
    pages: list[str] = []
    files: list[Media] = []
    dropped = 0
    room = quotes.TEXT_LIMIT
    packed: list[tuple[int, tnef.Packet]] = []
    shown = _shown_ids(tree)
    for number, part in enumerate(tree.leaves):
        if _is_text(part) and room > 0:
            text = decode(part.data()[: markup.SOURCE_LIMIT * 2], part.params.get("charset"))
            if part.mime == "text/html":
                pages.append(text[: markup.SOURCE_LIMIT + 1])
            elif text.strip():
                text = _unflowed(text, part) if part.params.get("format", "").lower() == "flowed" else text
                plains.append(text[:room])
            room -= len(text)
        elif part.mime.startswith("multipart/") and not part.body:
            continue
        elif len(files) >= MOST_FILES:
            dropped += 1
        else:
            data = part.data()
            if packet := _packet(part, data):
                packed.append((number, packet))
                continue
            content_id = part.content_id
            inline = content_id if content_id and (content_id in shown or part.disposition == "inline") else None
            files.append(Media(f"part-{number}", mime.named(part, number), part.mime, len(data), data, inline))
    plain, html = "\n".join(plains).strip(), "\n".join(pages)
    for number, packet in packed:
        if not plain and not html:
            plain, html = packet.plain.strip(), packet.html
        for index, one in enumerate(packet.files[: max(0, MOST_FILES - len(files))]):
            name = one.name or f"file-{number}-{index}"
            files.append(
                Media(f"part-{number}-{index}", name, one.mime or None, len(one.data), one.data, one.content_id or None)
            )
    if html and plain and len(plain) * 5 < len(said := markup.to_text(html)) and len(said) > 200:
        plain = ""  # "your program cannot show this mail"
    return Texts(plain, html, files, dropped)


def _packet(part: Part, data: bytes) -> tnef.Packet | None:
    """What Outlook has packed up; None for other files, and for a packet that holds nothing one can take out."""
    if part.mime not in ("application/ms-tnef", "application/vnd.ms-tnef") and part.name.lower() != "winmail.dat":
        return None
    packet = tnef.unpack(data)
    return packet if packet is not None and (packet.files or packet.plain or packet.html) else None


def _is_text(part: Part) -> bool:
    if part.mime not in ("text/plain", "text/html") or part.disposition == "attachment":
        return False
    # Some programs name the text itself; a text that has a name and a place of its own is a file.
    return not part.name or (part.disposition != "inline" and part.depth <= 1 and part.mime == "text/html")


def _shown_ids(tree: Tree) -> frozenset[str]:
    """Content ids that the mail's HTML shows."""
    found: set[str] = set()
    for part in tree.leaves:
        if part.mime == "text/html" and len(part.body) <= markup.SOURCE_LIMIT:
            found.update(
                match.decode("ascii", "ignore") for match in re.findall(rb"cid:([^\s\"'<>]{1,200})", part.data())
            )
    return frozenset(found)


def _unflowed(text: str, part: Part) -> str:
    """Paragraphs that were broken for sending, whole again (RFC 3676)."""
    joined = part.params.get("delsp", "").lower() == "yes"
    said: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        line = line[1:] if line.startswith(" ") and not quoted else line
        if goes_on and not quoted and said:
            said[-1] = (said[-1][:-1] if joined else said[-1]) + line
        else:
            said.append(line)
        goes_on = line.endswith(" ") and line != "-- " and not quoted
    return "\n".join(said)


def _fitting(mail: dict[str, Any]) -> dict[str, Any]:
    """Payloads have a limit; what is quoted goes first, then the many who got a copy."""
    for name in ("quoted", "cc", "to"):
        if len(msgspec.json.encode(mail)) <= PAYLOAD_LIMIT:
            break
        mail[name] = mail[name][: len(mail[name]) // 4]
    return mail


def _locale(text: str) -> str | None:
    if _KANA.search(text):
        return None
    if _HAN.search(text):
        return "zh-CN"
    return "en" if sum(ch.isascii() and ch.isalpha() for ch in text) >= 10 else None
