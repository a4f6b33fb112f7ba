"""A small console: it keeps what it is told by the rules the real one keeps it by."""

from typing import Any
from uuid import UUID

from qiao.core.runtime import Runtime
from tests.served import Line, line


class Console:
    """Conversations and transcripts as one person sees them: snapshot, then events; newer wins."""

    def __init__(self, runtime: Runtime, colleague: Any, address: str, watch: list[UUID]):
        self.runtime = runtime
        self.who = colleague
        self.address = address
        self.watch = watch
        self.cursor: str | None = None
        self.conversations: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[int, dict[str, Any]]] = {}
        self.reloads = 0
        self.gaps = 0
        self._context: Any = None
        self.line: Line | None = None

    async def connect(self) -> None:
        self._context = line(self.address, cookie=self.who.cookie)
        self.line = await self._context.__aenter__()
        hello: dict[str, Any] = {"op": "hello", "watch": [str(key) for key in self.watch]}
        if self.cursor:
            hello["cursor"] = self.cursor
        await self.line.say(**hello)
        welcome = await self.line.hear()
        assert welcome["op"] == "welcome", welcome
        self.cursor = welcome["cursor"] if not welcome["resumed"] else self.cursor
        if not welcome["resumed"]:
            await self.snapshot()

    async def disconnect(self) -> None:
        if self._context is not None:
            await self._context.__aexit__(None, None, None)
            self._context = self.line = None

    async def snapshot(self) -> None:
        self.reloads += 1
        self.conversations = {c["id"]: c for c in (await self.who.get("/conversations", limit=200))["items"]}
        self.messages = {}
        for key in self.conversations:
            items = (await self.who.get(f"/conversations/{key}/messages", after_seq=0, limit=200))["items"]
            self.messages[key] = {m["seq"]: m for m in items}

    async def catch_up(self) -> None:
        """Applies everything it has to hear of what is committed by now."""
        if self.line is None:
            return
        again = True
        while again:
            again = False
            for frame in await self.line.so_far(self.runtime):
                if frame["op"] == "reload":
                    await self.snapshot()
                    again = True
                elif frame["op"] == "event":
                    self.cursor = frame["cursor"]
                    self.apply(frame["type"], frame["data"])

        await self._fill_gaps()

    async def _fill_gaps(self) -> None:
        """What was written while this person could not see a conversation they see again shows as a gap in its numbers."""
        for key, held in self.messages.items():
            conversation = self.conversations.get(key)
            if conversation is None or not held:
                continue
            missing = sorted(set(range(min(held), conversation["last_seq"] + 1)) - held.keys())
            if missing:
                self.gaps += 1
                page = await self.who.get(f"/conversations/{key}/messages", after_seq=missing[0] - 1, limit=200)
                held.update({m["seq"]: m for m in page["items"]})

    def apply(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "conversation.changed":
            new = data["conversation"]
            known = self.conversations.get(new["id"])
            if known is None or (new["version"], new["last_seq"]) >= (known["version"], known["last_seq"]):
                self.conversations[new["id"]] = new
        elif kind == "conversation.gone":
            self.conversations.pop(data["id"], None)
            self.messages.pop(data["id"], None)
        elif kind in ("message.created", "message.changed"):
            message = data["message"]
            mine = self.messages.setdefault(message["conversation_id"], {})
            known = mine.get(message["seq"])
            if known is None or not (known["recalled_at"] and not message["recalled_at"]):
                mine[message["seq"]] = message
