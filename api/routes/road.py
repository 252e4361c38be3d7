"""Routes: a shortlist on the way."""

from fastapi import APIRouter

router = APIRouter()
