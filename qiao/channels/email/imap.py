"""A small IMAP client (RFC 3501, IDLE, MOVE, UIDPLUS, XOAUTH2): what fetching mail needs, bounded in memory.

Our own, because the asynchronous client there is for Python is under the GPL, and the others take a thread per mailbox.
"""

import asyncio
import base64
import re
import secrets
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

LINE_LIMIT: Final = 16 * 1024 * 1024
"""The numbers of all mails of a folder come in one line: two million of them."""
LITERAL_LIMIT: Final = 80 * 1024 * 1024
COMMAND_SECONDS: Final = 60.0
_LITERAL: Final = re.compile(rb"\{(\d{1,12})\+?\}\r?\n\Z")
_CODE: Final = re.compile(r"\[([A-Z0-9-]+)(?: ([^\]]*))?\]", re.IGNORECASE)
_TOKEN: Final = re.compile(rb'[()]|"(?:[^"\\]|\\.)*"|[^\s()"]+')


class ImapError(Exception):
    """The connection is lost or makes no sense."""


class ImapRefused(Exception):
    """The server said NO or BAD. `code` is its response code, where it gave one."""

    def __init__(self, text: str):
        super().__init__(text)
        found = _CODE.match(text)
        self.text = text
        self.code = found[1].upper() if found is not None else ""


class Selected(NamedTuple):
    messages: int
    validity: int
    next_uid: int


class Fetched(NamedTuple):
    uid: int
    size: int
    at: datetime | None
    raw: bytes


