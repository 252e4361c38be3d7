"""Routes: calendars, policies and pauses."""

from fastapi import APIRouter

router = APIRouter()
