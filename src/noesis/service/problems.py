"""What is answered in place of a result: problem details (RFC 9457) that say what is wrong and where in the
request. Owns their format and which exception becomes which."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from noesis.errors import NoesisError, QueryError
from noesis.service.errors import RefusedError

CONTENT_TYPE = "application/problem+json"
PLACE = {"$ref": "#/components/schemas/Problem"}
MOST_FAULTS = 20  # of a body with a hundred wrong queries

log = logging.getLogger("noesis.service")


class Fault(BaseModel):
    """One thing that is wrong: ``where`` is a path such as ``body.queries.3.limit``."""

    where: str
    what: str


class Problem(BaseModel):
    """RFC 9457. ``type`` is ``about:blank``: the status says the kind, ``detail`` and ``errors`` the rest."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


def problem(
    status: int, detail: str, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The answer."""
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))
    return Response(told.model_dump_json(), status, headers=dict(headers or {}), media_type=CONTENT_TYPE)


def register(app: FastAPI) -> None:
    """Answer every exception of the application with a problem."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(NoesisError, _ours)
    app.add_exception_handler(Exception, _fault)


def document(app: FastAPI) -> None:
    """Say in the application's schema that problems have a media type of their own; FastAPI would give them
    the answer's."""
    described = app.openapi()
    for path in described["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if status >= "4":
                    answer["content"] = {CONTENT_TYPE: {"schema": PLACE}}


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    faults = [Fault(where=_where(one["loc"]), what=_what(one)) for one in found[:MOST_FAULTS]]
    first = f"{faults[0].where}: {faults[0].what}"
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return problem(422, first + more, faults)


def _where(place: Sequence[object]) -> str:
    """Only what a problem can say: a key of the body may hold half a character (a lone surrogate)."""
    return ".".join(str(part) for part in place).encode("utf-8", "replace").decode()


def _what(found: Mapping[str, object]) -> str:
    context = found.get("ctx")
    reason = context.get("error") if isinstance(context, dict) else None
    return f"{found['msg']}: {reason}" if isinstance(reason, str) else str(found["msg"])


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    told = {  # those of the libraries say only what their number says
        400: "the body cannot be read; send JSON in UTF-8",
        404: f"there is nothing at {path}; GET {request.app.openapi_url} says what there is",
        405: f"{request.method} is not for {path}; the header Allow says what is",
    }
    return problem(error.status_code, told.get(error.status_code, error.detail), headers=error.headers)


def _ours(_: Request, error: Exception) -> Response:
    if isinstance(error, RefusedError):
        faults = [Fault(where=error.where, what=str(error))] if error.where else []
        asked = {"WWW-Authenticate": "APIKey"} if error.status == 401 else {}  # RFC 9110, 15.5.2
        return problem(error.status, str(error), faults, asked)
    if isinstance(error, QueryError):
        return problem(422, str(error))
    log.error("a request could not be answered: %s", error)
    return problem(503, str(error))


def _fault(*_: object) -> Response:
    return problem(500, "a fault of the server's; its log has the traceback under this request's id")
