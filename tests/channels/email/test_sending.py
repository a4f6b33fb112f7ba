"""Answers through a real Exim: in their thread, with files, in words of the company; and what servers say against them."""

import asyncio
import dataclasses
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused
from qiao.channels.contract.messages import Incoming, Outbound, Receipt
from qiao.channels.email import quotes, threads
from qiao.channels.email.channel import render
from qiao.channels.email.compose import Previous
from qiao.channels.email.reading import parse
from qiao.core.ids import new_id
from tests.channels.email.parts import Box, Days, ShelfSink, adapter, running

ANSWER = Outbound(
    id=new_id(),
    conversation_id=new_id(),
    conversation_number=10001,
    seq=2,
    author_kind="user",
    author_name="小林",
    kind="text",
    body="已经发出：https://shop.example/t/1。",
    payload={},
    created_at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    address="",
)
LONG_ID = f"<{'TYZPR06MB40' * 5}@TYZPR06MB4096.apcprd06.prod.outlook.test>"
PREVIOUS = Previous(
    subject="回复：订单 5",
    name="李雷",
    address="li@home.test",
    body="还没有收到",
    at=datetime(2026, 11, 22, 7, tzinfo=UTC),
)


def answer(box: Box, body: str = ANSWER.body, **more: Any) -> Outbound:
    return msgspec.structs.replace(ANSWER, **{"id": new_id(), "address": box.customer_address, "body": body, **more})


async def arrived(box: Box, count: int = 1, name: str = "") -> EmailMessage:
    for _ in range(3000):
        found = box.servers.mails(name or box.customer)
        if len(found) >= count:
            return cast(EmailMessage, message_from_bytes(found[count - 1], policy=policy.default))
        await asyncio.sleep(0.02)
    raise AssertionError("nothing arrived")


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


async def test_an_answer_as_the_customer_gets_it(box: Box) -> None:
    out = answer(
        box,
        threads=("Sabc", "<1@home.test>", "TAAAAAAAAAAAAAAAA", LONG_ID),
        payload={
            "mail": {"cc": [], "bcc": [{"name": "x", "address": box.address}]},
            "attachments": [{"file_id": "f1", "name": "发票.pdf", "mime": "application/pdf", "size": 4, "url": "/x"}],
        },
    )
    endpoint = box.endpoint(
        display_name="商店客服",
        aliases=[f"help-{box.name}@shop.test"],
        template_zh="{customer}您好：\n\n{body}\n\n会话 {number} {unknown}",
        signature_zh="{agent} · {inbox}",
        plus_address=True,
    )
    previous = dataclasses.replace(PREVIOUS, received_as=f"help-{box.name}@shop.test")
    made = adapter(previous, {"f1": b"%PDF"})
    sent = await made.deliver(endpoint, out.id, render(out))
    mail = await arrived(box)
    token = threads.token(endpoint.secret, out.conversation_id)
    assert sent.remote_ids == (mail["Message-ID"],) == (threads.own_id(out.id, box.address),)
    assert sent.threads == (mail["Message-ID"], token)
    assert mail["Subject"] == f"Re: 订单 5 [#{token}]"
    assert str(mail["From"]) == f"商店客服 <help-{box.name}@shop.test>"
    assert mail["Reply-To"].addresses[0].addr_spec == f"help-{box.name}+{token.lower()}@shop.test"
    assert (mail["In-Reply-To"], mail["References"]) == (LONG_ID, f"<1@home.test> {LONG_ID}")
    assert mail["Auto-Submitted"] is None
    assert mail["Bcc"] is None
    said = text_of(mail)
    assert said.startswith(
        "李雷您好：\n\n已经发出：https://shop.example/t/1。\n\n会话 10001 {unknown}\n\n-- \n小林 · Shop\n"
    )
    assert "在 2026-11-22 07:00，李雷 <li@home.test> 写道：\n> 还没有收到" in said
    assert '<a href="https://shop.example/t/1"' in text_of(mail, "html")
    files = [(one.get_filename(), one.get_content()) for one in mail.iter_attachments()]
    assert files == [("发票.pdf", b"%PDF")]
    assert await arrived(box, name=box.name)  # the hidden copy
    # The same message once more is the same mail.
    await made.deliver(endpoint, out.id, render(out))
    assert (await arrived(box, 2))["Message-ID"] == mail["Message-ID"]


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
async def test_what_is_quoted_is_known_for_a_quotation(box: Box, locale: str) -> None:
    out = answer(box, locale=locale)
    await adapter(PREVIOUS).deliver(box.endpoint(), out.id, render(out))
    said = text_of(await arrived(box))
    assert ("On 2026-11-22 07:00, 李雷 <li@home.test> wrote:" in said) == (locale == "en")
    assert "还没有收到" not in quotes.split(said).words


