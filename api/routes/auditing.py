"""Routes: the audit log."""

from fastapi import APIRouter

router = APIRouter()
