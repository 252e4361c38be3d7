"""Open311 GeoReport v2 on the wire: JSON and XML of the same answers, and its own errors.

https://wiki.open311.org/GeoReport_v2/. A list of things is an array in JSON; in XML each has an
element of its own, and an empty value is an empty element.
"""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Literal
from xml.etree import ElementTree as ET

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.problems import document, status_of
from geo.errors import BadAnswersError, PhananhError

Format = Literal["json", "xml"]
MEDIA: Final[dict[Format, str]] = {
    "json": "application/json; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
}
# XML 1.0, section 2.2: what no document may hold, however it is written.
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def answer(
    form: Format, root: str, each: str, rows: Sequence[Mapping[str, Any]], status: int = 200
) -> Response:
    """Rows in the form that was asked for: `root` and `each` name the elements of XML."""
    if form == "json":
        return Response(orjson.dumps(list(rows)), status, media_type=MEDIA[form])
    top = ET.Element(root)
    for row in rows:
        _add(top, each, row)
    return Response(
        b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top, encoding="utf-8"),
        status,
        media_type=MEDIA[form],
    )


def single(form: Format, root: str, row: Mapping[str, Any]) -> Response:
    """One thing that is no list: a service's definition, or the discovery."""
    if form == "json":
        return Response(orjson.dumps(row), media_type=MEDIA[form])
    top = ET.Element("top")
    _add(top, root, row)
    return Response(
        b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top[0], encoding="utf-8"),
        media_type=MEDIA[form],
    )


# What the elements of a list are called.
_OF_A_LIST: Final = {
    "attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip


def _add(parent: ET.Element, name: str, value: Any) -> None:
    made = ET.SubElement(parent, name)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _add(made, key, inner)
    elif isinstance(value, list):
        for inner in value:
            _add(made, _OF_A_LIST[name], inner)
    elif value is not None:
        made.text = _NO_XML.sub("", str(value).lower() if isinstance(value, bool) else str(value))


def refusal(form: Format, status: int, words: Sequence[str]) -> Response:
    """Errors as GeoReport has them: a code and a description each."""
    rows = [{"code": status, "description": one} for one in words]
    return answer(form, "errors", "error", rows, status)


def form_of(path: str) -> Format:
    """The form a path asks for, also where its end is not right."""
    return "xml" if path.endswith(".xml") else "json"


class Open311Route(APIRoute):
    """A route whose errors are those of GeoReport instead of problem documents."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            form = form_of(request.url.path)
            try:
                return await handle(request)
            except BadAnswersError as error:
                return refusal(form, 400, [f"{field}: {said}" for field, said in error.errors])
            except PhananhError as error:
                # GeoReport knows 400 for what is wrong, 404 for what is not there.
                status = status_of(error)
                refused = refusal(form, 400 if status in (409, 412, 422) else status, [str(error)])
                if (again := document(error).headers.get("Retry-After")) is not None:
                    refused.headers["Retry-After"] = again
                return refused
            except RequestValidationError as error:
                said = [
                    f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}"
                    for one in error.errors()
                ]
                return refusal(form, 400, said)
            except HTTPException as error:
                refused = refusal(form, error.status_code, [str(error.detail)])
                refused.headers.update(error.headers or {})
                return refused

        return handled
