"""What answers begin with: templates and grounds of refusals, which admins set."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from api.auth import PRIVATE, Admin, OfficialDatabase
from api.dependencies import ADMINS
from api.routes.acting import Body, Words
from geo import audit, grounds, templates
from geo.templates import Wish

router = APIRouter(prefix="/api/v1/admin", tags=ADMINS)
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
GroundCode = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9-]+$")]


class Template(Body):
    """For a domain, a category or, with neither, for all."""

    name: str = Field(max_length=200)
    text: Words = Field(description="with {fields} that whoever answers fills")
    language: str = Field(default="vi", max_length=2)
    domain: str | None = Field(default=None, max_length=100)
    category: str | None = Field(default=None, max_length=100)

    def wish(self) -> Wish:
        return Wish(self.name, self.text, self.language, self.domain, self.category)


class Ground(Body):
    vi: Words
    en: Words
    law: Words = Field(description="the law or rule, as citizens are told it")


def _told(content: Any, status: int = 200) -> Response:
    return JSONResponse(content, status, dict(PRIVATE))


def _templates(db: OfficialDatabase) -> list[dict[str, Any]]:
    return [one._asdict() | {"fields": one.fields} for one in templates.all_of_them(db)]


@router.get("/templates", response_class=JSONResponse)
def list_templates(db: OfficialDatabase, who: Admin) -> Response:
    """Every template of answers, with the names of its fields."""
    return _told({"templates": _templates(db)})


@router.post("/templates", status_code=201, response_class=JSONResponse)
def add_template(body: Template, db: OfficialDatabase, who: Admin) -> Response:
    """Add one; 409 where its name is taken in its language."""
    number = templates.add(db, body.wish())
    audit.append(db, "template.new", str(number), name=body.name)
    return _told({"id": number, "templates": _templates(db)}, 201)


@router.put("/templates/{number}", response_class=JSONResponse)
def change_template(number: Number, body: Template, db: OfficialDatabase, who: Admin) -> Response:
    """Give one other words; answers that were made from it stay."""
    templates.change(db, number, body.wish())
    audit.append(db, "template.changed", str(number), name=body.name)
    return _told({"id": number, "templates": _templates(db)})


@router.delete("/templates/{number}", response_class=JSONResponse)
def remove_template(number: Number, db: OfficialDatabase, who: Admin) -> Response:
    """Take one away."""
    name = templates.remove(db, number)
    audit.append(db, "template.gone", str(number), name=name)
    return _told({"templates": _templates(db)})


def _grounds(db: OfficialDatabase) -> Response:
    return _told({"grounds": [one._asdict() for one in grounds.present(db)]})


@router.get("/grounds", response_class=JSONResponse)
def list_grounds(db: OfficialDatabase, who: Admin) -> Response:
    """Every ground of refusals; `shipped`: nobody here has confirmed it yet."""
    return _grounds(db)


@router.put("/grounds/{code}", response_class=JSONResponse)
def put_ground(code: GroundCode, body: Ground, db: OfficialDatabase, who: Admin) -> Response:
    """Add one, or give one other words: it is this operator's own then."""
    grounds.put(db, code, body.vi, body.en, body.law)
    audit.append(db, "ground.changed", code, law=body.law)
    return _grounds(db)


@router.delete("/grounds/{code}", response_class=JSONResponse)
def remove_ground(code: GroundCode, db: OfficialDatabase, who: Admin) -> Response:
    """Offer one no more; refusals that name it stay."""
    grounds.remove(db, code)
    audit.append(db, "ground.gone", code)
    return _grounds(db)
