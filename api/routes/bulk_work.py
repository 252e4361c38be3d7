"""Routes: many complaints changed at once."""

from fastapi import APIRouter

router = APIRouter()
