"""The session cookie, set and removed in one place so that its attributes always match."""

from typing import Final

from fastapi import Request, Response

from qiao.core.web.deps import runtime_from
from qiao.people.accounts.credentials import COOKIE
from qiao.people.accounts.identity import LONGEST_SESSION
from qiao.people.accounts.sessions import SignedInAs

_PATH: Final = "/"


def _https(request: Request) -> bool:
    base_url = runtime_from(request).settings.base_url
    return request.url.scheme == "https" or bool(base_url and base_url.startswith("https://"))


def set_session(request: Request, response: Response, session: SignedInAs) -> None:
    """A remembered session outlives the browser window; the server decides in either case when it ends."""
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=int(LONGEST_SESSION.total_seconds()) if session.remember else None,
        path=_PATH,
        secure=_https(request),
        httponly=True,
        samesite="lax",
    )


def clear_session(request: Request, response: Response) -> None:
    response.delete_cookie(COOKIE, path=_PATH, secure=_https(request), httponly=True, samesite="lax")
