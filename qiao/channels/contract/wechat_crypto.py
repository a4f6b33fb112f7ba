"""The sealed envelope in which WeChat, mini programs and WeCom post: one scheme, told apart by the receiver. Pure.

AES-256-CBC, the key of 43 letters is base64 without its last sign, the vector is the key's first half; the plain text is
sixteen bytes of noise, the length in four bytes, the message, the receiver (app id, or corp id at WeCom), and padding to
32 (not 16) bytes. The signature is SHA-1 over the token, time, nonce and cipher text in alphabetical order.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct
from dataclasses import dataclass, field
from typing import Final

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

from qiao.core.errors import Invalid, Unauthenticated

BLOCK: Final = 32
NOISE: Final = 16
KEY_LETTERS: Final = 43
ENVELOPE_LIMIT: Final = 1 << 20
"""The longest body that is looked at; the provider's own are some kilobytes."""


def signature(token: str, timestamp: str, nonce: str, *more: str) -> str:
    """What the provider sends as `signature` (without `more`) or `msg_signature` (with the cipher text)."""
    parts = sorted(part.encode() for part in (token, timestamp, nonce, *more))
    return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()


def signed(given: str, token: str, timestamp: str, nonce: str, *more: str) -> bool:
    """Whether `given` is the signature; an unset token signs nothing."""
    expected = signature(token, timestamp, nonce, *more)
    return bool(token) and hmac.compare_digest(expected.encode(), given.encode())


def aes_key(letters: str) -> bytes:
    """The key behind the 43 letters an operator copies. Raises Invalid."""
    try:
        key = base64.b64decode(letters + "=", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(letters) != KEY_LETTERS or len(key) != 32:
        raise Invalid.field("aes_key", "value_invalid")
    return key


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Opens and seals the envelopes of one account."""

    token: str = field(repr=False)
    letters: str = field(repr=False)
    receiver: str

    def open(self, given: str, timestamp: str, nonce: str, sealed: str) -> bytes:
        """The message inside. Raises Unauthenticated for what is not signed or not meant for us."""
        if not signed(given, self.token, timestamp, nonce, sealed):
            raise Unauthenticated("channel_signature_invalid")
        return decrypt(self.letters, self.receiver, sealed)

    def seal(self, message: bytes, timestamp: str, nonce: str, *, noise: bytes | None = None) -> tuple[str, str]:
        """The cipher text and its signature."""
        sealed = encrypt(self.letters, self.receiver, message, noise=noise)
        return sealed, signature(self.token, timestamp, nonce, sealed)

    def seal_xml(self, message: bytes, timestamp: str, nonce: str, *, noise: bytes | None = None) -> bytes:
        """A passive reply, sealed."""
        sealed, sign = self.seal(message, timestamp, nonce, noise=noise)
        root = etree.Element("xml")
        for name, value in (("Encrypt", sealed), ("MsgSignature", sign), ("TimeStamp", timestamp), ("Nonce", nonce)):
            etree.SubElement(root, name).text = value if name == "TimeStamp" else etree.CDATA(value)
        return bytes(etree.tostring(root, encoding="utf-8"))


def decrypt(letters: str, receiver: str, sealed: str) -> bytes:
    """Raises Invalid for what no key of this length can have made, Unauthenticated for another receiver's."""
    key = aes_key(letters)
    try:
        cipher_text = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid.field("Encrypt", "value_invalid") from None
    if not cipher_text or len(cipher_text) % 16:
        raise Invalid.field("Encrypt", "value_invalid")
    opener = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = opener.update(cipher_text) + opener.finalize()
    padding = plain[-1]
    end = len(plain) - padding
    if not 1 <= padding <= BLOCK or end < NOISE + 4:
        raise Invalid.field("Encrypt", "value_invalid")
    (length,) = struct.unpack(">I", plain[NOISE : NOISE + 4])
    start = NOISE + 4
    if start + length > end:
        raise Invalid.field("Encrypt", "value_invalid")
    if not hmac.compare_digest(plain[start + length : end], receiver.encode()):
        raise Unauthenticated("channel_signature_invalid")
    return plain[start : start + length]


def encrypt(letters: str, receiver: str, message: bytes, *, noise: bytes | None = None) -> str:
    """`noise` (sixteen bytes) is for tests that compare with published vectors."""
    key = aes_key(letters)
    plain = (noise or os.urandom(NOISE)) + struct.pack(">I", len(message)) + message + receiver.encode()
    padding = BLOCK - len(plain) % BLOCK
    plain += bytes([padding]) * padding
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(sealer.update(plain) + sealer.finalize()).decode()


def envelope(body: bytes) -> str:
    """The cipher text in what was posted, XML or JSON. Raises Invalid."""
    if len(body) > ENVELOPE_LIMIT:
        raise Invalid.field("body", "text_too_long", max_length=ENVELOPE_LIMIT)
    if body.lstrip()[:1] == b"{":
        try:
            found = msgspec.json.decode(body, type=dict[str, object]).get("Encrypt")
        except msgspec.MsgspecError:
            raise Invalid.field("body", "json_invalid") from None
    else:
        found = xml_values(body).get("Encrypt")
    if not isinstance(found, str) or not found.strip():
        raise Invalid.field("Encrypt", "field_missing")
    return found.strip()


def xml_values(body: bytes) -> dict[str, object]:
    """The children of the root by name: text, or again such a mapping where they have children; of several of one name a
    list. Entities and documents from elsewhere are never followed. Raises Invalid."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Invalid.field("body", "value_invalid") from None
    if root is None or root.getroottree().docinfo.doctype:
        raise Invalid.field("body", "value_invalid")
    value = _value(root, depth=0)
    return value if isinstance(value, dict) else {}


def _value(node: etree._Element, depth: int) -> object:
    children = [child for child in node if isinstance(child.tag, str)]
    if not children:
        return node.text or ""
    if depth >= 8:
        raise Invalid.field("body", "value_invalid")
    found: dict[str, object] = {}
    for child in children:
        value = _value(child, depth + 1)
        before = found.get(child.tag)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[child.tag] = [before, value]
    return found
