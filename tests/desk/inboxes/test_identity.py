"""Identity tokens: only what the host's server signed, for a limited time, with the one algorithm."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from qiao.core import clock
from qiao.core.errors import Unauthenticated
from qiao.desk.inboxes import identity, policy

SECRET = policy.new_secret()
NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    body = {"sub": "u-17", "name": "李雷", "email": "li@example.com", "exp": int((NOW + HOUR).timestamp())} | claims
    return jwt.encode({k: v for k, v in body.items() if v is not None}, secret, algorithm=algorithm)


def test_a_good_token_says_who_it_is() -> None:
    with clock.frozen(NOW):
        claims = identity.verify(SECRET, token(phone="19900000001"))
        assert (claims.sub, claims.name, claims.email, claims.phone) == (
            "u-17", "李雷", "li@example.com", "19900000001"
        )  # fmt: skip
        assert identity.verify(SECRET, identity.sign(SECRET, sub="9", expires_at=NOW + HOUR, name="A")).name == "A"
        assert identity.verify(SECRET, token(name=None, email=None)).name is None


BAD: list[tuple[str, str]] = [
    (token(exp=int((NOW - HOUR).timestamp())), "identity_token_expired"),
    (token(exp=None), "identity_token_claim_missing"),
    (token(sub=None), "identity_token_claim_missing"),
    (token(sub="  "), "identity_token_claim_missing"),
    (token(exp=int((NOW + 30 * HOUR).timestamp())), "identity_token_too_long"),
    (token(nbf=int((NOW + HOUR).timestamp())), "identity_token_early"),
    (token(secret=policy.new_secret()), "identity_token_signature"),
    (token(secret="", algorithm="none"), "identity_token_algorithm"),
    (token(secret=SECRET * 2, algorithm="HS512"), "identity_token_algorithm"),
    (token(name={"first": "x"}), "identity_token_claim_invalid"),
    (token(sub="x" * 201), "identity_token_claim_invalid"),
    (token(name="a\x00b"), "identity_token_claim_invalid"),
    (token(exp=1e300), "identity_token_claim_invalid"),
    (token()[:-3] + "abc", "identity_token_signature"),
    ("not.a.token", "identity_token_invalid"),
    ("", "identity_token_invalid"),
    ("a" * 5000, "identity_token_invalid"),
    ("。" * 10, "identity_token_invalid"),
]


@pytest.mark.parametrize(("bad", "code"), BAD, ids=lambda value: value[:12] if len(value) > 40 else value)
def test_everything_else_is_refused_with_the_reason(bad: str, code: str) -> None:
    with clock.frozen(NOW), pytest.raises(Unauthenticated) as caught:
        identity.verify(SECRET, bad)
    assert caught.value.code == code


def test_an_unsigned_token_made_by_hand_is_refused() -> None:
    import base64
    import json

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    body = part({"sub": "admin", "exp": int((NOW + HOUR).timestamp())})
    for algorithm in ("none", "None", "nOnE"):
        with clock.frozen(NOW), pytest.raises(Unauthenticated):
            identity.verify(SECRET, f"{part({'alg': algorithm, 'typ': 'JWT'})}.{body}.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Shop.Example.com/", "https://shop.example.com"),
        ("https://shop.example.com:443", "https://shop.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://*.example.com", "https://*.example.com"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://shop.example.com/path", None),
        ("ftp://shop.example.com", None),
        ("shop.example.com", None),
        ("https://user@shop.example.com", None),
        ("https://*", None),
        ("https://a b", None),
        ("https://x:99999", None),
        ("", None),
    ],
)
def test_origins_have_one_spelling(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError):
            policy.clean_origin(text)
    else:
        assert policy.clean_origin(text) == expected


def test_which_pages_may_carry_the_widget() -> None:
    assert policy.origin_allowed([], None) and policy.origin_allowed([], "https://anything.example")
    rules = ["https://shop.example.com", "https://*.kapok.example"]
    for origin, allowed in {
        "https://shop.example.com": True,
        "https://SHOP.example.com": True,
        "http://shop.example.com": False,
        "https://shop.example.com.evil.example": False,
        "https://www.kapok.example": True,
        "https://a.b.kapok.example": True,
        "https://kapok.example": False,
        "https://evilkapok.example": False,
        "null": False,
    }.items():
        assert policy.origin_allowed(rules, origin) is allowed, origin
    assert not policy.origin_allowed(rules, None)


def test_a_site_is_named_by_any_of_its_addresses() -> None:
    both = ["https://kapok.example", "https://www.kapok.example"]
    assert policy.site_origins("https://www.kapok.example/shop?x=1") == both
    assert policy.site_origins("kapok.example") == both
    assert policy.site_origins("http://localhost:3000/") == ["http://localhost:3000"]
    assert policy.site_origins("http://192.168.1.5") == ["http://192.168.1.5"]
    assert policy.site_origins(None) == policy.site_origins("not a site") == []
