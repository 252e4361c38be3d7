"""Routes: domains, categories, boundary sets, templates and settings."""

from fastapi import APIRouter

router = APIRouter()
