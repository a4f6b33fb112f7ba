"""How Feishu seals and signs its events. Pure."""

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from qiao.core.errors import Invalid, Unauthenticated

BLOCK = 16


def signature(timestamp: str, nonce: str, encrypt_key: str, body: bytes) -> str:
    """What the header X-Lark-Signature holds."""
    return hashlib.sha256((timestamp + nonce + encrypt_key).encode() + body).hexdigest()


def signed(given: str, timestamp: str, nonce: str, encrypt_key: str, body: bytes) -> bool:
    """Whether `given` is the signature; an unset key signs nothing."""
    expected = signature(timestamp, nonce, encrypt_key, body)
    return bool(encrypt_key) and hmac.compare_digest(expected.encode(), given.encode())


def decrypt(encrypt_key: str, sealed: str) -> bytes:
    """AES-256-CBC, the key is the SHA-256 of the encrypt key, the vector comes first. Raises Invalid for what is no cipher
    text and Unauthenticated for what was sealed with another key."""
    try:
        cipher_text = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid.field("encrypt", "value_invalid") from None
    if len(cipher_text) < 2 * BLOCK or len(cipher_text) % BLOCK:
        raise Invalid.field("encrypt", "value_invalid")
    opener = _cipher(encrypt_key, cipher_text[:BLOCK]).decryptor()
    plain = opener.update(cipher_text[BLOCK:]) + opener.finalize()
    padding = plain[-1]
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise Unauthenticated("channel_signature_invalid")
    return plain[:-padding]


def encrypt(encrypt_key: str, plain: bytes, *, vector: bytes | None = None) -> str:
    """The other way round, as Feishu does it."""
    vector = vector or os.urandom(BLOCK)
    padding = BLOCK - len(plain) % BLOCK
    sealer = _cipher(encrypt_key, vector).encryptor()
    return base64.b64encode(vector + sealer.update(plain + bytes([padding]) * padding) + sealer.finalize()).decode()


def _cipher(encrypt_key: str, vector: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(hashlib.sha256(encrypt_key.encode()).digest()), modes.CBC(vector))
