"""Callbacks: the handshake, signatures, envelopes, repeats, and what is not WeChat's at all."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature

from qiao.channels.contract import wechat_crypto
from qiao.channels.contract.channel import Request
from qiao.channels.wechat.hook import WechatHook
from qiao.channels.wechat.parsing import parse
from qiao.core.errors import Invalid, Unauthenticated
from tests.channels.wechat.accounts import AES_KEY, APP_ID, TOKEN, endpoint, plain_post, query, safe_post, sha1
from tests.channels.wechat.test_parsing import example

HOOK = WechatHook()
_asked = st.sampled_from(("signature", "msg_signature", "encrypt_type", "echostr", "nonce"))


def test_the_published_vector_opens() -> None:
    # The example of the provider's own library for encrypting messages (WXBizMsgCrypt).
    key, app_id, token = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx2c2769f8efd9abc2", "spamtest"
    sealed = (
        "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0"
        "B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912"
        "xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ"
        "4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE="
    )
    opened = wechat_crypto.decrypt(key, app_id, sealed)
    assert opened.startswith(b"<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>")
    noted = wechat_crypto.Envelopes(token, key, app_id)
    signature = sha1(token, "1409735669", "1320562132", sealed)
    assert noted.open(signature, "1409735669", "1320562132", sealed) == opened


def test_the_key_of_a_handshake_is_echoed_in_both_modes() -> None:
    echo = "4375120948345356249"
    for mode in ("plain", "safe"):
        taken = HOOK.take(endpoint(mode=mode), Request("GET", query(echostr=echo), {}, b""))
        assert (taken.answer.body, list(taken.payloads)) == (echo.encode(), [])
    wrong = {**query(echostr=echo), "signature": "0" * 40}
    with pytest.raises(Unauthenticated):
        HOOK.take(endpoint(), Request("GET", wrong, {}, b""))
    # Some of the provider's consoles seal it instead.
    stamp, nonce = str(int(time.time())), "n"
    sealed, signature = wechat_crypto.Envelopes(TOKEN, AES_KEY, APP_ID).seal(echo.encode(), stamp, nonce)
    asked = {"msg_signature": signature, "timestamp": stamp, "nonce": nonce, "echostr": sealed}
    assert HOOK.take(endpoint(), Request("GET", asked, {}, b"")).answer.body == echo.encode()


def test_our_signature_is_theirs_both_ways() -> None:
    asked = query()
    check_signature(TOKEN, asked["signature"], asked["timestamp"], asked["nonce"])
    assert wechat_crypto.signature(TOKEN, asked["timestamp"], asked["nonce"]) == asked["signature"]
    with pytest.raises(InvalidSignatureException):
        check_signature(TOKEN, wechat_crypto.signature("other", asked["timestamp"], asked["nonce"]), "1", "n")
    reply = wechat_crypto.Envelopes(TOKEN, AES_KEY, APP_ID).seal_xml("<xml>好</xml>".encode(), "1409735669", "n")
    values = wechat_crypto.xml_values(reply)
    opened = WeChatCrypto(TOKEN, AES_KEY, APP_ID).decrypt_message(
        reply.decode(), str(values["MsgSignature"]), "1409735669", "n"
    )
    assert opened == "<xml>好</xml>"


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_sealed_message_is_opened_and_kept_readable(form: str) -> None:
    raw = example("mini_text.json" if form == "json" else "text.xml")
    taken = HOOK.take(endpoint(), safe_post(raw, form=form))
    assert taken.answer.body == b"success"
    ((key, kept),) = taken.payloads
    assert key == "1234567890123456"
    assert parse(kept) == parse(raw)


def test_plain_messages_are_taken_in_plain_mode_only() -> None:
    raw = example("text.xml")
    taken = HOOK.take(endpoint(mode="plain", aes_key=""), plain_post(raw))
    assert list(taken.payloads) == [("1234567890123456", raw)]
    with pytest.raises(Unauthenticated):
        HOOK.take(endpoint(), plain_post(raw))
    # In compatible mode both come; what is sealed counts.
    both = safe_post(raw)
    body = both.body.replace(b"</xml>", b"<Content>forged</Content></xml>")
    ((_, kept),) = HOOK.take(endpoint(mode="plain"), replace(both, body=body)).payloads
    assert kept == raw


def test_what_is_not_theirs_is_refused() -> None:
    raw = example("text.xml")
    good = safe_post(raw)
    refused = {
        "signature": replace(good, query={**good.query, "msg_signature": "0" * 40}),
        "none": replace(good, query={k: v for k, v in good.query.items() if k != "msg_signature"}),
        "other account": safe_post(raw, app_id="wxffffffffffffffff"),
        "old": safe_post(raw, time.time() - 700),
        "future": safe_post(raw, time.time() + 700),
        "no time": replace(good, query={**good.query, "timestamp": "soon"}),
        "changed": replace(
            good,
            body=good.body.replace(b"CDATA[gh", b"CDATA[gi").replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[A"),
        ),
    }
    for name, request in refused.items():
        with pytest.raises((Unauthenticated, Invalid)):
            HOOK.take(endpoint(), request)
            pytest.fail(name)
    # Nobody has signed with a token that is not set.
    unset = replace(endpoint(mode="plain"), credentials={})
    stamp = str(int(time.time()))
    empty = {"signature": sha1("", stamp, "n"), "timestamp": stamp, "nonce": "n"}
    with pytest.raises(Unauthenticated):
        HOOK.take(unset, Request("POST", empty, {}, raw))
    with pytest.raises(Unauthenticated):
        HOOK.take(replace(endpoint(), credentials={"token": TOKEN}), good)


def test_another_key_opens_nothing() -> None:
    with pytest.raises((Invalid, Unauthenticated)):
        HOOK.take(endpoint(), safe_post(example("text.xml"), key="B" * 42 + "A"))


def test_authentic_nonsense_is_kept_to_be_seen() -> None:
    taken = HOOK.take(endpoint(), safe_post(b"<xml><half>"))
    ((key, kept),) = taken.payloads
    assert key is not None
    assert key.startswith("unread:")
    assert taken.answer.body == b"success"
    with pytest.raises(Invalid):
        parse(kept)


def test_a_repeat_has_the_same_key() -> None:
    for name in ("text.xml", "event_click.xml"):
        first = HOOK.take(endpoint(), safe_post(example(name)))
        again = HOOK.take(endpoint(), safe_post(example(name)))
        assert [key for key, _ in first.payloads] == [key for key, _ in again.payloads]


@settings(max_examples=60)
@given(
    st.dictionaries(_asked, st.text(max_size=20)),
    st.binary(max_size=120),
    st.sampled_from(("GET", "POST")),
    st.booleans(),
    st.sampled_from(("safe", "plain")),
)
def test_any_request_is_refused_and_nothing_worse(
    asked: dict[str, str], body: bytes, method: str, signed: bool, mode: str
) -> None:
    given_query = {**asked, **query()} if signed else {"timestamp": str(int(time.time())), **asked}
    try:
        taken = HOOK.take(endpoint(mode=mode), Request(method, given_query, {}, body))
    except (Unauthenticated, Invalid):
        return
    assert signed
    assert all(len(key or "") <= 100 for key, _ in taken.payloads)


@settings(max_examples=60)
@given(st.text(max_size=60), st.integers(0, 200), st.binary(max_size=4))
def test_bent_envelopes_are_refused(text: str, at: int, noise: bytes) -> None:
    sealed = wechat_crypto.encrypt(AES_KEY, APP_ID, text.encode())
    bent = sealed[:at] + noise.decode("latin-1") + sealed[at + len(noise) :]
    try:
        assert wechat_crypto.decrypt(AES_KEY, APP_ID, bent) == text.encode() or bent != sealed
    except (Invalid, Unauthenticated):
        assert bent != sealed