async def test_what_the_server_says_against_it(box: Box) -> None:
    made, endpoint = adapter(), box.endpoint()

    async def refused(out: Outbound, code: str, **more: Any) -> dict[str, Any]:
        with pytest.raises(DeliveryRefused) as found:
            await made.deliver(box.endpoint(**more), out.id, render(out))
        assert found.value.code == code
        return found.value.params

    bad = {"mail": {"cc": ["refused@home.test"]}}
    assert (
        "refused@home.test (550" in (await refused(answer(box, payload=bad), "email.refused.recipients"))["addresses"]
    )
    assert not box.servers.mails(box.customer)  # nobody got what not everybody could get
    await refused(answer(box, address="unknown-1234"), "email.refused.address_invalid")
    await refused(
        answer(box, payload={"mail": {"cc": ["x@y.example\r\nBcc: z@y.example"]}}), "email.refused.address_invalid"
    )
    await refused(answer(box, payload={"mail": {"subject": "BUY NOW"}}), "email.refused.rejected")
    await refused(answer(box, "x" * 3_000_000), "email.refused.too_large")
    many = {"mail": {"cc": [f"a{n}@home.test" for n in range(60)]}}
    await refused(answer(box, payload=many), "email.refused.too_many_recipients")
    await refused(answer(box, payload={"attachments": [{"file_id": "gone", "name": "a"}]}), "email.refused.file_gone")
    for more, code in (({"smtp_port": 1}, "unreachable"), ({"password": "wrong"}, "sign_in")):
        with pytest.raises(DeliveryFailed) as failed:
            await made.deliver(box.endpoint(**more), new_id(), render(answer(box)))
        assert failed.value.code == f"email.failed.{code}"
    with pytest.raises(DeliveryFailed, match="come back later"):
        await made.deliver(endpoint, new_id(), render(answer(box, payload={"mail": {"cc": ["later@home.test"]}})))
    assert not box.servers.mails(box.customer)


async def test_a_mail_that_comes_back_is_a_failed_message(box: Box) -> None:
    sink = ShelfSink()
    out = answer(box, address="gone@home.test")
    async with running(box.endpoint(), sink):
        sent = await adapter().deliver(box.endpoint(), out.id, render(out))
        await sink.until(lambda: len(sink.kept) == 1)
    receipt = sink.items()[0]
    assert isinstance(receipt, Receipt)
    assert (receipt.remote_id, receipt.state, receipt.code) == (sent.remote_ids[0], "failed", "email.bounce.said")
    assert receipt.detail == "gone@home.test: there is nobody of this name"


async def test_machines_are_not_answered_by_machines_and_people_once_a_day(box: Box) -> None:
    days, endpoint = Days(), box.endpoint()
    out = answer(box, author_kind="bot")
    await adapter(days=days).deliver(endpoint, out.id, render(out))
    mail = await arrived(box)
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    letter = parse(bytes(mail))[0]
    assert isinstance(letter, Incoming)
    assert letter.payload["mail"]["automatic"] == "auto_reply"
    await adapter(days=days).deliver(endpoint, out.id, render(out))  # the same once more is no second one
    with pytest.raises(DeliveryRefused, match="automatic_today"):
        await adapter(days=days).deliver(endpoint, new_id(), render(answer(box, author_kind="system")))
    await adapter(days=days).deliver(endpoint, new_id(), render(answer(box)))  # people may write as they like
    machine = dataclasses.replace(PREVIOUS, automatic="auto_reply")
    with pytest.raises(DeliveryRefused, match="answers_machine"):
        await adapter(machine).deliver(endpoint, new_id(), render(answer(box, author_kind="bot")))
    with pytest.raises(DeliveryRefused, match="answers_machine"):
        await adapter().deliver(endpoint, new_id(), render(answer(box, author_kind="bot", address=box.address)))


async def test_answers_go_where_their_sender_wants_them(box: Box) -> None:
    wanted = dataclasses.replace(PREVIOUS, address=f"boss-{box.customer}@home.test", answers_to=(box.customer_address,))
    out = answer(box, address=wanted.address)
    await adapter(wanted).deliver(box.endpoint(), out.id, render(out))
    assert (await arrived(box))["To"] == box.customer_address
    # … as long as they can be believed.
    raw = b"From: ann@home.example\nReply-To: %s\nMessage-ID: <r@y>\n\nhi"
    for address, counts in ((b"desk@home.example", True), (b"eve@evil.example", False)):
        letter = parse(raw % address)[0]
        assert isinstance(letter, Incoming)
        assert ("answers_to" in letter.payload["mail"]) is counts


async def test_letters_are_acknowledged_once_and_only_those_of_people(box: Box) -> None:
    days, sink = Days(), ShelfSink()
    endpoint = box.endpoint(acknowledge=True, acknowledgement_zh="{customer}，收到了。")
    async with running(endpoint, sink, days=days):
        box.writes("自动", "自动回复：休假")
        box.writes("请问发货了吗", "订单")
        box.writes("还有", "第二封")
        box.writes("再答", "Re: x", In_Reply_To="<1@x.test>")
        await sink.until(lambda: len(sink.kept) == 4)
        thanks = await arrived(box)
        box.writes("最后", "Last")
        await sink.until(lambda: len(sink.kept) == 5)
    assert text_of(thanks).strip() == "李雷，收到了。"
    assert thanks["Subject"] in ("Re: 订单", "Re: 第二封", "Re: Last")
    assert thanks["Auto-Submitted"] == "auto-replied"
    assert len(box.servers.mails(box.customer)) == 1
    box.servers.put(box.name, bytes(thanks).replace(box.customer_address.encode(), box.address.encode()))
    again = ShelfSink(sink.cursor)
    async with running(endpoint, again, days=days):
        await again.until(lambda: len(again.kept) == 1)


def test_our_own_mail_that_comes_back_is_nothing() -> None:
    raw = f"From: support@shop.test\nMessage-ID: <qiao.{UUID(int=5).hex}@shop.test>\n\nhi".encode()
    assert len(parse(raw)) == 1
    assert parse(b'QIAO-MAIL {"own":["support@shop.test"]}\n' + raw) == []
