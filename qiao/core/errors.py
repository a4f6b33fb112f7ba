"""Expected failures. Each carries a status, a code from the catalogue (`errors.<code>`) and what the sentence needs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from qiao.core import i18n


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field. `code` is a catalogue key below `errors.`."""

    field: str
    code: str
    params: dict[str, Any] = {}


class Problem(Exception):
    """A failure a person can act on; becomes `application/problem+json` (RFC 9457). `data` is what a client needs to act."""

    status = 400

    def __init__(
        self,
        code: str,
        /,
        *,
        fields: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
        data: dict[str, Any] | None = None,
        **params: Any,
    ):
        super().__init__(code)
        self.data = data
        self.code = code
        self.params = params
        self.fields = tuple(fields)
        self.headers = headers or {}

    def body(self, locale: str, request_id: str | None = None) -> dict[str, Any]:
        """The problem document in `locale`."""
        return {
            "type": f"https://qiao.dev/errors/{self.code}",
            "title": _title(self.status, locale),
            "status": self.status,
            "detail": i18n.t(f"errors.{self.code}", locale, **self.params),
            "code": self.code,
            "errors": [
                {"field": f.field, "code": f.code, "message": i18n.t(f"errors.{f.code}", locale, **f.params)}
                for f in self.fields
            ],
            "request_id": request_id,
            **({} if self.data is None else {"data": self.data}),
        }


def _title(status: int, locale: str) -> str:
    key = f"errors.title.{status}"
    title = i18n.t(key, locale)
    return title if title != key else i18n.t("errors.title.400" if status < 500 else "errors.title.500", locale)


class Invalid(Problem):
    """The input breaks a rule; `fields` say where."""

    status = 422

    @classmethod
    def field(cls, field: str, code: str, **params: Any) -> "Invalid":
        """One bad field."""
        return cls("invalid", fields=[FieldError(field, code, params)])


class BadRequest(Problem):
    status = 400


class Unauthenticated(Problem):
    status = 401


class Forbidden(Problem):
    status = 403


class NotFound(Problem):
    """Does not exist, or is not visible to this actor: the two are deliberately alike."""

    status = 404


class Conflict(Problem):
    """The world has changed or the key is taken."""

    status = 409


class Refused(Problem):
    """An illegal move of a state machine."""

    status = 409


class TooLarge(Problem):
    status = 413


class Unsupported(Problem):
    status = 415


class RateLimited(Problem):
    status = 429


class Unavailable(Problem):
    status = 503
