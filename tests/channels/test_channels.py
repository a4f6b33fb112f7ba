"""Both channels keep the contract."""

from qiao.channels.api.callback import CallbackAdapter
from qiao.channels.api.channel import make
from qiao.channels.contract.degrade import as_text
from qiao.channels.webchat.channel import CHANNEL
from tests.channels.conformance import ChannelConformance, outbound


class TestWebchat(ChannelConformance):
    channel = CHANNEL
    accepted = (
        (
            '{"client_id":"7f0c","kind":"text","body":"什么时候发货？","payload":{}}'.encode(),
            {"client_id": "7f0c", "kind": "text", "body": "什么时候发货？", "payload": {}, "sender": None},
        ),
        (
            b'{"client_id":"a","kind":"text","body":"Refund","payload":{"choice":{"id":"2","value":"v","x":1},"sources":[1]}}',
            {"payload": {"choice": {"id": "2", "value": "v"}}},
        ),
        (
            b'{"client_id":"b","kind":"image","body":"","payload":{"file_id":"f1","name":"a.png","url":"/x"}}',
            {"kind": "image", "payload": {"file_id": "f1"}},
        ),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        b'{"client_id":"a","kind":"note","body":"x"}',
        b'{"client_id":"a","kind":"card","body":"x","payload":{"type":"order"}}',
        b'{"client_id":"","body":"x"}',
        b'{"client_id":"a","body":"  "}',
        b'{"client_id":"a","body":5}',
        b"\xff\xfe",
    )


class TestApi(ChannelConformance):
    channel = make(CallbackAdapter(private_allowed=False))
    accepted = (
        (
            '{"client_id":"1","from":{"id":"u-7","name":"林"},"body":"你好","locale":"zh-CN"}'.encode(),
            {
                "kind": "text",
                "body": "你好",
                "locale": "zh-CN",
                "sender": {"address": "u-7", "name": "林", "phone": None, "email": None},
            },
        ),
        (
            b'{"client_id":"2","from":{"id":" u-7 "},"kind":"card","payload":{"type":"order","number":"K1"}}',
            {"kind": "card", "payload": {"type": "order", "number": "K1"}},
        ),
    )
    refused = (
        b"",
        b'{"client_id":"1","body":"x"}',
        b'{"client_id":"1","from":{"id":""},"body":"x"}',
        b'{"client_id":"1","from":{"id":5},"body":"x"}',
        b'{"client_id":"1","from":{"id":"a"},"body":""}',
        b'{"client_id":"1","from":{"id":"a"},"kind":"whisper","body":"x"}',
        b'{"client_id":"1","from":{"id":"a"},"kind":"card","payload":{"type":"' + b"x" * 17_000 + b'"}}',
    )


def test_rich_messages_read_well_as_text() -> None:
    assert as_text(outbound("choices"), "en") == "Which one?\n1. This\n2. That"
    assert as_text(outbound("card"), "en") == "Returns\nWithin 7 days\nhttps://shop.example/r"
    assert as_text(outbound("event"), "en") == "Li is now helping"
    assert "a.pdf" in as_text(outbound("file"), "zh-CN")
