"""Secrets that prove who someone is: made from the system's random source, stored as hashes only."""

import hashlib
import secrets
import string
from typing import Final

COOKIE: Final = "qiao_session"
TOKEN_PREFIX: Final = "qiao_pat_"  # noqa: S105 - the public part of every token
_ALPHABET: Final = string.ascii_letters + string.digits


def new_session_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    return TOKEN_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(40))


def shown_prefix(token: str) -> str:
    """The part of an API token by which its owner recognises it."""
    return token[: len(TOKEN_PREFIX) + 5]


def hash_token(token: str) -> bytes:
    """A plain hash is enough: the tokens are random, so there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
