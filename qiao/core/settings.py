"""Settings of one installation, read from the environment (prefix QIAO_) once at start."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024
_LOCAL = ("0.0.0.0", "127.0.0.1")  # noqa: S104 - compared with, not bound to


class Settings(BaseSettings):
    """What an operator may set from outside. Everything a company decides lives in the database instead."""

    model_config = SettingsConfigDict(env_prefix="QIAO_", extra="ignore")

    data: Path = Field(Path("data"), description="Folder for the database, files, vectors and logs.")
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8340, ge=1, le=65535, description="Port the server listens on.")
    database_url: str | None = Field(
        None, description="postgresql://… of an existing server (PostgreSQL 15 or newer); empty: the embedded one."
    )
    base_url: str | None = Field(
        None, description="Public address, when behind a proxy, e.g. https://help.example.com."
    )
    log_level: str = Field("info", description="debug, info, warning or error.")
    log_json: bool = Field(False, description="One JSON object per log line instead of readable lines.")
    upload_max_bytes: int = Field(20 * MIB, ge=1024, description="Largest file a customer or agent may send.")
    request_max_bytes: int = Field(1 * MIB, ge=1024, description="Largest body of an ordinary request.")
    trusted_proxies: str = Field("127.0.0.1", description="Addresses whose X-Forwarded-* headers are believed.")
    second_model: bool = Field(
        True,
        description="Whether a second model looks again at what was found: better answers for some 120 MB of memory.",
    )
    pool_size: int = Field(12, ge=2, le=200, description="Database connections of this process.")
    smtp_url: str | None = Field(None, description="smtp://user:password@host:port for outgoing mail; empty: no mail.")
    mail_from: str | None = Field(None, description="Sender address of outgoing mail.")
    visitor_messages_per_second: float = Field(
        10.0, gt=0, description="How fast one visitor may write; four seconds' worth may come at once."
    )
    callbacks_may_be_private: bool = Field(
        False, description="Whether callbacks of the api channel may go to private and loopback addresses."
    )
    secret_key: str | None = Field(
        None, description="Part of the key that encrypts stored passwords and keys; keep it as long as the database."
    )
    event_retention_days: int = Field(90, ge=1, description="How long the event log is kept.")

    @property
    def public_url(self) -> str:
        """Address people open, without a trailing slash."""
        return (self.base_url or f"http://{'localhost' if self.host in _LOCAL else self.host}:{self.port}").rstrip("/")

    @property
    def files_dir(self) -> Path:
        return self.data / "files"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings()
