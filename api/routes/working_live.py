"""Routes: what others change, as it happens."""

from fastapi import APIRouter

router = APIRouter()
