"""Routes of organizations."""

from fastapi import APIRouter

router = APIRouter(tags=["organizations"])
