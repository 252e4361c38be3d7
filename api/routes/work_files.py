"""Routes: files of the filtered list."""

from fastapi import APIRouter

router = APIRouter()
