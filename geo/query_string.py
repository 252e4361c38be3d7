"""A question as the query string of a view: read, and written so that equal ones are equal."""

import inspect
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from geo.errors import BadFilterError
from geo.filters import Filter, Vocabulary, parse, split

# A drawn outline of 200 corners, escaped, takes 5,000.
LONGEST: Final = 6000
# What `parse` takes, and which of these may be given more than once.
_PARAMETERS: Final = {
    name: parameter.default == ()
    for name, parameter in inspect.signature(parse).parameters.items()
    if parameter.kind is parameter.KEYWORD_ONLY
}


def read(vocabulary: Vocabulary, query: str) -> Filter:
    """The question a query string asks; raises `BadFilterError` naming what is wrong."""
    return parse(vocabulary, **_given(query))


def canonical(query: str, without: frozenset[str] = frozenset()) -> str:
    """The same question with its parameters and their values in order, some left out.

    Raises `BadFilterError` for a parameter that no question has.

    >>> canonical("status=open&domain=traffic&domain=noise&since=2026", frozenset({"since"}))
    'domain=noise,traffic&status=open'
    """
    pairs = {
        name: ",".join(sorted(value)) if isinstance(value, list) else value
        for name, value in sorted(_given(query).items())
        if name not in without
    }
    return urlencode(pairs, safe=",:")


def _given(query: str) -> dict[str, Any]:
    if len(query) > LONGEST:
        raise BadFilterError("question", f"question is longer than {LONGEST} characters")
    if "\0" in query or "%00" in query:
        raise BadFilterError("question", "question holds a NUL, which is no part of any value")
    try:
        pairs = parse_qsl(query.removeprefix("?"), strict_parsing=bool(query), errors="strict")
    except ValueError:
        raise BadFilterError(
            "question", "question is a query string, like domain=traffic&status=open"
        ) from None
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in _PARAMETERS:
            known = ", ".join(sorted(_PARAMETERS))
            raise BadFilterError("question", f"question has {name!r}; a filter has: {known}")
        if _PARAMETERS[name]:
            found[name] = split([*found.get(name, []), value])
        elif name in found:
            raise BadFilterError("question", f"question has {name!r} twice")
        else:
            found[name] = value
    return {name: value for name, value in found.items() if value}
