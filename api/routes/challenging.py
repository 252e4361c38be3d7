"""The proof of work that a suspicious request is asked for; everyone may ask for one."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.challenges import MOST_LEVEL
from api.dependencies import EVERYONE
from api.guard import Guard, guarded

router = APIRouter(prefix="/api/v1", tags=EVERYONE)


@router.get("/challenge", dependencies=[guarded("challenges")])
def challenge(
    request: Request,
    response: Response,
    level: Annotated[
        int | None, Query(ge=1, le=MOST_LEVEL, description="as a 403 ChallengeWanted said")
    ] = None,
) -> dict[str, Any]:
    """A challenge of ALTCHA (PBKDF2), good once and for twenty minutes.

    Only when a request was answered by 403 with the title ChallengeWanted: send that again with
    the solution, as ALTCHA's base64 payload, in `challenge`. Each level takes twice as long.
    """
    guard: Guard = request.app.state.guard
    response.headers["Cache-Control"] = "no-store"
    return guard.challenges.issue(level or guard.level_of(request))
