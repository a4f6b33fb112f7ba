"""Table of files."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class FileRow(Base):
    """One stored file. `key` and `thumb_key` name blobs in the store."""

    __tablename__ = "files"
    __table_args__ = (Index(None, "owner_kind", "owner_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), info={"personal": "text"})
    mime: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    key: Mapped[str] = mapped_column(String(120))
    thumb_key: Mapped[str | None] = mapped_column(String(120))
    owner_kind: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
