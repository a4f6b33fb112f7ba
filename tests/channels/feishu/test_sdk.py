"""Feishu's own SDK against our side of the door and our fake, where it is installed.

It wants an older `websockets` than the product runs on, so it is no dependency of the development environment:
`pip install --no-deps --target DIR lark-oapi requests-toolbelt pycryptodome`, then run this file with DIR on PYTHONPATH.
"""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from qiao.channels.contract.channel import Request
from qiao.channels.feishu.crypto import encrypt
from qiao.channels.feishu.hook import FeishuHook
from qiao.channels.feishu.rendering import render
from tests.channels.conformance import outbound
from tests.channels.feishu.fake import FakeFeishu
from tests.channels.feishu.test_channel import EVENTS, KEY, SIGNED, TEXT, sealed

lark = pytest.importorskip("lark_oapi", exc_type=ImportError)


@pytest.fixture
def fake() -> Iterator[tuple[FakeFeishu, str]]:
    fake = FakeFeishu()
    server = uvicorn.Server(uvicorn.Config(fake.app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield fake, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def test_it_takes_what_we_take() -> None:
    heard: list[str] = []

    def on_message(data: Any) -> None:
        heard.append(data.event.message.message_id)

    handler = lark.EventDispatcherHandler.builder(KEY, "v").register_p2_im_message_receive_v1(on_message).build()
    found = json.loads(json.dumps(EVENTS[TEXT]))
    found["header"]["token"] = "v"
    call = sealed(json.dumps(found).encode())

    def told(signature: str) -> int:
        raw = lark.RawRequest()
        raw.uri, raw.body = "/hook", call.body
        raw.headers = {
            "X-Lark-Request-Timestamp": call.headers["x-lark-request-timestamp"],
            "X-Lark-Request-Nonce": call.headers["x-lark-request-nonce"],
            "X-Lark-Signature": signature,
        }
        return int(handler.do(raw).status_code)

    assert told(call.headers["x-lark-signature"]) == 200 and FeishuHook().take(SIGNED, call).payloads
    assert told("0" * 64) == 500
    assert heard == ["om_5ce6d572455d361153b7cb51da133945"]
    hello = json.dumps({"challenge": "c", "token": "v", "type": "url_verification"}).encode()
    hidden = json.dumps({"encrypt": encrypt(KEY, hello)}).encode()
    raw = lark.RawRequest()
    raw.uri, raw.body, raw.headers = "/hook", hidden, {}
    ours = FeishuHook().take(SIGNED, Request("POST", {}, {}, hidden)).answer.body
    assert json.loads(handler.do(raw).content) == json.loads(ours) == {"challenge": "c"}


def test_it_says_to_our_fake_what_we_say(fake: tuple[FakeFeishu, str]) -> None:
    from lark_oapi.api.im.v1 import CreateMessageRequest, CreateMessageRequestBody, DeleteMessageRequest

    feishu, address = fake
    client = lark.Client.builder().app_id("cli_a").app_secret("s3cret").domain(address).build()
    for kind in ("text", "choices", "card"):
        (say,) = render(outbound(kind))["say"]
        body = (
            CreateMessageRequestBody.builder()
            .receive_id("oc_p2p")
            .msg_type(say["msg_type"])
            .content(json.dumps(say["content"]))
            .uuid(kind)
            .build()
        )
        request = CreateMessageRequest.builder().receive_id_type("chat_id").request_body(body).build()
        answer = client.im.v1.message.create(request)
        assert answer.success(), answer.msg
    assert [one["uuid"] for one in feishu.sent] == ["text", "choices", "card"]
    gone = client.im.v1.message.delete(DeleteMessageRequest.builder().message_id("om_2").build())
    assert gone.success() and feishu.recalled == ["om_2"]
    late = client.im.v1.message.delete(DeleteMessageRequest.builder().message_id("om_9").build())
    assert late.code == 230026
