"""The files of the built web app: compressed when it was built, and kept by browsers."""

import mimetypes
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.types import Scope

mimetypes.add_type("application/manifest+json", ".webmanifest")

STATIC: Final = Path(__file__).parent / "static"
# The build puts a hash of the content into these names: another content is another name.
_HASHED: Final = re.compile(r"/assets/[^/]+-[\w-]{8}\.\w+$")
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
# The smaller first.
_FORMS: Final = (("br", ".br"), ("gzip", ".gz"))


def accepted(scope: Scope) -> frozenset[str]:
    """The encodings that a request takes; `gzip;q=0` takes none."""
    said = Headers(scope=scope).get("accept-encoding", "")
    taken = set()
    for part in said.split(","):
        name, _, weight = part.strip().partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            taken.add(name.strip().lower())
    return frozenset(taken)


class WebApp(StaticFiles):
    """Static files, each in the smallest form that lies beside it and the caller takes."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        path = os.fspath(full_path)
        found, encoding = path, ""
        forms = accepted(scope)
        for name, suffix in _FORMS:
            if name in forms and os.path.exists(path + suffix):
                found, encoding = path + suffix, name
                stat_result = os.stat(found)
                break
        response = super().file_response(found, stat_result, scope, status_code)
        hashed = _HASHED.search(path.replace(os.sep, "/"))
        response.headers["Cache-Control"] = FOREVER if hashed else ASK_AGAIN
        response.headers["Vary"] = "Accept-Encoding"
        if encoding and response.status_code == 200:
            response.headers["Content-Encoding"] = encoding
        return response


def first_load(page: str, *, also: Iterable[str] = ()) -> list[Path]:
    """The files that a page of the build loads at once: its scripts, styles, and `also`."""
    html = (STATIC / page).read_text("utf-8")
    named = re.findall(r'(?:src|href)="/(assets/[^"]+)"', html)
    return [STATIC / name for name in dict.fromkeys([*named, *also])]
