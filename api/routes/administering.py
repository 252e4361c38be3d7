"""What admins set: boundary sets, domains and categories, settings."""

from fastapi import APIRouter

from api.routes import drafting, kinds

router = APIRouter()
router.include_router(drafting.router)
router.include_router(kinds.router)
