"""Requests that change something, sent by pages of other sites from their visitors' browsers."""

from starlette.types import ASGIApp, Receive, Scope, Send

from api.open311 import form_of, refusal
from api.problems import problem

READS = frozenset({"GET", "HEAD", "OPTIONS"})
WHY = (
    "a page of another site may read what is public, but not report, support or order for its"
    " visitors / trang của nơi khác không được gửi thay người xem"
)


class OwnPagesAlone:
    """Refuses what a browser says comes from another site (Fetch Metadata, `Sec-Fetch-Site`).

    Programs, which send no such header, are not concerned; their limits are those of `api.guard`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["method"] not in READS
            and (b"sec-fetch-site", b"cross-site") in scope["headers"]
        ):
            path: str = scope["path"]
            refused = (
                refusal(form_of(path), 403, [WHY])
                if path.startswith("/open311/")
                else problem(403, "CrossSite", WHY)
            )
            await refused(scope, receive, send)
            return
        await self.app(scope, receive, send)
