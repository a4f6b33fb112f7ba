"""Visitor tokens: a session's id with the installation's signature."""

import base64
import binascii
from typing import Final
from uuid import UUID

from qiao.core.secrets import Signer

PREFIX: Final = "qv_"
_PURPOSE: Final = "visitor-session"
_ID_CHARS: Final = 22
_SIGNATURE_CHARS: Final = 43


def issue(signer: Signer, session_id: UUID) -> str:
    """The token of a session."""
    name = base64.urlsafe_b64encode(session_id.bytes).decode().rstrip("=")
    return f"{PREFIX}{name}.{signer.sign(_PURPOSE, name)}"


def session_of(signer: Signer, token: str | None) -> UUID | None:
    """The session a token names, if we signed it. Whether the session still exists is another question."""
    if token is None or not token.startswith(PREFIX) or len(token) > 100 or not token.isascii():
        return None
    name, _, signature = token[len(PREFIX) :].partition(".")
    if len(name) != _ID_CHARS or len(signature) != _SIGNATURE_CHARS or not signer.verify(_PURPOSE, name, signature):
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(name + "=="))
    except (ValueError, binascii.Error):
        return None
