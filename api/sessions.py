"""The session's cookie, and answers that are for one person alone."""

from datetime import timedelta
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from api.auth import COOKIE, PRIVATE

LONGEST: Final = timedelta(hours=12)


def answer_of(content: Any, status: int = 200) -> JSONResponse:
    """JSON that nothing on the way keeps."""
    return JSONResponse(content, status, headers=PRIVATE)


def give(request: Request, response: Response, token: str) -> None:
    """Put a session's token into its cookie."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        secure=request.app.state.settings.base_url.startswith("https://"),
        samesite="lax",
    )


def browser_of(said: str) -> str:
    """The browser and the system in words a person knows, from a User-Agent.

    >>> browser_of("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/126.0 Safari/537")
    'Chrome, Android'
    """
    browsers = (("Edg", "Edge"), ("CriOS", "Chrome"), ("Chrome", "Chrome"))
    rest = (("Firefox", "Firefox"), ("Safari", "Safari"), ("python", "Python"))
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"))
    others = (("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))
    found = [
        next((name for mark, name in marks if mark in said), "")
        for marks in (browsers + rest, systems + others)
    ]
    return ", ".join(filter(None, found)) or "?"
