"""Fetching from a real Dovecot: at once, now and then, across restarts and rebuilt folders, whatever lies in the way."""

import asyncio
import contextlib
import re
from typing import Any

import pytest

from qiao.channels.contract import health
from qiao.channels.contract.channel import SourceFailed
from qiao.channels.contract.messages import Incoming
from qiao.channels.email import imap, source
from qiao.channels.email.adapter import MailProbe
from qiao.channels.email.reading import parse
from qiao.core.errors import Invalid
from tests.channels.email.parts import NO_ACCESS, Box, ShelfSink, running
from tests.channels.email.servers import MailServers, add_people


async def seen(box: Box, count: int) -> bool:
    """Whether so many mails have been marked read."""
    for _ in range(3000):
        if len(list((box.servers.root / "mail" / box.name / "cur").glob("*:2,*S*"))) >= count:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_new_mail_arrives_at_once_and_what_lay_there_before_does_not(box: Box) -> None:
    box.writes("from last year")
    for _ in range(3000):
        if box.servers.mails(box.name):
            break
        await asyncio.sleep(0.02)
    sink = ShelfSink()
    async with running(box.endpoint(), sink):
        box.writes("Hello,\n\nwhere is it?\n\n> quoted\n")
        await sink.until(lambda: len(sink.kept) == 1)
        letter = sink.letters()[0]
        assert (letter.body, letter.sender and letter.sender.address) == (
            "Hello,\n\nwhere is it?",
            box.customer_address,
        )
        assert letter.at is not None
        assert await seen(box, 1)


async def test_servers_that_do_not_tell_are_asked(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = imap.Imap.read_capabilities

    async def without_idle(self: imap.Imap) -> None:
        await plain(self)
        self.capabilities -= {"IDLE"}

    monkeypatch.setattr(imap.Imap, "read_capabilities", without_idle)
    sink = ShelfSink()
    async with running(box.endpoint(imap_security="starttls", verify_certificates=False), sink, poll_seconds=0.05):
        box.writes()
        await sink.until(lambda: len(sink.kept) == 1)


async def test_a_crash_loses_nothing_and_doubles_nothing(box: Box) -> None:
    sink = ShelfSink()
    async with running(box.endpoint(first="all"), sink):
        pass
    sink.fail_before = 1
    with pytest.raises(SourceFailed) as lost:
        async with running(box.endpoint(), sink) as task:
            box.writes("first")
            await task
    assert lost.value.code == "email.failed.lost"
    assert not sink.kept
    sink.fail_after = 1
    with pytest.raises(SourceFailed):
        async with running(box.endpoint(), sink):
            pass
    assert len(sink.kept) == 1
    assert not list((box.servers.root / "mail" / box.name / "cur").glob("*:2,*S*"))
    async with running(box.endpoint(), sink):
        assert await seen(box, 1)  # marked at last
        box.writes("second")
        await sink.until(lambda: len(sink.kept) == 2)
    assert [letter.body for letter in sink.letters()] == ["first", "second"]
    assert sink.offered == 2


async def test_a_folder_made_anew_is_read_again_and_known_mail_dropped(box: Box) -> None:
    sink = ShelfSink()
    async with running(box.endpoint(), sink):
        box.writes("one")
        box.writes("two")
        await sink.until(lambda: len(sink.kept) == 2)
    before = sink.cursor["validity"]
    folder = box.servers.root / "mail" / box.name
    numbers = (folder / "dovecot-uidlist").read_text()
    for path in folder.glob("dovecot*"):
        path.unlink()
    (folder / "dovecot-uidlist").write_text(numbers.partition("\n")[0].replace(f"V{before}", f"V{before + 1}") + "\n")
    box.servers.give(folder)
    box.writes("three")
    async with running(box.endpoint(), sink):
        await sink.until(lambda: len(sink.kept) == 3)
        box.writes("four")
        await sink.until(lambda: len(sink.kept) == 4)
    assert sink.cursor["validity"] != before
    assert sorted(letter.body for letter in sink.letters()) == ["four", "one", "three", "two"]


async def test_old_mail_when_it_is_wanted_and_fetched_mail_moved_away(box: Box) -> None:
    for words in ("a", "b"):
        box.servers.put(box.name, box.letter(words).as_bytes())
    sink = ShelfSink()
    async with running(box.endpoint(first="unread", fetched="move", move_to="已处理 & fertig"), sink):
        await sink.until(lambda: len(sink.kept) == 2)
        box.writes("c")
        await sink.until(lambda: len(sink.kept) == 3)
        for _ in range(3000):
            if not box.servers.mails(box.name):
                break
            await asyncio.sleep(0.02)
        assert not box.servers.mails(box.name)
    assert imap.utf7("已处理 & fertig").decode() == "&XfJZBHQG- &- fertig"
    assert len(box.servers.folder(box.name, "&XfJZBHQG- &- fertig")) == 3
    again = ShelfSink()
    async with running(box.endpoint(first="all", folder="已处理 & fertig", fetched="keep"), again):
        await again.until(lambda: len(again.kept) == 3)
    assert again.kept.keys() == sink.kept.keys()


async def test_many_mailboxes_side_by_side(box: Box, servers: MailServers) -> None:
    boxes = [Box(servers, f"{box.name}x{number}", box.customer) for number in range(12)]
    add_people(servers, *(one.name for one in boxes))
    sinks = [ShelfSink() for _ in boxes]
    tasks = [running(one.endpoint(), sink) for one, sink in zip(boxes, sinks, strict=True)]
    try:
        await asyncio.gather(*(task.__aenter__() for task in tasks))
        for one in boxes:
            one.servers.put(one.name, one.letter(f"to {one.name}").as_bytes())
        await asyncio.gather(*(sink.until(lambda s=sink: len(s.kept) == 1) for sink in sinks))  # type: ignore[misc]  # default arguments have no type here
        assert [sink.letters()[0].body for sink in sinks] == [f"to {one.name}" for one in boxes]
    finally:
        await asyncio.gather(*(task.__aexit__(None, None, None) for task in tasks))


async def test_giant_broken_and_withheld_mail_stops_nothing(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST", 40_000)
    monkeypatch.setattr(source, "BEGINNING", 4_000)
    giant = box.letter("giant", "Big")
    giant.add_attachment(b"\0" * 90_000, maintype="application", subtype="zip", filename="all.zip")
    box.servers.put(box.name, giant.as_bytes())
    box.servers.put(box.name, b"no headers at all, just words\n")
    box.servers.put(box.name, box.letter("withheld").as_bytes())
    withheld = max((box.servers.root / "mail" / box.name / "new").iterdir(), key=lambda path: path.name)
    withheld.chmod(0)
    gb = "主题乱码".encode("gb18030")
    box.servers.put(
        box.name,
        b"From: li@home.test\nSubject: "
        + gb
        + b"\nContent-Type: text/plain; charset=gb2312\n\n"
        + "镕基你好".encode("gb18030"),
    )
    sink = ShelfSink()
    for _ in range(20):
        # Dovecot hangs up over a mail that it cannot open; whoever starts sources starts them again.
        try:
            async with running(box.endpoint(first="all"), sink):
                await sink.until(lambda: len(sink.kept) == 4)
        except SourceFailed as lost:
            assert lost.code == "email.failed.lost"
        if len(sink.kept) == 4:
            break
    said: list[Any] = []
    for raw in sink.kept.values():
        try:
            said.extend(parse(raw))
        except Invalid as refused:
            assert refused.fields[0].code == "mail_not_given_out"
            said.append(None)
    bodies = [one.body if isinstance(one, Incoming) else one for one in said]
    assert sorted(bodies, key=str) == sorted(["giant", "no headers at all, just words", None, "镕基你好"], key=str)
    big = next(one for one in said if isinstance(one, Incoming) and one.body == "giant")
    assert big.payload["mail"]["cut"] is True
    assert big.payload["mail"]["size"] > 90_000
    assert (
        next(one for one in said if isinstance(one, Incoming) and one.body == "镕基你好").payload["mail"]["subject"]
        == "主题乱码"
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "wrong"}, "email.failed.sign_in"),
        ({"imap_port": 1}, "email.failed.unreachable"),
        ({"imap_host": "nowhere.invalid"}, "email.failed.unreachable"),
        ({"imap_security": "starttls"}, "email.failed.certificate"),
        ({"folder": "Nowhere"}, "email.failed.folder"),
        ({"smtp_port": 1}, "email.failed.unreachable"),
        ({"smtp_security": "starttls"}, "email.failed.certificate"),
    ],
)
async def test_what_is_wrong_is_said(box: Box, change: dict[str, Any], code: str) -> None:
    endpoint = box.endpoint(**change)
    with pytest.raises(SourceFailed) as failed:
        await MailProbe(NO_ACCESS).probe(endpoint)
    assert failed.value.code == code
    assert failed.value.params
    said = health.reason({"code": code, "params": failed.value.params}, "zh-CN")
    assert said is not None and "Errno" not in said and "wire." not in said, "in words, not in the system's"
    if code == "email.failed.unreachable":
        assert re.search(r"不接受连接|找不到服务器 nowhere\.invalid", said)
    if not any(name.startswith("smtp") for name in change):
        with pytest.raises(SourceFailed) as lost:
            async with running(endpoint, ShelfSink()):
                pass
        assert lost.value.code == code


