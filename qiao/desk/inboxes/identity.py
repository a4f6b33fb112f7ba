"""Who the host site says is logged in: a JWT signed by its server with the inbox's secret (HS256 only)."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt

from qiao.core import clock
from qiao.core.errors import Unauthenticated
from qiao.desk.inboxes.schemas import IdentityClaims

LONGEST: Final = timedelta(hours=24)
LEEWAY: Final = timedelta(seconds=60)
TOKEN_LIMIT: Final = 4000


def verify(secret: str, token: str) -> IdentityClaims:
    """The claims of a valid identity token. Raises Unauthenticated with a code that says what is wrong with it."""
    if len(token) > TOKEN_LIMIT:
        raise Unauthenticated("identity_token_invalid")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],  # a token must not choose how it is checked
            options={
                "require": ["exp", "sub"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
            },
        )
    except jwt.InvalidSignatureError:
        raise Unauthenticated("identity_token_signature") from None
    except jwt.InvalidAlgorithmError:
        raise Unauthenticated("identity_token_algorithm") from None
    except jwt.MissingRequiredClaimError as error:
        raise Unauthenticated("identity_token_claim_missing", claim=error.claim) from None
    except jwt.InvalidTokenError:
        raise Unauthenticated("identity_token_invalid") from None
    now = clock.now()
    expires_at = _moment(claims, "exp")
    if expires_at + LEEWAY <= now:
        raise Unauthenticated("identity_token_expired")
    if expires_at > now + LONGEST + LEEWAY:
        raise Unauthenticated("identity_token_too_long", hours=24)
    if "nbf" in claims and _moment(claims, "nbf") > now + LEEWAY:
        raise Unauthenticated("identity_token_early")
    sub = _text(claims, "sub", 200)
    if not sub:
        raise Unauthenticated("identity_token_claim_missing", claim="sub")
    return IdentityClaims(
        sub=sub,
        name=_text(claims, "name", 200),
        email=_text(claims, "email", 254),
        phone=_text(claims, "phone", 40),
        email_verified=_flag(claims, "email_verified"),
        phone_verified=_flag(claims, "phone_verified"),
        expires_at=expires_at,
    )


def sign(secret: str, *, sub: str, expires_at: datetime, **claims: str | bool) -> str:
    """A token as a host site would make it: for the demo shop and for tests."""
    return jwt.encode({"sub": sub, "exp": int(expires_at.timestamp()), **claims}, secret, algorithm="HS256")


def _moment(claims: dict[str, Any], name: str) -> datetime:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unauthenticated("identity_token_claim_invalid", claim=name)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        raise Unauthenticated("identity_token_claim_invalid", claim=name) from None


def _flag(claims: dict[str, Any], name: str) -> bool | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, bool):
        raise Unauthenticated("identity_token_claim_invalid", claim=name)
    return value


def _text(claims: dict[str, Any], name: str, limit: int) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > limit or "\x00" in value:
        raise Unauthenticated("identity_token_claim_invalid", claim=name)
    return value.strip() or None
