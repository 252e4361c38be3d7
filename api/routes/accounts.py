"""Routes: signing in, accounts, roles, sessions."""

from fastapi import APIRouter

router = APIRouter()