class Imap:
    """One connection. Commands go one at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._prefix = secrets.token_hex(3).upper()
        self.capabilities: frozenset[str] = frozenset()
        self.greeting = ""
        self.news = False
        """Whether the server has told, with whatever answer, that there is more mail. Whoever looks sets it back first."""

    @classmethod
    async def connect(
        cls, host: str, port: int, security: str, *, context: ssl.SSLContext | None, timeout: float = 20.0
    ) -> "Imap":
        """A connection that is greeted and, where wanted, encrypted. Raises OSError, ImapError, TimeoutError."""
        async with asyncio.timeout(timeout):
            tls = context if security == "tls" else None
            reader, writer = await asyncio.open_connection(
                host, port, ssl=tls, server_hostname=host if tls else None, limit=LINE_LIMIT
            )
            self = cls(reader, writer)
            try:
                first = await self._line()
                if not first.startswith((b"* OK", b"* PREAUTH")):
                    raise ImapError(_text(first)[:200])
                self.greeting = _text(first)
                if security == "starttls":
                    await self._command(b"STARTTLS")
                    await writer.start_tls(context or ssl.create_default_context(), server_hostname=host)
                    # Answers that somebody on the way has slipped in before are answers to no command of ours.
                    self._prefix = secrets.token_hex(3).upper()
                await self.read_capabilities()
            except BaseException:
                self.abort()
                raise
        return self

    async def read_capabilities(self) -> None:
        for line in await self._command(b"CAPABILITY"):
            words = _text(line[0]).upper().split()
            if words[:2] == ["*", "CAPABILITY"]:
                self.capabilities = frozenset(words[2:])

    # -- who we are ----------------------------------------------------------------------------------------------------

    async def login(self, user: str, password: str) -> None:
        """Raises ImapRefused."""
        if "AUTH=PLAIN" in self.capabilities and "SASL-IR" in self.capabilities:
            secret = base64.b64encode(f"\0{user}\0{password}".encode())
            await self._command(b"AUTHENTICATE PLAIN " + secret)
        elif user.isascii() and password.isascii():
            await self._command(b"LOGIN " + quoted(user) + b" " + quoted(password))
        else:
            await self._command(b"LOGIN ", (user.encode(), password.encode()))
        await self._signed_in()

    async def xoauth2(self, user: str, token: str) -> None:
        """Raises ImapRefused."""
        said = base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode())
        await self._command(b"AUTHENTICATE XOAUTH2 " + said)
        await self._signed_in()

    async def _signed_in(self) -> None:
        await self.read_capabilities()
        if "ID" in self.capabilities:
            # NetEase lets nobody select a folder who has not said its name.
            await self._command(b'ID ("name" "Qiao" "version" "1" "vendor" "Qiao")')

    # -- mail ----------------------------------------------------------------------------------------------------------

    async def select(self, folder: str) -> Selected:
        messages = validity = next_uid = 0
        for line in await self._command(b"SELECT " + quoted(utf7(folder))):
            said = _text(line[0])
            if found := re.match(r"\* (\d+) EXISTS", said, re.IGNORECASE):
                messages = int(found[1])
            for name, value in _CODE.findall(said):
                if name.upper() == "UIDVALIDITY" and value.strip().isdigit():
                    validity = int(value)
                elif name.upper() == "UIDNEXT" and value.strip().isdigit():
                    next_uid = int(value)
        return Selected(messages, validity, next_uid)

    async def search(self, criteria: str) -> list[int]:
        """UIDs, in order."""
        found: list[int] = []
        for line in await self._command(b"UID SEARCH " + criteria.encode("ascii")):
            words = line[0].split()
            if [word.upper() for word in words[:2]] == [b"*", b"SEARCH"]:
                found.extend(int(word) for word in words[2:] if word.isdigit())
        return sorted(found)

    async def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each mail that is still there."""
        found: dict[int, int] = {}
        for line in await self._command(b"UID FETCH " + uid_set(uids) + b" (UID RFC822.SIZE)"):
            values = _fetched(line)
            uid, size = values.get("UID"), values.get("RFC822.SIZE")
            if isinstance(uid, bytes) and isinstance(size, bytes) and uid.isdigit() and size.isdigit():
                found[int(uid)] = int(size)
        return found

    async def fetch(self, uids: Sequence[int], sizes: dict[int, int], first: int | None = None) -> list[Fetched]:
        """Whole mails, or of each the `first` bytes. Nothing is marked read."""
        part = b"BODY.PEEK[]" if first is None else b"BODY.PEEK[]<0.%d>" % first
        mails: list[Fetched] = []
        lines = await self._command(b"UID FETCH " + uid_set(uids) + b" (UID INTERNALDATE " + part + b")", seconds=600.0)
        for line in lines:
            values = _fetched(line)
            uid, at = values.get("UID"), values.get("INTERNALDATE")
            raw = next((value for name, value in values.items() if name.startswith("BODY[")), None)
            if isinstance(uid, bytes) and uid.isdigit() and isinstance(raw, bytes):
                number = int(uid)
                moment = internal_date(_text(at)) if isinstance(at, bytes) else None
                mails.append(Fetched(number, sizes.get(number, len(raw)), moment, raw))
        return mails

    async def mark_read(self, uids: Sequence[int]) -> None:
        await self._command(b"UID STORE " + uid_set(uids) + rb" +FLAGS.SILENT (\Seen)")

    async def move(self, uids: Sequence[int], folder: str) -> None:
        """Moves mails, making the folder where it is missing. Without MOVE: copied, then removed one by one by UID."""
        where = quoted(utf7(folder))
        how = b"UID MOVE " if "MOVE" in self.capabilities else b"UID COPY "
        try:
            await self._command(how + uid_set(uids) + b" " + where)
        except ImapRefused as refusal:
            if refusal.code != "TRYCREATE":
                raise
            await self._command(b"CREATE " + where)
            await self._command(how + uid_set(uids) + b" " + where)
        if how == b"UID COPY ":
            await self._command(b"UID STORE " + uid_set(uids) + rb" +FLAGS.SILENT (\Seen \Deleted)")
            if "UIDPLUS" in self.capabilities:
                await self._command(b"UID EXPUNGE " + uid_set(uids))

    async def noop(self) -> None:
        await self._command(b"NOOP")

    async def idle(self, seconds: float) -> bool:
        """Waits until the folder changes or the time is over; whether it changed. Other news goes on waiting."""
        tag = self._tag()
        self._writer.write(tag + b" IDLE\r\n")
        await self._drain()
        changed = False
        try:
            async with asyncio.timeout(seconds):
                while not changed:
                    line = await self._line()
                    if line.startswith(tag):
                        raise ImapRefused(_text(line[len(tag) :]))
                    words = line.upper().split()
                    changed = len(words) > 2 and words[2] in (b"EXISTS", b"RECENT")
                    if words[:2] == [b"*", b"BYE"]:
                        raise ImapError(_text(line))
        except TimeoutError:
            pass
        self._writer.write(b"DONE\r\n")
        await self._drain()
        async with asyncio.timeout(COMMAND_SECONDS):
            while not (line := await self._line()).startswith(tag):
                words = line.upper().split()
                changed = changed or (len(words) > 2 and words[2] == b"EXISTS")
        return changed

    async def logout(self) -> None:
        try:
            async with asyncio.timeout(5):
                await self._command(b"LOGOUT")
        except (ImapError, ImapRefused, OSError, TimeoutError):
            pass
        self.abort()

    def abort(self) -> None:
        """Ends the connection at once."""
        transport = self._writer.transport
        transport.abort()

    # -- the wire ------------------------------------------------------------------------------------------------------

    def _tag(self) -> bytes:
        self._number += 1
        return f"{self._prefix}{self._number}".encode()

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except OSError as error:
            raise ImapError(str(error)) from error

    async def _command(
        self, command: bytes, literals: Sequence[bytes] = (), *, seconds: float = COMMAND_SECONDS
    ) -> list[list[bytes]]:
        """The untagged answers, each as its lines and literals in turn. Raises ImapRefused, ImapError, TimeoutError."""
        tag = self._tag()
        async with asyncio.timeout(seconds):
            self._writer.write(tag + b" " + command)
            for number, literal in enumerate(literals):
                self._writer.write(b" {%d}\r\n" % len(literal) if number else b"{%d}\r\n" % len(literal))
                await self._drain()
                line = await self._line()
                if not line.startswith(b"+"):
                    raise ImapRefused(_text(line).partition(" ")[2])
                self._writer.write(literal)
            self._writer.write(b"\r\n")
            await self._drain()
            answers: list[list[bytes]] = []
            while True:
                answer = await self._whole()
                if answer[0].startswith(b"+"):
                    # The reason why a sign-in failed; the server waits for an empty line before it says NO.
                    self._writer.write(b"\r\n")
                    await self._drain()
                    continue
                if answer[0].startswith(tag + b" "):
                    status, _, said = _text(answer[0][len(tag) + 1 :]).partition(" ")
                    if status.upper() != "OK":
                        raise ImapRefused(said.strip() or status)
                    if "CAPABILITY " in said.upper() and command != b"CAPABILITY":
                        found = _CODE.match(said)
                        if found is not None and found[1].upper() == "CAPABILITY":
                            self.capabilities = frozenset((found[2] or "").upper().split())
                    return [*answers, answer]
                if answer[0].upper().startswith(b"* BYE") and not command.startswith(b"LOGOUT"):
                    raise ImapError(_text(answer[0])[:200])
                self.news = self.news or answer[0].upper().split()[2:3] == [b"EXISTS"]
                answers.append(answer)

    async def _whole(self) -> list[bytes]:
        """One answer: text, literal, text, literal …"""
        parts: list[bytes] = []
        total = 0
        while True:
            line = await self._line()
            found = _LITERAL.search(line)
            if found is None:
                parts.append(line)
                return parts
            size = int(found[1])
            total += size
            if total > LITERAL_LIMIT:
                raise ImapError(f"the server sends {size} bytes at once")
            parts.append(line[: found.start()])
            try:
                parts.append(await self._reader.readexactly(size))
            except asyncio.IncompleteReadError:
                raise ImapError("the connection ended") from None
            except OSError as error:
                raise ImapError(str(error)) from error

    async def _line(self) -> bytes:
        try:
            line = await self._reader.readline()
        except ValueError:
            raise ImapError("the server sends endless lines") from None
        except OSError as error:
            raise ImapError(str(error)) from error
        if not line.endswith(b"\n"):
            raise ImapError("the connection ended")
        return line


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip()


