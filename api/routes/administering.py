"""What admins set: boundary sets, domains and categories, settings."""

from fastapi import APIRouter

from api.routes import drafting, kinds, setting

router = APIRouter()
router.include_router(drafting.router)
router.include_router(kinds.router)
router.include_router(setting.router)