async def test_a_probe_tells_what_works(box: Box) -> None:
    box.servers.put(box.name, box.letter().as_bytes())
    facts = await MailProbe(NO_ACCESS).probe(
        box.endpoint(
            smtp_security="starttls", imap_port=box.servers.imaps, imap_security="tls", verify_certificates=False
        )
    )
    assert facts["messages"] == "1"
    assert (facts["idle"], facts["largest_mb"]) == ("✓", "3")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"* BYE go away\r\n",
        b"* OK hello\r\n* CAPABILITY IMAP4rev1\r\nnonsense\r\n* 1 FETCH (BODY[] {99999999999}\r\n",
        b"* OK " + b"x" * (imap.LINE_LIMIT + 10),
    ],
)
async def test_servers_that_talk_nonsense(box: Box, said: bytes) -> None:
    gone = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        gone.set()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SourceFailed) as failed:
            async with running(box.endpoint(imap_port=port), ShelfSink()):
                pass
        async with asyncio.timeout(60):
            await gone.wait()
    assert failed.value.code == "email.failed.unreachable"


def test_answers_of_servers_in_their_variety() -> None:
    line = [
        b'* 3 FETCH (FLAGS (\\Seen $x) UID 7 INTERNALDATE "17-Jul-2026 02:44:25 -0700" BODY[]<0> ',
        b"raw",
        b" MODSEQ (5))",
    ]
    found = imap._fetched(line)
    assert (found["UID"], found["BODY[]"], found["INTERNALDATE"]) == (b"7", b"raw", b"17-Jul-2026 02:44:25 -0700")
    moment = imap.internal_date("17-Jul-2026 02:44:25 -0700")
    assert moment is not None
    assert moment.isoformat() == "2026-07-17T09:44:25+00:00"
    assert imap.internal_date("31-Feb-2026 02:44:25 -0700") is None
    assert imap.uid_set([9, 1, 2, 3, 5]) == b"1:3,5,9"
    assert imap.quoted('a"b\\') == b'"a\\"b\\\\"'
    assert imap.ImapRefused("[TRYCREATE] no such folder").code == "TRYCREATE"
