"""Table of answers kept for repeated writes."""

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base


class IdempotencyKey(Base):
    """`status` is null while the first request runs."""

    __tablename__ = "idempotency_keys"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(index=True)
