"""Turns every failure into `application/problem+json` in the reader's language; never a stack trace."""

import json
import re
from typing import Any, Final

import msgspec
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from qiao.core import i18n
from qiao.core.errors import (
    BadRequest,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from qiao.core.web.deps import locale_of

logger = structlog.get_logger(__name__)

_TEXT: Final = {"type": "string"}
DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "What went wrong and what to do about it (RFC 9457), in the reader's language.",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "title": "Problem",
                    "required": ["type", "title", "status", "detail", "code", "errors"],
                    "properties": {
                        "type": {"type": "string", "format": "uri"},
                        "title": _TEXT,
                        "status": {"type": "integer"},
                        "detail": _TEXT,
                        "code": {"type": "string", "description": "Stable; decide by this one."},
                        "errors": {
                            "type": "array",
                            "description": "What is wrong with single fields.",
                            "items": {
                                "type": "object",
                                "required": ["field", "code", "message"],
                                "properties": {"field": _TEXT, "code": _TEXT, "message": _TEXT},
                            },
                        },
                        "request_id": {"type": ["string", "null"]},
                    },
                }
            }
        },
    }
}
"""The failing answers of every described route, for the API description."""

# pydantic error types that have a sentence of their own; all others read "value not understood".
_PYDANTIC_CODES = {
    "missing": "field_missing",
    "union_tag_not_found": "field_missing",
    "string_too_short": "text_too_short",
    "string_too_long": "text_too_long",
    "too_short": "list_too_short",
    "too_long": "list_too_long",
    "greater_than_equal": "number_too_small",
    "greater_than": "number_must_exceed",
    "less_than_equal": "number_too_large",
    "less_than": "number_must_be_below",
    "multiple_of": "number_step",
    "int_from_float": "number_whole",
    "int_parsing_size": "number_out_of_range",
    "literal_error": "not_a_choice",
    "enum": "not_a_choice",
    "union_tag_invalid": "not_a_choice",
    "uuid_parsing": "uuid_invalid",
    "uuid_type": "uuid_invalid",
    "json_invalid": "json_invalid",
    "extra_forbidden": "field_unknown",
    "datetime_from_date_parsing": "datetime_invalid",
    "datetime_parsing": "datetime_invalid",
    "datetime_type": "datetime_invalid",
    "datetime_object_invalid": "datetime_invalid",
    "timezone_aware": "datetime_needs_zone",
    "date_parsing": "date_invalid",
    "date_type": "date_invalid",
    "date_from_datetime_parsing": "date_invalid",
    "date_from_datetime_inexact": "date_invalid",
    "time_parsing": "time_invalid",
    "time_type": "time_invalid",
    "int_parsing": "number_invalid",
    "int_type": "number_invalid",
    "float_parsing": "number_invalid",
    "float_type": "number_invalid",
    "finite_number": "number_invalid",
    "decimal_parsing": "number_invalid",
    "decimal_type": "number_invalid",
    "bool_parsing": "boolean_invalid",
    "bool_type": "boolean_invalid",
    "string_type": "text_expected",
    "list_type": "list_expected",
    "tuple_type": "list_expected",
    "set_type": "list_expected",
    "frozen_set_type": "list_expected",
    "dict_type": "object_expected",
    "mapping_type": "object_expected",
    "model_type": "object_expected",
    "model_attributes_type": "object_expected",
    "dataclass_type": "object_expected",
    "string_pattern_mismatch": "text_form",
}
_LIMITS = ("ge", "gt", "le", "lt")
# What a rule for the form of a text means in words; all others are shown as they are.
_FORMS = (
    (re.compile(r"\^https\?://.*"), "web_address_invalid"),
    (re.compile(r"\^\(+\[01\](\\d|\[0-9\])\|2\[0-3\]\).*"), "time_invalid"),
    (re.compile(r"\^\\d\{4\}-\\d\{2\}-\\d\{2\}\$"), "date_invalid"),
    (re.compile(r"\^\[a-z\]\[a-z0-9_\]\{\d+,\d+\}(\(\\\.\[a-z\]\[a-z0-9_\]\{\d+,\d+\}\)\?)?\$"), "key_invalid"),
)


def problem_response(request: HTTPConnection, problem: Problem) -> Response:
    """The response for a problem."""
    locale = locale_of(request)
    body = problem.body(locale, request.scope.get("qiao.request_id"))
    try:
        content = msgspec.json.encode(body)
    except UnicodeEncodeError:  # what it quotes is not text
        content = json.dumps(body, default=str).encode()
    return Response(
        content,
        status_code=problem.status,
        media_type="application/problem+json",
        headers={"Content-Language": locale, **problem.headers},
    )


