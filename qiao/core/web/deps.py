"""What routes ask for: a transaction, a read-only session, the reader's language."""

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from qiao.core import i18n
from qiao.core.db import Session
from qiao.core.runtime import Runtime


def runtime_from(connection: HTTPConnection) -> Runtime:
    """The runtime serving this request or socket."""
    return cast(Runtime, connection.app.state.runtime)


def locale_of(connection: HTTPConnection) -> str:
    """The reader's language: the signed-in person's choice, else `?locale=`, else Accept-Language."""
    chosen = connection.scope.get("qiao.locale")
    return i18n.match_locale(chosen, connection.query_params.get("locale"), connection.headers.get("accept-language"))


# Coroutines: what is not one runs in a thread of its own, and the hop costs more than most requests.
async def _runtime(connection: HTTPConnection) -> Runtime:
    return runtime_from(connection)


async def _locale(connection: HTTPConnection) -> str:
    return locale_of(connection)


async def _tx(connection: HTTPConnection) -> AsyncIterator[Session]:
    async with runtime_from(connection).db.transaction() as session:
        yield session


async def _read(connection: HTTPConnection) -> AsyncIterator[Session]:
    async with runtime_from(connection).db.read() as session:
        yield session


# scope="function": the transaction commits before the response is sent, so nothing unsaved is ever acknowledged.
Tx = Annotated[Session, Depends(_tx, scope="function")]
Read = Annotated[Session, Depends(_read, scope="function")]
Runtime_ = Annotated[Runtime, Depends(_runtime)]
Locale = Annotated[str, Depends(_locale)]
