"""Errors as RFC 9457 problem documents: one table from class to status."""

import traceback
import uuid
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from psycopg.errors import DiskFull, QueryCanceled
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.field_messages import message_of
from api.refusals import (
    ChallengeWantedError,
    LimitedError,
    NotTakenError,
    RefusalError,
    SaidBeforeError,
    SignOnError,
)
from geo.errors import (
    BadAnswersError,
    BadFilterError,
    BadMoveError,
    ChangedMeanwhileError,
    ConflictError,
    NotAllowedError,
    NotAnsweredError,
    NotEditableError,
    NotFoundError,
    NotSignedInError,
    NotSupportableError,
    NotTakenHereError,
    NotYoursError,
    OutsideCityError,
    OverloadedError,
    PasswordChangeError,
    PhananhError,
    PhotoRefusedError,
    UnknownLinkError,
    WordsRefusedError,
)
from geo.handling import StaleError
from geo.second_factor import NotOpenedError, WrongCodeError
from geo.signing_in import WrongPasswordError

log = structlog.get_logger()


class Problem(BaseModel):
    """RFC 9457: what is wrong, in words for a person, and which fields."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None
    id: str | None = None
    notice: dict[str, Any] | None = None
    """Of a category that is not taken here: vi, en, phone."""
    wait_s: int | None = None
    """Of "Limited": seconds after which the same will do, as in Retry-After."""
    challenge: str | None = None
    """Of "ChallengeWanted": where the proof of work is that has to come with the request."""
    code: str | None = None
    """Of "SaidBefore", to the device that said it."""


_DOCUMENT: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": Problem.model_json_schema()}}
}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"description": "Something about the request is wrong; the document says what"}
    | _DOCUMENT,
    "5XX": {"description": "Not the caller's fault; 503 says when to try again"} | _DOCUMENT,
}

_STATUS: dict[type[PhananhError], int] = {
    BadFilterError: 422,
    NotFoundError: 404,
    NotYoursError: 404,
    OutsideCityError: 422,
    ConflictError: 409,
    OverloadedError: 503,
    NotTakenHereError: 422,
    BadAnswersError: 422,
    UnknownLinkError: 401,
    NotAllowedError: 403,
    NotSignedInError: 401,
    PasswordChangeError: 403,
    NotEditableError: 409,
    NotSupportableError: 409,
    ChangedMeanwhileError: 412,
    BadMoveError: 409,
    NotAnsweredError: 409,
    PhotoRefusedError: 422,
    WordsRefusedError: 422,
    WrongPasswordError: 403,
    WrongCodeError: 403,
    NotOpenedError: 409,
    SignOnError: 403,
    StaleError: 412,
    NotTakenError: 422,
    ChallengeWantedError: 403,
    SaidBeforeError: 409,
    LimitedError: 429,
}
_REFUSED_STATUS: Final = {"type": 415, "bytes": 413}


# Of what is raised outside of the domain: by the framework, or where there is no route.
_WORDS: Final = {
    404: "there is nothing at this address / không có gì ở địa chỉ này",
    405: "this address does not take such a request / địa chỉ này không nhận yêu cầu kiểu này",
    413: "what was sent is too large: please make it smaller"
    " / nội dung gửi lên quá lớn: hãy gửi ít hơn",
}


class TooLargeInWords:
    """The outermost ASGI layer: a body that is too large is refused with a problem document.

    The framework answers with plain text, outside of all handlers and layers of an app.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        replaced = False

        async def worded(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and message["status"] == 413:
                kind = Headers(raw=message["headers"]).get("content-type", "")
                replaced = kind.startswith("text/plain")
                if replaced:
                    answer = problem(413, "Content Too Large", _WORDS[413])
                    await answer(scope, receive, send)
            if not replaced:
                await send(message)

        await self.app(scope, receive, worded)


def status_of(error: PhananhError) -> int:
    """The HTTP status of an error of the domain."""
    return _STATUS.get(type(error), 400)


def problem(status: int, title: str, detail: str, **more: Any) -> JSONResponse:
    headers = {"Retry-After": "2"} if status == 503 else {}
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _members(error: PhananhError) -> dict[str, Any]:
    """What a program reads of an error, beside its sentence."""
    if isinstance(error, BadFilterError):
        return {"errors": [{"field": error.field, "message": str(error)}]}
    if isinstance(error, BadAnswersError):
        return {"errors": [{"field": field, "message": said} for field, said in error.errors]}
    if isinstance(error, StaleError):
        return {"version": error.version, "changed": error.changed}
    if isinstance(error, NotTakenHereError):
        return {"notice": error.notice}
    if isinstance(error, PhotoRefusedError):
        return {"reason": error.reason}
    return error.members if isinstance(error, RefusalError) else {}


def document(error: PhananhError) -> JSONResponse:
    """The document of an error that is meant for the asker."""
    title = type(error).__name__.removesuffix("Error")
    status = _STATUS.get(type(error), 400)
    if isinstance(error, PhotoRefusedError):
        status = _REFUSED_STATUS.get(error.reason, status)
    answer = problem(status, title, str(error), **_members(error))
    if isinstance(error, LimitedError):
        answer.headers["Retry-After"] = str(error.wait_s)
    if isinstance(error, UnknownLinkError):
        # RFC 9110, section 11.6.1: a 401 says how to mend it.
        answer.headers["WWW-Authenticate"] = 'Bearer realm="private link"'
    if isinstance(error, NotSignedInError):
        answer.headers["WWW-Authenticate"] = 'Session realm="officials"'
    return answer


def install(app: FastAPI) -> None:
    """Give every error of the app its document."""

    @app.exception_handler(PhananhError)
    def domain_error(request: Request, error: PhananhError) -> Response:
        return document(error)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"field": ".".join(str(part) for part in item["loc"][1:]), "message": message_of(item)}
            for item in error.errors()
        ]
        detail = "some fields are not right / có mục chưa đúng"
        return problem(422, "Invalid request", detail, errors=errors)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        said = str(error.detail)
        answer = problem(error.status_code, said, _WORDS.get(error.status_code, said))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    @app.exception_handler(TimeoutError)
    def database_away(request: Request, error: Exception) -> Response:
        if isinstance(getattr(error, "orig", None), QueryCanceled):
            log.warning("question_too_long", path=request.url.path)
            detail = (
                "this question takes too long: ask for less time, fewer words or a smaller box"
                " / câu hỏi này mất quá nhiều thời gian: hãy chọn thời gian ngắn hơn, ít từ hơn"
                " hoặc nơi nhỏ hơn"
            )
            return problem(503, "Too slow", detail)
        if isinstance(getattr(error, "orig", None), DiskFull):
            log.error("disk_full")
            detail = (
                "the disk of the database is full: nothing of this was stored, nothing is lost"
                " / máy chủ hết chỗ lưu: chưa có gì được lưu, không mất gì cả"
            )
            return problem(503, "No room", detail)
        log.warning("database_unavailable", error=type(error).__name__)
        detail = "the database does not answer at the moment / máy chủ tạm thời chưa trả lời được"
        return problem(503, "Try again shortly", detail)

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> Response:
        number = uuid.uuid4().hex
        if isinstance(error, DBAPIError):
            # The database's message may quote a row: where it happened says enough.
            code = getattr(error.orig, "sqlstate", None)
            where = traceback.format_tb(error.__traceback__)[-6:]
            log.error("unforeseen_database_error", id=number, sqlstate=code, where=where)
        else:
            log.error("unforeseen_error", id=number, exc_info=error)
        detail = f"report it with the id {number} / máy chủ gặp lỗi, hãy báo kèm mã {number}"
        return problem(500, "Something went wrong", detail, id=number)
