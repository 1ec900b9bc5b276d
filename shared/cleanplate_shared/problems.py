"""The one place that turns errors into HTTP answers (RFC 9457), in two languages."""

import re
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from cleanplate_shared.errors import (
    PROBLEM_JSON,
    BadRequest,
    Conflict,
    FieldProblem,
    Problem,
    ServiceError,
    Unauthorized,
    Unavailable,
    Unprocessable,
)
from cleanplate_shared.i18n import Locale, Message, msg, negotiate

log = structlog.get_logger(__name__)

# Constraints that two requests at once can meet though each was right by itself; databases' words.
_RACES = ("unique constraint", "foreign key constraint", "exclusion constraint")
_QUOTED = re.compile(r"'([^']*)'")
_MOST_PROBLEMS = 100  # a body of a million unknown fields gets a short answer
_TITLES: dict[int, Message] = {
    404: msg("Not found"),
    405: msg("This address does not take that method"),
}
# What pydantic found, in words a person can act on. Keys are pydantic's error types.
_WORDS: dict[str, Message] = {
    "missing": msg("This is required."),
    "extra_forbidden": msg("This is not a known field."),
    "string_too_short": msg("Write at least {min_length} characters."),
    "string_too_long": msg("Write at most {max_length} characters."),
    "string_pattern_mismatch": msg("This has characters that are not allowed here."),
    "string_type": msg("Write text here."),
    "int_type": msg("Write a whole number."),
    "int_parsing": msg("Write a whole number."),
    "int_from_float": msg("Write a whole number."),
    "float_parsing": msg("Write a number."),
    "float_type": msg("Write a number."),
    "finite_number": msg("Write a number."),
    "decimal_parsing": msg("Write a number."),
    "decimal_type": msg("Write a number."),
    "decimal_max_places": msg("Write at most {decimal_places} decimal places."),
    "decimal_max_digits": msg("Write at most {max_digits} digits."),
    "decimal_whole_digits": msg("Write at most {whole_digits} digits before the point."),
    "bool_type": msg("Write true or false."),
    "bool_parsing": msg("Write true or false."),
    "greater_than_equal": msg("Must be {ge} or more."),
    "greater_than": msg("Must be more than {gt}."),
    "less_than_equal": msg("Must be {le} or less."),
    "less_than": msg("Must be less than {lt}."),
    "too_short": msg("Give at least {min_length}."),
    "too_long": msg("Give at most {max_length}."),
    "literal_error": msg("Must be one of: {expected}."),
    "enum": msg("Must be one of: {expected}."),
    "uuid_parsing": msg("Write an id (UUID)."),
    "uuid_type": msg("Write an id (UUID)."),
    "date_from_datetime_parsing": msg("Write a day as YYYY-MM-DD."),
    "date_parsing": msg("Write a day as YYYY-MM-DD."),
    "date_type": msg("Write a day as YYYY-MM-DD."),
    "datetime_from_date_parsing": msg(
        "Write an instant with offset, as 2026-01-31T12:00:00+08:00."
    ),
    "datetime_parsing": msg("Write an instant with offset, as 2026-01-31T12:00:00+08:00."),
    "timezone_aware": msg("Add the offset, as in +08:00."),
    "ends_early": msg("The end must be later than the beginning."),
    "twice": msg("The same is here twice."),
}


def words(error: dict[str, Any]) -> Message:
    """Return one pydantic error as a sentence with its remedy."""
    known = _WORDS.get(str(error["type"]))
    if known is None:
        return msg("This value is not valid ({reason}).", reason=error["type"])
    params = dict(error.get("ctx") or {})
    if codes := _QUOTED.findall(str(params.get("expected", ""))):
        params["expected"] = ", ".join(codes)
    return Message(known.text, params)


def field_problems(
    error: ValidationError | RequestValidationError, locale: Locale
) -> list[FieldProblem]:
    """Return the first hundred wrong fields of a validation error, with words in `locale`."""
    return [
        FieldProblem(
            field=".".join(
                str(part) for part in found["loc"] if part not in {"body", "query", "path"}
            ),
            code=str(found["type"]),
            message=words(dict(found)).in_(locale),
        )
        for found in error.errors()[:_MOST_PROBLEMS]
    ]


def answer(error: ServiceError, locale: Locale) -> JSONResponse:
    """Return the HTTP answer for a refusal."""
    body = Problem(
        type=error.code,
        title=error.title.in_(locale),
        status=error.status,
        detail=error.detail.in_(locale) if error.detail else None,
        errors=error.errors,
    )
    headers: dict[str, str] = {"Content-Language": locale}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == Unauthorized.status:
        headers["WWW-Authenticate"] = "Bearer"
    content = body.model_dump(exclude_none=True)
    return JSONResponse(content, error.status, headers, media_type=PROBLEM_JSON)


def failure(locale: Locale) -> JSONResponse:
    """Return the HTTP answer for a bug; it says nothing of what happened inside."""
    body = Problem(
        type="InternalError", title=msg("Something went wrong here").in_(locale), status=500
    )
    return JSONResponse(body.model_dump(exclude_none=True), 500, media_type=PROBLEM_JSON)


async def answer_to(request: Request, error: Exception) -> Response:
    """Return what the application answers to an error that its routes raise; else raise it."""
    for kind in type(error).__mro__[:-1]:
        handler = request.app.exception_handlers.get(kind)
        if handler is not None and kind is not Exception:
            answered: Response = await handler(request, error)
            return answered
    raise error


def _locale(request: Request) -> Locale:
    return negotiate(request.headers.get("accept-language"))


async def _overtaken(request: Request, error: IntegrityError) -> JSONResponse:
    """Answer a constraint that no action expected: two requests at once, or a bug."""
    found = str(error.orig).partition("\n")[0]  # the constraint, without the values
    log.error("constraint_refused", error=found)
    if not any(kind in found.lower() for kind in _RACES):
        return failure(_locale(request))
    detail = msg("Somebody else changed the same just now; please try again.")
    return answer(Conflict(detail), _locale(request))


def install(app: FastAPI) -> None:
    """Answer every refusal and every failure as RFC 9457 problem details."""

    @app.exception_handler(ServiceError)
    async def _refused(request: Request, error: ServiceError) -> JSONResponse:
        return answer(error, _locale(request))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        locale = _locale(request)
        if any(found["type"] == "json_invalid" for found in error.errors()):
            return answer(BadRequest(msg("The body is not valid JSON.")), locale)
        return answer(Unprocessable(errors=field_problems(error, locale)), locale)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        title = _TITLES.get(error.status_code, msg("The request cannot be read"))
        body = Problem(
            type=f"Http{error.status_code}",
            title=title.in_(_locale(request)),
            status=error.status_code,
        )
        content = body.model_dump(exclude_none=True)
        return JSONResponse(content, error.status_code, error.headers, media_type=PROBLEM_JSON)

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(InterfaceError)
    @app.exception_handler(OperationalError)
    async def _database_away(request: Request, error: Exception) -> JSONResponse:
        log.error("database_unavailable", error=str(error))
        return answer(
            Unavailable(msg("The database does not answer; please try again.")), _locale(request)
        )

    app.exception_handler(IntegrityError)(_overtaken)

    @app.exception_handler(Exception)
    async def _bug(request: Request, _error: Exception) -> JSONResponse:
        return failure(_locale(request))
