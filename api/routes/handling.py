"""Routes: one complaint, by officials."""

from fastapi import APIRouter

router = APIRouter()
