"""Secrets of an installation, made on first use and kept in its database.

`Signer` signs; `seal` and `unseal` keep what others entrusted to the company (keys of services) unreadable in tables,
exports and logs. Who holds the whole database can read them, unless the operator keeps `QIAO_SECRET_KEY` outside of it.
"""

import base64
import hashlib
import hmac
import os
from datetime import datetime

from sqlalchemy import LargeBinary, String, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base, Db, Session
from qiao.core.runtime import runtime_of


class SecretRow(Base):
    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Signer:
    """Signs short texts with the installation's key. One purpose never verifies another's signature."""

    def __init__(self, key: bytes):
        self._key = key

    def sign(self, purpose: str, text: str) -> str:
        """43 characters of URL-safe base64, without padding."""
        digest = hmac.new(self._key, f"{purpose}\n{text}".encode(), hashlib.sha256).digest()
        return _b64(digest)

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.encode())


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def load_signer(db: Db) -> Signer:
    """The installation's signer; its key is made once, also when several processes start together."""
    async with db.transaction() as session:
        await session.execute(insert(SecretRow).values(name="signing", value=os.urandom(32)).on_conflict_do_nothing())
        key = await session.scalar(select(SecretRow.value).where(SecretRow.name == "signing"))
    assert key is not None
    return Signer(key)


class Unsealable(Exception):
    """A sealed secret cannot be read with this installation's key: it has to be entered again."""


async def seal(db: Session, purpose: str, secret: str) -> bytes:
    """`secret` encrypted for this installation. Only the same `purpose` opens it again."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    return nonce + AESGCM(await _sealing_key(db, make=True)).encrypt(nonce, secret.encode(), purpose.encode())


async def unseal(db: Session, purpose: str, sealed: bytes) -> str:
    """What was sealed. Raises Unsealable when it was sealed elsewhere, for another purpose, or was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(await _sealing_key(db)).decrypt(sealed[:12], sealed[12:], purpose.encode()).decode()
    except (InvalidTag, ValueError):
        raise Unsealable(purpose) from None


async def _sealing_key(db: Session, *, make: bool = False) -> bytes:
    """Half from the database (made once), half from the operator's environment when there is one."""
    stored = select(SecretRow.value).where(SecretRow.name == "sealing")
    key = await db.scalar(stored)
    if key is None and not make:
        raise Unsealable("nothing has been sealed here")
    if key is None:
        await db.execute(insert(SecretRow).values(name="sealing", value=os.urandom(32)).on_conflict_do_nothing())
        key = await db.scalar(stored)
    assert key is not None
    outside = runtime_of(db).settings.secret_key or ""
    return hashlib.sha256(b"qiao.seal\n" + key + outside.encode()).digest()
