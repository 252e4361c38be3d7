"""Settings that admins change while the service runs."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import PRIVATE, Admin, OfficialDatabase
from api.dependencies import ADMINS
from geo import audit, instance_settings

router = APIRouter(prefix="/api/v1/admin/settings", tags=ADMINS)


class Values(BaseModel):
    """Only what is to change; null takes a value back to what is shipped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    values: Annotated[dict[str, Any], Field(min_length=1, max_length=50)]


@router.get("")
def settings(db: OfficialDatabase, who: Admin, answer: Response) -> dict[str, Any]:
    """Every group: its values, what is shipped, the bounds, and what each means."""
    answer.headers.update(PRIVATE)
    return {"settings": instance_settings.listed(db)}


@router.put("/{name}")
def change(
    db: OfficialDatabase,
    who: Admin,
    name: Annotated[str, Path(max_length=40, pattern=r"^[a-z-]+$")],
    body: Values,
) -> dict[str, Any]:
    """Set some of a group; `before` undoes it."""
    before = instance_settings.change(db, name, body.values, who.id)
    audit.append(db, "setting", name, changed=sorted(body.values))
    return {"name": name, "before": before}
