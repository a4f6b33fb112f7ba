"""What one open console is sent, for tests of what is told live."""

import asyncio


class Ear:
    def __init__(self) -> None:
        self.frames: list[str] = []

    def offer(self, frame: str) -> bool:
        self.frames.append(frame)
        return True

    async def until(self, *words: str) -> str:
        """The first frame that holds them all."""
        async with asyncio.timeout(60):
            while True:
                for frame in self.frames:
                    if all(word in frame for word in words):
                        return frame
                await asyncio.sleep(0.02)
