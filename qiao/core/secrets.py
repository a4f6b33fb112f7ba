"""Secrets of an installation, made on first use and kept in its database."""

import base64
import hashlib
import hmac
import os
from datetime import datetime

from sqlalchemy import LargeBinary, String, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base, Db


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
