"""E-mail as a channel: its manifest, and answers as what the adapter sends."""

from typing import Any, Final

from qiao.channels.contract.channel import Adapter, Channel, Probe, Source, Taker
from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.contract.messages import Outbound
from qiao.channels.email.reading import parse
from qiao.channels.email.settings import EmailSettings
from qiao.desk.conversations.schemas import TEXT_LIMIT
from qiao.people.customers.policy import clean_email

MEDIA_BYTES: Final = 20 * 1024 * 1024
"""What most servers take, after a file has grown by a third on its way."""

MANIFEST: Final = Manifest(
    name="email",
    title={"zh-CN": "电子邮件", "en": "E-mail"},
    summary={
        "zh-CN": "客服邮箱：收信成为会话，回信带着主题、引用与附件。",
        "en": "A support mailbox: letters become conversations, answers keep subject, quotation and attachments.",
    },
    identity_kind="mail",
    capabilities=Capabilities(
        receives=frozenset({"text"}),
        sends=frozenset({"text", "image", "file"}),
        delivery="push",
        longest_text=TEXT_LIMIT,
        receipts=True,  # mail comes back: until it does, it is sent, and nobody says that it has arrived
        attachments=True,
        starts=True,
    ),
    settings=EmailSettings,
    docs="channel-email",
    limits={"per_second": 5, "burst": 20, "media_bytes": MEDIA_BYTES},
    group="mail",
    reaches={"email": clean_email},
)


def render(message: Outbound) -> dict[str, Any]:
    """What the adapter makes a mail of, in the place of the mailbox it leaves from."""
    given = message.payload.get("mail")
    mail: dict[str, Any] = given if isinstance(given, dict) else {}
    files = message.payload.get("attachments") if message.kind == "text" else [message.payload]
    return {
        "to": message.address,
        "id": str(message.id),
        "conversation": {"id": str(message.conversation_id), "number": message.conversation_number},
        "seq": message.seq,
        "author": {"kind": message.author_kind, "name": message.author_name},
        "at": message.created_at.isoformat(),
        "locale": message.locale,
        "body": message.body,
        "subject": mail.get("subject"),
        "recipients": {name: _addresses(mail.get(name)) for name in ("to", "cc", "bcc")},
        "threads": list(message.threads),
        "files": [
            {key: one.get(key) for key in ("file_id", "name", "mime", "size")}
            for one in (files if isinstance(files, list) else [])
            if isinstance(one, dict) and one.get("file_id")
        ],
    }


def _addresses(given: Any) -> list[str]:
    """Addresses as composers give them: texts, or the mailboxes of an earlier mail."""
    found = [one.get("address") if isinstance(one, dict) else one for one in (given if isinstance(given, list) else [])]
    return [one.strip() for one in found if isinstance(one, str) and one.strip()]


def make(
    adapter: Adapter, source: Source | None = None, probe: Probe | None = None, taker: Taker | None = None
) -> Channel:
    """The channel with its I/O."""
    return Channel(
        manifest=MANIFEST, parse=parse, render=render, adapter=adapter, source=source, probe=probe, taker=taker
    )
