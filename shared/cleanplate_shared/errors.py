"""Errors a caller may meet.

ServiceError
 ├─ BadRequest 400       the request cannot be read
 ├─ Unauthorized 401     nobody, or nobody we know
 ├─ Forbidden 403        known, but not allowed
 ├─ NotFound 404         does not exist, or not for this caller
 ├─ Conflict 409         the state forbids it
 ├─ Outdated 412         somebody else was quicker; read again
 ├─ TooLarge 413         more than we read
 ├─ Unprocessable 422    understood, and wrong in itself
 ├─ TooMany 429          later; see Retry-After
 └─ Unavailable 503      not now; see Retry-After

A service names its refusals by subclassing, with a title in the class statement.
"""

from typing import Any, ClassVar

from pydantic import BaseModel, SerializeAsAny

from cleanplate_shared.i18n import Message, msg

PROBLEM_JSON = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    code: str
    message: str


class RowProblem(FieldProblem):
    """What is wrong with one cell; `field` names row and column."""

    row: int
    column: str
    value: str


class Problem(BaseModel):
    """A refusal on the wire (RFC 9457); `type` is a stable code."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[SerializeAsAny[FieldProblem]] | None = None  # rows name their cell too


class ServiceError(Exception):
    """A normal refusal: the request was understood and cannot be done.

    Anything else that escapes is a bug and becomes a bare 500.
    """

    status: ClassVar[int] = 400
    title: ClassVar[Message] = msg("Refused")
    retry_after: int | None = None

    def __init_subclass__(cls, *, title: Message | None = None) -> None:  # noqa: D105
        super().__init_subclass__()
        if title is not None:
            cls.title = title

    def __init__(
        self, detail: Message | None = None, *, errors: list[FieldProblem] | None = None
    ) -> None:
        super().__init__(str(detail or self.title))
        self.detail = detail
        self.errors = errors

    @property
    def code(self) -> str:
        """Return the stable, machine-readable name of the error."""
        return type(self).__name__


class BadRequest(ServiceError, title=msg("The request cannot be read")):  # noqa: N818
    """The request cannot be read."""

    status = 400


class Unauthorized(ServiceError, title=msg("Please sign in")):  # noqa: N818
    """No valid sign-in came with the request."""

    status = 401


class Forbidden(ServiceError, title=msg("Not allowed")):  # noqa: N818
    """The caller is known and may not do this."""

    status = 403


class NotFound(ServiceError, title=msg("Not found")):  # noqa: N818
    """The thing named in the request does not exist, or not for this caller."""

    status = 404


class Conflict(ServiceError, title=msg("Not possible now")):  # noqa: N818
    """The thing exists in a state that forbids the request."""

    status = 409


class Outdated(ServiceError, title=msg("Changed by somebody else meanwhile")):  # noqa: N818
    """What the caller read (`If-Match`) is not what is there now; nothing was changed."""

    status = 412


class TooLarge(ServiceError, title=msg("Too large")):  # noqa: N818
    """The body is larger than this service reads."""

    status = 413


class Unprocessable(ServiceError, title=msg("Some values are wrong")):  # noqa: N818
    """The request is well formed and wrong in itself."""

    status = 422


class TooMany(ServiceError, title=msg("Too many requests")):  # noqa: N818
    """The caller must wait."""

    status = 429

    def __init__(self, detail: Message | None = None, *, retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(ServiceError, title=msg("Not available for a moment")):  # noqa: N818
    """Something this service needs does not answer."""

    status = 503
    retry_after = 5


def refusals(*errors: type[ServiceError]) -> dict[int | str, dict[str, Any]]:
    """Document the errors a route may answer with, for its `responses=`."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        said = f"{error.__name__}: {(error.__doc__ or '').splitlines()[0]}"
        entry = by_status.setdefault(error.status, _documented(""))
        entry["description"] = f"{entry['description']}\n\n{said}".strip()
    return by_status


def _documented(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {PROBLEM_JSON: {"schema": schema}}}
