"""HTTP doors of set-up: open, because there is nobody yet who could sign in."""

from fastapi import Request, Response

from qiao.core.web import Read, Runtime_
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Public, authenticate, client_ip, refuse_foreign_origin
from qiao.people.accounts.me import SignedInView, me_view
from qiao.people.accounts.routes.cookie import set_session
from qiao.people.setup import service
from qiao.people.setup.schemas import SetupBody, SetupState

router = Router(prefix="/setup", tags=["setup"])


@router.get("", dependencies=[Public("the first screen asks before anybody can sign in")])
async def get_setup(db: Read) -> SetupState:
    """Whether this installation has been set up."""
    return SetupState(done=await service.is_done(db))


@router.post("", status_code=201, dependencies=[Public("makes the first account; refused as soon as there is one")])
async def set_up(request: Request, response: Response, runtime: Runtime_, body: SetupBody) -> SignedInView:
    """Company, first administrator and first website in one step; signs the administrator in."""
    refuse_foreign_origin(request)
    session = await runtime.db.run(
        lambda db: service.set_up(db, body, ip=client_ip(request), user_agent=request.headers.get("user-agent"))
    )
    set_session(request, response, session)
    actor = await authenticate(request, session.token)
    async with runtime.db.read() as db:
        return await me_view(db, actor)
