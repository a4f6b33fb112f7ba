"""The visitor's door: who a widget request comes from."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from qiao.channels.webchat.origins import check_page
from qiao.channels.webchat.visitors import Visitor, Visitors
from qiao.core.web import runtime_from
from qiao.people.accounts.access import Access, bearer_of, door


async def visitor_of(connection: HTTPConnection) -> Visitor:
    """The visitor behind a request's bearer token. Raises Unauthenticated or Forbidden."""
    visitors = runtime_from(connection).get(Visitors)
    visitor = await visitors.resolve(bearer_of(connection))
    if "origin" in connection.headers:
        check_page(connection, await visitors.inbox(visitor.inbox_id))
    return visitor


@door(Access("visitor"))
async def _visitor(connection: HTTPConnection) -> Visitor:
    return await visitor_of(connection)


CurrentVisitor = Annotated[Visitor, Depends(_visitor)]