def quoted(text: str | bytes) -> bytes:
    """A quoted string. Raises ImapRefused for what cannot stand in one."""
    data = text.encode() if isinstance(text, str) else text
    if any(byte in data for byte in b"\r\n\0"):
        raise ImapRefused("BAD characters")
    return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def utf7(folder: str) -> bytes:
    """A folder's name in IMAP's own UTF-7, for 已处理 and the like."""
    said = bytearray()
    for run in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", folder):
        if run.isascii() and run.isprintable():
            said += run.replace("&", "&-").encode()
        else:
            said += b"&" + base64.b64encode(run.encode("utf-16-be")).rstrip(b"=").replace(b"/", b",") + b"-"
    return bytes(said)


def uid_set(uids: Sequence[int]) -> bytes:
    """`1:3,7`."""
    ranges: list[list[int]] = []
    for uid in sorted(uids):
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return b",".join(b"%d" % first if first == last else b"%d:%d" % (first, last) for first, last in ranges)


def internal_date(text: str) -> datetime | None:
    """`17-Jul-1996 02:44:25 -0700`, with English months whatever the machine's language."""
    found = re.match(r'"?\s*(\d{1,2})-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)', text)
    if found is None:
        return None
    day, month, year, hour, minute, second = found.group(1, 2, 3, 4, 5, 6)
    names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    if month.lower() not in names:
        return None
    seconds = (int(found[8]) * 3600 + int(found[9]) * 60) * (-1 if found[7] == "-" else 1)
    try:
        moment = datetime(
            int(year), names.index(month.lower()) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        return datetime.fromtimestamp(moment.timestamp() - seconds, UTC)
    except (ValueError, OverflowError):
        return None


def _fetched(parts: list[bytes]) -> dict[str, bytes | None]:
    """Items of a `* n FETCH (…)` answer: names with their values; values in brackets are passed over."""
    if not re.match(rb"\* \d+ FETCH \(", parts[0], re.IGNORECASE):
        return {}
    tokens: list[bytes] = []
    for number, part in enumerate(parts):
        if number % 2:
            tokens.append(b"\0" + part)
            continue
        text = part.partition(b"(")[2] if number == 0 else part
        tokens.extend(_TOKEN.findall(text))
    values: dict[str, bytes | None] = {}
    name = ""
    depth = 0
    for token in tokens:
        if token == b"(":
            depth += 1
        elif token == b")":
            depth -= 1
            if depth == 0:
                values[name], name = None, ""
            elif depth < 0:
                break
        elif depth == 0:
            if not name:
                name = re.sub(r"<\d+>$", "", token.decode("ascii", "replace").upper())
            else:
                value = token[1:] if token[:1] == b"\0" else token.strip(b'"')
                values[name], name = value, ""
    return values
