"""Routes: how the work goes."""

from fastapi import APIRouter

router = APIRouter()
