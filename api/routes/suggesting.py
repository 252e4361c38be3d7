"""Which kind some words may be about; anyone may ask. The words are not kept."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from api.dependencies import EVERYONE, Database
from api.guard import guarded
from geo.schema import category, domain

router = APIRouter(prefix="/api/v1", tags=EVERYONE)


class Words(BaseModel):
    """What was typed so far."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=4000, pattern=r"^[^\x00]*$")


# In a body, not in the address: it may say something personal, and addresses are logged.
@router.post("/suggestions", dependencies=[guarded("suggestions")])
def suggestions(request: Request, body: Words, db: Database) -> dict[str, Any]:
    """At most three kinds, the likeliest first; none where that would be guessing."""
    model = request.app.state.suggestions.model()
    if model is None or len(body.text.strip()) < 3:
        return {"suggestions": []}
    rows = db.execute(
        select(category.c.code, domain.c.code.label("domain"))
        .join(domain, domain.c.id == category.c.domain_id)
        .where(category.c.enabled, domain.c.enabled)
    )
    domains = {row.code: row.domain for row in rows}
    found = model.suggest(body.text, frozenset(domains))
    return {
        "suggestions": [
            {
                "category": one.category,
                "domain": domains[one.category],
                "probability": one.probability,
            }
            for one in found
        ]
    }