def _code_of(kind: str, context: dict[str, str]) -> str:
    """A room may raise `PydanticCustomError` with a code of its own catalogue."""
    if kind == "string_pattern_mismatch":
        pattern = context.get("pattern", "")
        return next((code for form, code in _FORMS if form.fullmatch(pattern)), "text_form")
    known = f"errors.{kind}" in i18n.catalogues()[i18n.DEFAULT_LOCALE]
    return _PYDANTIC_CODES.get(kind) or (kind if known else "value_invalid")


def from_validation(errors: list[Any]) -> Invalid:
    """Pydantic's errors as ours, with paths people recognise."""
    fields = []
    for error in errors:
        where = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
        context = {key: str(value) for key, value in (error.get("ctx") or {}).items()}
        kind = error["type"]
        if kind in ("too_short", "too_long") and isinstance(error.get("input"), str):
            kind = f"string_{kind}"  # a length checked after a validator of ours does not know that it measures text
        elif kind == "union_tag_not_found":
            where.append(context.get("discriminator", "").strip("'"))
        elif kind == "union_tag_invalid":
            where.append(context.get("discriminator", "").strip("'"))
            context["expected"] = context.get("expected_tags", "")
        if limit := next((context[name] for name in _LIMITS if name in context), None):
            context["limit"] = limit
        if "expected" in context:
            context["expected"] = context["expected"].replace(" or ", ", ")  # a list is read in any language
        if kind == "string_too_short" and context.get("min_length") == "1":
            kind = "missing"
        fields.append(FieldError(".".join(where) or "body", _code_of(kind, context), context))
    return Invalid("invalid", fields=fields)


def from_database(error: DBAPIError) -> Problem | None:
    """A database refusal that the caller can mend, or None."""
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, IntegrityError):
        return Conflict("already_exists") if state == "23505" else Conflict("reference_missing")
    if state in ("22021", "22P05"):  # NUL bytes and the like
        return Invalid("text_not_storable")
    if state in ("22003",):
        return Invalid("number_out_of_range")
    if state is not None and state.startswith("22"):  # a value the column or the driver cannot take
        return Invalid("value_not_storable")
    if state in ("40001", "40P01", "55P03"):
        return Conflict("busy_try_again")
    if error.connection_invalidated:
        return Unavailable("database_unavailable", headers={"Retry-After": "2"})
    return None


def unexpected(connection: HTTPConnection, error: Exception) -> Response:
    """The answer to a failure nobody foresaw: it is in the log, under the request's id."""
    logger.error("request_failed", path=connection.scope.get("path"), exc_info=error)
    problem = Problem("internal")
    problem.status = 500
    return problem_response(connection, problem)


def install(app: FastAPI) -> None:
    """Adds the handlers to the application."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return problem_response(request, error)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = list(error.errors())
        # A link that was cut off or mistyped has no fields to mend: what it names is not there.
        if any(fault["loc"][0] == "path" and fault["type"] == "uuid_parsing" for fault in faults):
            return problem_response(request, NotFound("route_not_found"))
        return problem_response(request, from_validation(faults))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        problem: Problem
        if error.status_code == 404:
            problem = NotFound("route_not_found")
        elif error.status_code == 405:
            problem = BadRequest("method_not_allowed")
            problem.status = 405
        elif error.status_code == 401:
            problem = Unauthenticated("sign_in_required")
        elif error.status_code == 403:
            problem = Forbidden("forbidden")
        elif error.status_code == 413:
            problem = TooLarge("content_too_large")
        else:
            problem = BadRequest("bad_request")
            problem.status = error.status_code
        if error.headers:
            problem.headers = dict(error.headers)
        return problem_response(request, problem)

    async def on_database(request: Request, error: Exception) -> Response:
        assert isinstance(error, DBAPIError)
        problem = from_database(error)
        return problem_response(request, problem) if problem else await on_anything(request, error)

    async def on_pool(request: Request, error: Exception) -> Response:
        return problem_response(request, Unavailable("busy_try_again", headers={"Retry-After": "1"}))

    async def on_anything(request: Request, error: Exception) -> Response:
        return unexpected(request, error)

    async def on_encoding(request: Request, error: Exception) -> Response:
        # Half a character pair (\\ud800), which JSON can say and nobody can write down.
        return problem_response(request, Invalid("text_not_storable"))

    async def on_depth(request: Request, error: Exception) -> Response:
        return problem_response(request, Invalid("value_not_storable"))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(DBAPIError, on_database)
    app.add_exception_handler(PoolTimeout, on_pool)
    app.add_exception_handler(UnicodeEncodeError, on_encoding)
    app.add_exception_handler(RecursionError, on_depth)
    app.add_exception_handler(Exception, on_anything)
