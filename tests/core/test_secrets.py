"""Sealed secrets: opened only here, only for what they were sealed for, and never after a change."""

import pytest

from qiao.core.runtime import Runtime
from qiao.core.secrets import Unsealable, seal, unseal


async def test_a_sealed_secret_opens_for_its_purpose_only(runtime: Runtime) -> None:
    async with runtime.db.read() as db:
        with pytest.raises(Unsealable):
            await unseal(db, "llm", b"nothing was sealed here before")
    async with runtime.db.transaction() as db:
        sealed = await seal(db, "llm", "sk-钥匙")
        assert await seal(db, "llm", "sk-钥匙") != sealed
    assert b"sk-" not in sealed
    async with runtime.db.read() as db:
        assert await unseal(db, "llm", sealed) == "sk-钥匙"
        for purpose, changed in (("mail", sealed), ("llm", sealed[:-1] + b"x"), ("llm", b""), ("llm", sealed[:14])):
            with pytest.raises(Unsealable):
                await unseal(db, purpose, changed)
    runtime.settings.secret_key = "kept outside of the database"
    async with runtime.db.read() as db:
        with pytest.raises(Unsealable):
            await unseal(db, "llm", sealed)
