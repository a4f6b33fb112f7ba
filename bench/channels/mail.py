"""Hundreds of mailboxes side by side: how many mails a second become messages."""

import asyncio
import imaplib
import time
from email.message import EmailMessage
from typing import Any

import asyncpg

from bench.chat.product import Api, Product
from tests.channels.email.servers import PASSWORD, MailServers, add_people, mail_servers


def letter(box: str, number: int) -> bytes:
    """A short mail of its own customer, with a signature and a quote."""
    mail = EmailMessage()
    mail["From"] = f"Li {number} <li{number}.{box}@home.test>"
    mail["To"] = f"{box}@shop.test"
    mail["Subject"] = f"订单 {number}"
    mail["Message-ID"] = f"<{box}.{number}@home.test>"
    mail.set_content(
        f"你好，第 {number} 个订单还没有到，请查一下。\n\n-- \n李 {number}\n\n在 2026年11月1日 写道：\n> 您的订单已发货。\n"
    )
    return bytes(mail)


async def _until(database: asyncpg.Connection, query: str, wanted: int, patience: float) -> int:
    """Waits until `query` counts `wanted`; what it counts at the end."""
    until = time.perf_counter() + patience
    found = 0
    while found < wanted and time.perf_counter() < until:
        found = int(await database.fetchval(query))
        await asyncio.sleep(0.05)
    return found


async def measure(product: Product, admin: Api, mailboxes: int, each: int) -> dict[str, Any]:
    """Mails a second through `mailboxes` connections that stand, and through a plain loop."""
    with mail_servers() as servers:
        names = [f"box{number}" for number in range(mailboxes)]
        add_people(servers, *names)
        for name in names:
            servers.put(name, letter(name, 0))
        before = product.memory()
        database = await asyncpg.connect(product.database_url())
        count = "SELECT count(*) FROM messages WHERE author_kind = 'customer'"
        already = int(await database.fetchval(count))
        for name in names:
            # What lies there already counts, too: that is how one sees that a mailbox is connected.
            settings = {**servers.settings(name, first="all"), "password": PASSWORD}
            admin(
                "POST",
                "/inboxes",
                {"channel": "email", "name": name, "bot_enabled": False, "settings": settings},
            )
        try:
            began = time.perf_counter()
            got = await _until(database, count, already + mailboxes, 300) - already
            connected = time.perf_counter() - began
            memory = (product.memory() - before) / max(1, mailboxes) / 1024
            # One mail while all connections idle.
            singles = []
            for name in names[:10]:
                base = int(await database.fetchval(count))
                at = time.perf_counter()
                servers.put(name, letter(name, 1000))
                await _until(database, count, base + 1, 60)
                singles.append(time.perf_counter() - at)
            base = int(await database.fetchval(count))
            at = time.perf_counter()
            for number in range(1, each + 1):
                for name in names:
                    servers.put(name, letter(name, number))
            put = time.perf_counter() - at
            wanted = mailboxes * each
            arrived = await _until(database, count, base + wanted, 600) - base
            seconds = time.perf_counter() - at
        finally:
            await database.close()
        loop = await asyncio.to_thread(_plain_loop, servers, names)
    return {
        "mailboxes": mailboxes,
        "first_mails": got,
        "connected_s": round(connected, 1),
        "kib_per_mailbox": round(memory, 1),
        "single_s": [round(one, 2) for one in sorted(singles)],
        "mails": arrived,
        "of": wanted,
        "mails_per_s": round(arrived / seconds, 1),
        "put_s": round(put, 1),
        "all_in_s": round(seconds, 1),
        "plain_loop": loop,
    }


def _plain_loop(servers: MailServers, names: list[str]) -> dict[str, Any]:
    """One mailbox after the other: sign in, read everything, go on."""
    at = time.perf_counter()
    read = 0
    for name in names:
        client = imaplib.IMAP4("127.0.0.1", servers.imap)
        client.login(name, PASSWORD)
        client.select("INBOX", readonly=True)
        _, found = client.search(None, "ALL")
        for number in found[0].split():
            client.fetch(number.decode(), "(BODY.PEEK[])")
            read += 1
        client.logout()
    seconds = time.perf_counter() - at
    return {"round_s": round(seconds, 1), "mails_per_s": round(read / seconds, 1)}
