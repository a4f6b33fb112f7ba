"""Password hashing, off the event loop and not too much at once."""

import asyncio
import secrets
from functools import cache
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

# 19 MiB and two passes: the lighter of the two recommended argon2id settings, so that a burst of sign-ins stays small.
_hasher: Final = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
_AT_ONCE: Final = 2
_gates: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


def _gate() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    gate = _gates.get(loop)
    if gate is None:
        for closed in [other for other in _gates if other.is_closed()]:
            del _gates[closed]
        gate = _gates[loop] = asyncio.Semaphore(_AT_ONCE)
    return gate


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


async def hash_password(password: str) -> str:
    async with _gate():
        return await asyncio.to_thread(_hasher.hash, password)


async def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether `password` is right, and a fresh hash when the stored one is outdated. `None` (nobody) takes as long."""

    def work() -> tuple[bool, str | None]:
        try:
            right, fresh = _hasher.verify_and_update(password, stored if stored is not None else _nobody())
        except UnknownHashError:
            return False, None
        return (right, fresh) if stored is not None else (False, None)

    async with _gate():
        return await asyncio.to_thread(work)


def temporary() -> str:
    """A password for a first sign-in, easy to read out: no look-alike characters."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
