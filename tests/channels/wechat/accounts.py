"""Accounts for tests, and WeChat's side of their callbacks: what wechatpy seals, we open, and the other way round."""

import hashlib
import time
from typing import Any

from wechatpy.crypto import WeChatCrypto

from qiao.channels.contract.channel import Endpoint, Request
from qiao.core.ids import new_id

TOKEN = "QiaoTestToken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wx0123456789abcdef"
SECRET = "0123456789abcdef0123456789abcdef"


def endpoint(*, mode: str = "safe", aes_key: str = AES_KEY, **settings: Any) -> Endpoint:
    credentials = {"token": TOKEN, "aes_key": aes_key, "app_secret": SECRET}
    return Endpoint(
        new_id(),
        {"app_id": APP_ID, "mode": mode, "look_up": True, "show_typing": True, "env_version": "release", **settings},
        "signing",
        key="ibx",
        name="Account",
        credentials=credentials,
        public_url="https://qiao.example",
    )


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def query(at: float | None = None, *, nonce: str = "n0nce", token: str = TOKEN, **more: str) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    return {"signature": sha1(token, stamp, nonce), "timestamp": stamp, "nonce": nonce, **more}


def plain_post(body: bytes, at: float | None = None, **more: str) -> Request:
    """A callback in plain mode."""
    return Request("POST", query(at, **more), {}, body)


def safe_post(
    body: bytes, at: float | None = None, *, form: str = "xml", app_id: str = APP_ID, key: str = AES_KEY
) -> Request:
    """A callback in safe mode, sealed by wechatpy."""
    asked = query(at)
    sealed = WeChatCrypto(TOKEN, key, app_id).encrypt_message(body.decode(), asked["nonce"], asked["timestamp"])
    inner = sealed.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    signature = sealed.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
    outer = (
        f'{{"ToUserName": "gh_1", "Encrypt": "{inner}"}}'
        if form == "json"
        else f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{inner}]]></Encrypt></xml>"
    )
    return Request(
        "POST", {**asked, "encrypt_type": "aes", "msg_signature": signature, "openid": "o1"}, {}, outer.encode()
    )
