"""Domains and categories, for admins: named, ordered, switched, what they ask and tell."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import PRIVATE, Admin, OfficialDatabase
from api.dependencies import ADMINS
from geo import audit, category_settings, form_words, kind_changes
from geo.errors import ConflictError
from geo.kind_changes import CategoryKind, Kind
from geo.schema import category, domain

router = APIRouter(prefix="/api/v1/admin", tags=ADMINS)
Code = Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")]
NewCode = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
MOST_SETTINGS: Final = 100


class NewDomain(Kind):
    code: NewCode


class NewCategory(CategoryKind):
    code: NewCode


class CategoryChange(CategoryKind):
    """`reveal` is to be said where what was sensitive becomes public, place and words too."""

    reveal: bool = False


class Wanted(BaseModel):
    """Settings of a category, as `docs/categories.md` has them; what is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: Annotated[dict[str, Any], Field(max_length=MOST_SETTINGS)]


@router.get("/domains")
def domains(db: OfficialDatabase, who: Admin, answer: Response) -> dict[str, Any]:
    """All of them with their categories and settings, those that are switched off too."""
    answer.headers.update(PRIVATE)
    return {"domains": kind_changes.listed(db)}


@router.post("/domains", status_code=201)
def add_domain(db: OfficialDatabase, who: Admin, body: NewDomain) -> dict[str, Any]:
    """A new domain, with nothing in it yet."""
    kind_changes.add(db, body.code, Kind(**body.model_dump(exclude={"code"})))
    return {"code": body.code}


@router.patch("/domains/{code}")
def change_domain(db: OfficialDatabase, who: Admin, code: Code, body: Kind) -> dict[str, Any]:
    """Change what is given; `before` undoes it."""
    return {"code": code, "before": kind_changes.change(db, code, body)}


@router.delete("/domains/{code}", status_code=204)
def remove_domain(db: OfficialDatabase, who: Admin, code: Code) -> Response:
    """Delete a domain that has no category."""
    kind_changes.remove(db, domain, code)
    return Response(status_code=204, headers=PRIVATE)


@router.post("/categories", status_code=201)
def add_category(db: OfficialDatabase, who: Admin, body: NewCategory) -> dict[str, Any]:
    """A new category of a domain."""
    kind_changes.add(db, body.code, CategoryKind(**body.model_dump(exclude={"code"})))
    return {"code": body.code}


@router.patch("/categories/{code}")
def change_category(
    db: OfficialDatabase, who: Admin, code: Code, body: CategoryChange
) -> dict[str, Any]:
    """Change what is given; `before` undoes it, but for what was public in between."""
    before = kind_changes.change(db, code, CategoryKind(**body.model_dump(exclude={"reveal"})))
    if before.get("sensitive") and body.sensitive is False and not body.reveal:
        raise ConflictError(
            "what was reported of it until now would become public, place and words too:"
            " say reveal / phản ánh cũ sẽ thành công khai cả nơi và nội dung: hãy xác nhận"
        )
    return {"code": code, "before": before}


@router.put("/categories/{code}/settings")
def change_settings(db: OfficialDatabase, who: Admin, code: Code, body: Wanted) -> dict[str, Any]:
    """What it asks, tells and counts as near; `before` undoes it."""
    known = category_settings.present(db)
    after = category_settings.change(db, code, body.settings)
    kind_changes.announce(db)
    before = known[code].model_dump(mode="json")
    changed = sorted(name for name, value in after.model_dump(mode="json").items()
                     if value != before[name])  # fmt: skip
    audit.append(db, "category", code, changed=changed)
    return {"code": code, "before": {name: before[name] for name in changed}} | _form(after)


@router.post("/categories/preview")
def preview(db: OfficialDatabase, who: Admin, body: Wanted) -> dict[str, Any]:
    """How the form would look, in words; what is wrong is refused as when it is set."""
    return _form(category_settings.checked(body.settings))


@router.delete("/categories/{code}", status_code=204)
def remove_category(db: OfficialDatabase, who: Admin, code: Code) -> Response:
    """Delete a category that was never used; others are switched off."""
    kind_changes.remove(db, category, code)
    return Response(status_code=204, headers=PRIVATE)


def _form(settings: category_settings.Settings) -> dict[str, Any]:
    return {"form": {one: form_words.spoken(settings, one) for one in ("vi", "en")}}
