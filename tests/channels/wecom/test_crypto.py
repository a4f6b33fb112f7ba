"""The envelope against the vectors of the provider's own sample code."""

import contextlib
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.contract.wechat_crypto import Envelopes, decrypt, encrypt, envelope, signature, signed, xml_values
from qiao.core.errors import Invalid, Unauthenticated

TOKEN: Final = "QDG6eK"
LETTERS: Final = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP: Final = "wx5823bf96d3bd56c7"
ECHO: Final = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
POSTED: Final = (
    b"<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName><Encrypt><![CDATA[RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca"
    b"6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4"
    b"aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw"
    b"+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY"
    b"6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==]]></Encrypt>"
    b"<AgentID><![CDATA[218]]></AgentID></xml>"
)
BOX: Final = Envelopes(TOKEN, LETTERS, CORP)


def test_the_published_vectors_open() -> None:
    assert (
        BOX.open("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780", ECHO) == b"1616140317555161061"
    )
    opened = BOX.open("477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149", envelope(POSTED))
    assert xml_values(opened)["Content"] == "hello"
    assert xml_values(opened)["MsgId"] == "4561255354251345929"


def test_another_signature_receiver_or_key_does_not_open() -> None:
    with pytest.raises(Unauthenticated):
        BOX.open("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd4", "1409659589", "263014780", ECHO)
    with pytest.raises(Unauthenticated):
        Envelopes("", LETTERS, CORP).open(signature("", "1", "2", ECHO), "1", "2", ECHO)
    with pytest.raises(Unauthenticated):
        decrypt(LETTERS, "wx0000000000000000", ECHO)
    with pytest.raises((Invalid, Unauthenticated)):
        decrypt("A" * 43, CORP, ECHO)
    for letters in ("short", "*" * 43, LETTERS + "="):
        with pytest.raises(Invalid):
            encrypt(letters, CORP, b"x")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_opens_again(message: bytes, nonce: str) -> None:
    sealed, sign = BOX.seal(message, "1", nonce)
    assert BOX.open(sign, "1", nonce, sealed) == message
    assert envelope(BOX.seal_xml(message, "1", "n"))


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.integers(0, len(POSTED)).map(lambda cut: POSTED[:cut] + b"<a>")))
def test_rubbish_is_refused_and_nothing_else(body: bytes) -> None:
    for attempt in (lambda: envelope(body), lambda: xml_values(body), lambda: decrypt(LETTERS, CORP, body.hex())):
        with contextlib.suppress(Invalid, Unauthenticated):
            attempt()


def test_documents_that_reach_out_or_swell_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>'
    deep = b"<xml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</xml>"
    for body in (bomb, outside, deep, b"<xml/>", b"", b'{"Encrypt":5}', b"{" * 3000, b"<xml>" + b"a" * (1 << 20)):
        with pytest.raises(Invalid):
            envelope(body)
    assert not signed("", TOKEN, "1", "2")
    assert envelope(b'{"Encrypt": "abc="}') == "abc="


def test_an_independent_client_opens_what_we_seal_and_seals_what_we_open() -> None:
    from wechatpy.enterprise.crypto import WeChatCrypto

    client = WeChatCrypto(TOKEN, LETTERS, CORP)
    message = "<xml><Content>你好</Content></xml>"
    posted = client.encrypt_message(message, "nonce", "1409659813")
    values = {name: str(value) for name, value in xml_values(posted.encode()).items()}
    opened = BOX.open(values["MsgSignature"], values["TimeStamp"], values["Nonce"], values["Encrypt"])
    assert opened.decode() == message
    answer = BOX.seal_xml(message.encode(), "1409659813", "nonce")
    sign = str(xml_values(answer)["MsgSignature"])
    assert client.decrypt_message(answer.decode(), sign, "1409659813", "nonce") == message
    sealed, sign = BOX.seal(b"4711", "1", "n")
    assert client.check_signature(sign, "1", "n", sealed) == "4711"
