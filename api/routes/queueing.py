"""Routes: the list and map of work."""

from fastapi import APIRouter

router = APIRouter()
